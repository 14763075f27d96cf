// What the README tells to type is typed here.
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

test('the configuration example passes --check-config', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-readme-'));
  t.after(() => rm(directory, { recursive: true }));
  const [text, ...more] = blocks('yaml').filter((block) => block.startsWith('http:'));
  assert.equal(more.length, 0);
  const file = join(directory, 'spillway.yaml');
  await writeFile(file, text);
  const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => name);
  const env = { ...process.env, ...Object.fromEntries(names.map((name) => [name, 'secret'])) };
  const { code, stdout, stderr } = await run(program, ['--config', file, '--check-config'], { env });
  assert.equal(code, 0, stdout + stderr);
});

test('the two commands are programs', async () => {
  const commands = blocks('sh')[0].split('\n').map((line) => line.split(/\s+#/)[0].trim()).filter(Boolean);
  assert.deepEqual(commands, ['daemon/demo.sh', 'tests/run.sh']);
  for (const command of commands) await access(join(root, command), constants.X_OK);
});

test('every curl of the README succeeds', async (t) => {
  const [text] = blocks('sh').filter((block) => block.includes('curl'));
  const daemon = await startSpillwayd((config) => {
    delete config.http.tokens;
    config.calls.push({ name: 'demo', join: { type: 'test', participants: 3 } });
  });
  t.after(() => daemon.stop());
  await until('tracks', async () => (await daemon.metrics()).sum('tracks') >= 6, { deadline: 20_000 });
  const commands = text.replaceAll('http://127.0.0.1:8080', daemon.url).replaceAll('curl ', 'curl --fail-with-body --max-time 10 ');
  const { code, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', commands], { cwd: daemon.directory });
  assert.equal(code, 0, stdout + stderr);
});
