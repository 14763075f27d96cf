// A disk that works until the test wants it to answer nobody: silent_disk.py.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasEnded, run } from './process.mjs';
import { until } from './wait.mjs';

const program = fileURLToPath(new URL('silent_disk.py', import.meta.url));

/// Why there can be none here; nothing when there can.
export async function noSilentDisk() {
  const { code } = await run('/usr/bin/python3', ['-c', 'import fusepy']);
  if (code !== 0) return 'python3-fusepy is not installed';
  return access('/dev/fuse', constants.R_OK | constants.W_OK).then(() => undefined, () => '/dev/fuse cannot be opened');
}

/// Mounted at `path`; `silence()` and `answer()`. `end()` answers every call that waits, and removes it; so does the test's end.
export async function silentDisk(t) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-disk-'));
  const path = join(directory, 'disk');
  const store = join(directory, 'store');
  await mkdir(path);
  await mkdir(store);
  const child = spawn('/usr/bin/python3', ['-B', program, store, path], { stdio: 'inherit' });
  const end = async () => {
    if (hasEnded(child)) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await run('umount', ['-l', path]);
    await rm(directory, { recursive: true, force: true });
  };
  t.after(end);
  await until('the disk is mounted', async () => (await readFile('/proc/self/mounts', 'utf8')).includes(` ${path} fuse`));
  return { path, end, silence: () => child.kill('SIGSTOP'), answer: () => child.kill('SIGCONT') };
}
