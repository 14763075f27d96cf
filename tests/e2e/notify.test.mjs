// What the daemon sends to systemd, received on the test's own socket.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { root, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';

async function listen(t) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-notify-'));
  const socket = join(directory, 'notify');
  const child = spawn('python3', [join(root, 'tests/e2e/notify_listener.py'), socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => {
    child.kill('SIGKILL');
    return rm(directory, { recursive: true });
  });
  const fields = [];
  createInterface({ input: child.stdout }).on('line', (line) => fields.push(...JSON.parse(line).split('\n')));
  await until('the listener', () => fields.includes('listening'));
  return { socket, fields };
}

test('systemd hears READY once sockets listen, STATUS, WATCHDOG while the loop turns, and STOPPING', async (t) => {
  const { socket, fields } = await listen(t);
  const heard = (start) => fields.filter((field) => field.startsWith(start)).length;
  const daemon = await startSpillwayd(
    (config) => config.calls.push({ name: 'demo', join: { type: 'test', participants: 1 } }),
    { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' } },
  );
  t.after(() => daemon.stop());
  await until('READY=1', () => heard('READY=1'));
  await until('STATUS=', () => heard('STATUS='));
  const before = heard('WATCHDOG=1');
  await until('two more WATCHDOG=1', () => heard('WATCHDOG=1') >= before + 2, { deadline: 2500 });
  assert.equal(heard('READY=1'), 1);
  daemon.signal('SIGTERM');
  await until('STOPPING=1', () => heard('STOPPING=1'));
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
});

test('STATUS names a configuration that cannot be read until one can', async (t) => {
  const { socket, fields } = await listen(t);
  const daemon = await startSpillwayd(() => {}, { env: { NOTIFY_SOCKET: socket } });
  t.after(() => daemon.stop());
  const file = join(daemon.directory, 'spillway.yaml');
  const good = await readFile(file);
  await writeFile(file, 'calls: [{name: a, join: {type: whup}}]\n');
  daemon.signal('SIGHUP');
  const isBad = (field) => /^STATUS=Configuration not reloaded: .*calls\[0\]\.join\.type: .*; 1 calls/.test(field);
  await until('STATUS names it', () => fields.some(isBad));
  await writeFile(file, good);
  daemon.signal('SIGHUP');
  await until('STATUS is well again', () => /^STATUS=1 calls/.test(fields.at(-1)));
});
