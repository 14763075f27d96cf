// What the kernel says about a process, and children that end by themselves at a deadline.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';

const ticksPerSecond = 100;

export function threadIds(pid) {
  return readdir(`/proc/${pid}/task`);
}

export async function threadCount(pid) {
  return (await threadIds(pid)).length;
}

/// How many threads there are of each name, without the digits in it.
export async function threadNames(pid) {
  const counts = {};
  for (const thread of await threadIds(pid)) {
    // One that ends meanwhile has no name.
    const name = (await readFile(`/proc/${pid}/task/${thread}/comm`, 'utf8').catch(() => '')).trim().replace(/\d+/g, '');
    if (name) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export async function descriptorCount(pid) {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

export async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) * 1024;
}

/// User and system time of all threads so far.
export async function cpuSeconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/// The same in ns of the scheduler's own clock, for short windows: without threads that have ended.
export function runSeconds(pid) {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + runNanoseconds(pid, thread), 0) / 1e9;
}

function runNanoseconds(pid, thread) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0; // it ended meanwhile
    throw error;
  }
}

export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/// Kills a child that still runs, and waits until it is gone.
export async function kill(child) {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/// Runs a program to its end: { code, signal, stdout, stderr }. It is killed after `deadline` ms. stdout is a string, or a
/// Buffer with `encoding: 'buffer'`.
export function run(command, args, { deadline = 30_000, input = '', encoding = 'utf8', ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    const timer = setTimeout(() => child.kill('SIGKILL'), deadline);
    const stdout = [];
    let stderr = '';
    child.stdout.on('data', (data) => stdout.push(data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(stdout);
      resolve({ code, signal, stdout: encoding === 'buffer' ? output : output.toString(encoding), stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
