// What the kernel says about a process, and children that end by themselves at a deadline.
import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';

const ticksPerSecond = 100;

export async function threadCount(pid) {
  return (await readdir(`/proc/${pid}/task`)).length;
}

export async function descriptorCount(pid) {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/// User and system time of all threads so far.
export async function cpuSeconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/// Runs a program to its end: { code, signal, stdout, stderr }. It is killed after `deadline` ms.
export function run(command, args, { deadline = 30_000, input = '', ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    const timer = setTimeout(() => child.kill('SIGKILL'), deadline);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
