// Types what the README says to type.
import assert from 'node:assert/strict';
import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { run } from '../support/process.mjs';
import { program, root, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';

const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocks = (language) => [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text);

function withoutTokens(config) {
  delete config.http.tokens;
  delete config.http.cors;
}

test('every configuration example passes --check-config', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-readme-'));
  t.after(() => rm(directory, { recursive: true }));
  const examples = blocks('yaml');
  assert.ok(examples.length >= 2);
  for (const text of examples) {
    const file = join(directory, 'spillway.yaml');
    await writeFile(file, text);
    const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => name);
    const env = { ...process.env, ...Object.fromEntries(names.map((name) => [name, `secret-of-${name}-with-32-bytes-or-more`])) };
    const { code, stdout, stderr } = await run(program, ['--config', file, '--check-config'], { env });
    assert.equal(code, 0, stdout + stderr);
  }
});

test('a Janus room is joined in five lines', () => {
  const [text, ...more] = blocks('yaml').filter((block) => block.includes('type: janus'));
  assert.equal(more.length, 0);
  assert.equal(text.trim().split('\n').length, 5);
});

test('the events of the README are a stream', async (t) => {
  const [text] = blocks('sh').filter((block) => block.includes('/v1/events'));
  const daemon = await startSpillwayd(withoutTokens);
  t.after(() => daemon.stop());
  const command = text.replaceAll('http://127.0.0.1:8080', daemon.url).replaceAll('curl ', 'curl --max-time 2 ');
  const { code, stdout } = await run('bash', ['-c', command]);
  const timeIsOver = 28;
  assert.equal(code, timeIsOver);
  assert.match(stdout, /^id: \d+$/m);
});

test('the two commands are programs', async () => {
  const commands = blocks('sh')[0].split('\n').map((line) => line.split(/\s+#/)[0].trim()).filter(Boolean);
  assert.deepEqual(commands, ['daemon/demo.sh', 'tests/run.sh']);
  for (const command of commands) await access(join(root, command), constants.X_OK);
});

test('every curl of the README succeeds', async (t) => {
  const [text] = blocks('sh').filter((block) => block.includes('curl'));
  const daemon = await startSpillwayd((config) => {
    withoutTokens(config);
    config.calls.push({ name: 'demo', join: { type: 'test', participants: 3 } });
  });
  t.after(() => daemon.stop());
  await until('tracks', async () => (await daemon.metrics()).sum('tracks') >= 6, { deadline: 20_000 });
  const commands = text.replaceAll('http://127.0.0.1:8080', daemon.url).replaceAll('/var/lib/spillway', daemon.directory)
    .replaceAll('curl ', 'curl --fail-with-body --max-time 10 ');
  const { code, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', commands], { cwd: daemon.directory });
  assert.equal(code, 0, stdout + stderr);
});
