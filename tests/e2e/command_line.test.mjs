// The program's flags and exit codes.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { run } from '../support/process.mjs';
import { program, root } from '../support/spillwayd.mjs';

async function configFile(t, text) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-config-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'spillway.yaml');
  await writeFile(file, text);
  return file;
}

const faulty = `http:
  listen: 127.0.0.1:99999
  tokens: {admin: {file: /nonexistent/token}}
shutdown_timeout: 10 parsecs
calls:
  - {name: studio, join: {type: wihp}}
  - {name: studio, join: {type: whip}}
subscriptons: []
`;

for (const flags of [['--check-config'], []]) {
  test(`a faulty configuration ends ${flags[0] ?? 'a start'} with 78 and names every problem at its place`, async (t) => {
    const file = await configFile(t, faulty);
    const { code, stdout, stderr } = await run(program, ['--config', file, ...flags]);
    assert.equal(code, 78);
    const places = (stdout + stderr).split('\n').filter((line) => line.startsWith(`${file}:`));
    const lines = new Set(places.map((line) => Number(line.slice(file.length + 1).split(':')[0])));
    assert.deepEqual([...lines].sort(), [2, 3, 4, 6, 7, 8], places.join('\n'));
    assert.match(places.find((line) => line.includes('wihp')), /did you mean.*whip/);
    assert.match(places.find((line) => line.includes('subscriptons')), /did you mean.*subscriptions/);
  });
}

test('a good configuration passes --check-config and nothing is started', async (t) => {
  const file = await configFile(t, 'calls: [{name: studio, join: {type: whip}}]\n');
  const { code, stderr } = await run(program, ['--config', file, '--check-config'], { deadline: 5000 });
  assert.equal(code, 0, stderr);
});

test('a missing file is a bad configuration', async () => {
  const { code, stdout, stderr } = await run(program, ['--config', '/nonexistent/spillway.yaml', '--check-config']);
  assert.equal(code, 78);
  assert.match(stdout + stderr, /\/nonexistent\/spillway\.yaml/);
});

test('a key from --set is read like one from the file', async (t) => {
  const file = await configFile(t, '{}\n');
  const check = (value) => run(program, ['--config', file, '--check-config', '--set', `shutdown_timeout=${value}`]);
  assert.equal((await check('3s')).code, 0);
  assert.equal((await check('soon')).code, 78);
});

test('what the compose file starts is a good configuration, wherever it is announced', async () => {
  const compose = await readFile(join(root, 'docker/compose.yaml'), 'utf8');
  const [, flag] = /command: \[--set, "(webrtc\.announce=.*)"\]/.exec(compose);
  const ours = ['--set', 'http.listen=127.0.0.1:8080', '--set', 'http.tokens={}']; // there are no secrets here
  for (const where of ['203.0.113.7', 'gw.example.org:30189', '[2001:db8::7]:30189']) {
    const set = flag.replace(/\$\{SPILLWAY_ANNOUNCE:\?[^}]*\}/, where);
    const { code, stdout, stderr } = await run(program, ['--config', join(root, 'docker/spillway.yaml'), ...ours, '--set', set, '--check-config']);
    assert.equal(code, 0, `${set}: ${stdout}${stderr}`);
  }
});

test('an unknown flag ends the program', async () => {
  assert.notEqual((await run(program, ['--frobnicate'])).code, 0);
});

test('--version prints its own, GStreamer\'s and libnice\'s version', async () => {
  const { code, stdout } = await run(program, ['--version']);
  assert.equal(code, 0);
  assert.match(stdout, /spillway.* \d+\.\d+\.\d+/i);
  assert.match(stdout, /gstreamer.* 1\.\d+\.\d+/i);
  assert.match(stdout, /nice.* 0\.1\.\d+/i);
});

test('a port that is taken ends the start with 1 and a message that names it', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address();
  const file = await configFile(t, `http: {listen: 127.0.0.1:${port}}\nwebrtc: {listen: 127.0.0.1:0}\n`);
  const { code, stdout, stderr } = await run(program, ['--config', file], { deadline: 10_000 });
  assert.equal(code, 1);
  assert.match(stdout + stderr, new RegExp(String(port)));
});
