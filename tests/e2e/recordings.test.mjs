// Directories of recordings: who deletes what, and what happens when one cannot be used or its disk does not answer.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { noSilentDisk, silentDisk } from '../support/silent_disk.mjs';
import { until } from '../support/wait.mjs';

const exists = (file) => stat(file).then(() => true, () => false);
const demo = { name: 'demo', join: { type: 'test', participants: 1 } };
const recordInto = (name, directory, extra = {}) => ({
  name, tracks: 'demo/*/*', output: { type: 'record', directory, files: 'track', ...extra },
});
const written = (metrics, subscription) => metrics.sum('queue_delivered_total', { subscription });

async function folder(t) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-recordings-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('of two subscriptions in one directory each deletes its own recordings, also after a restart', async (t) => {
  const directory = await folder(t);
  const start = () => startSpillwayd((config) => {
    config.calls.push(demo);
    config.subscriptions = [recordInto('long', directory), recordInto('short', directory, { max_bytes: '1MiB' })];
  });
  const first = await start();
  t.after(() => first.stop());
  await first.untilMetrics('both record', (metrics) => written(metrics, 'long') > 20 && written(metrics, 'short') > 20);
  const targets = async (name) => (await first.api(`/v1/subscriptions/${name}`)).branches.map(({ target }) => target);
  const long = await targets('long');
  const short = await targets('short');
  assert.equal(long.length, 2);
  await first.stop();
  for (const file of [...long, ...short]) await truncate(file, 2 * 2 ** 20);

  const second = await start();
  t.after(() => second.stop());
  await until('short has deleted its own', async () => !(await Promise.all(short.map(exists))).includes(true), { deadline: 20_000 });
  assert.deepEqual(await Promise.all(long.map(exists)), [true, true]);
});

test('old recordings go while nobody publishes', async (t) => {
  const directory = await folder(t);
  const source = join(directory, 'studio/alice/video');
  await mkdir(source, { recursive: true });
  const old = join(source, '2026-01-01T00-00-00.000Z.mkv');
  await writeFile(old, 'x');
  await utimes(old, 1, 1);
  const daemon = await startSpillwayd((config) => {
    config.subscriptions.push(recordInto('archive', directory, { keep: '20s' }));
    config.subscriptions.at(-1).tracks = '*/*/*';
  });
  t.after(() => daemon.stop());
  await until('it is deleted', async () => !(await exists(old)), { deadline: 20_000 });
});

test('a directory that cannot be made at the start is told and made when it can; all else begins', async (t) => {
  const directory = await folder(t);
  const obstacle = join(directory, 'obstacle');
  await writeFile(obstacle, '');
  const daemon = await startSpillwayd((config) => {
    config.calls.push(demo);
    config.subscriptions.push(recordInto('archive', join(obstacle, 'archive')), recordInto('other', directory), {
      name: 'forward', tracks: 'demo/*/*',
      output: { type: 'rtp', host: '127.0.0.1', port: 40000, sdp: join(obstacle, 'demo.sdp') },
    });
  });
  t.after(() => daemon.stop());
  const usable = (metrics, subscription) => metrics.sum('subscription_usable', { subscription });
  const metrics = await daemon.untilMetrics('the other one records', (now) => written(now, 'other') > 20 && now);
  assert.deepEqual(['archive', 'forward', 'other'].map((name) => usable(metrics, name)), [0, 0, 1]);
  assert.match((await daemon.api('/v1/subscriptions/archive')).problem, /cannot record into .*obstacle\/archive: Not a directory/);
  assert.match((await daemon.api('/v1/subscriptions/forward')).problem, /cannot write .*demo\.sdp/);
  const health = await daemon.request('/healthz', { token: null });
  assert.equal(health.status, 200);
  assert.equal(await health.text(), 'degraded\n');
  const text = await (await daemon.request('/healthz')).text();
  assert.match(text, /^degraded\n(.*\n)*subscription archive cannot serve\n/);
  assert.ok(!text.includes(obstacle));
  assert.match(daemon.log(), /subscription cannot serve subscriber=archive problem=".*Not a directory"/);

  await rm(obstacle);
  await mkdir(obstacle);
  const served = (now) => ['archive', 'forward'].every((name) => usable(now, name) === 1 && written(now, name) > 20);
  await daemon.untilMetrics('both serve', served, { deadline: 40_000 });
  assert.equal((await daemon.api('/v1/subscriptions/archive')).problem, '');
  await until('it is ready again', async () => (await (await daemon.request('/readyz')).text()) === 'ok\n');
});

test('a disk that does not answer stops what needs it, and nothing else, at the start and later', async (t) => {
  const why = await noSilentDisk();
  if (why) return t.skip(why);
  const disk = await silentDisk(t);
  const directory = await folder(t);
  await mkdir(join(disk.path, 'sdp'));
  disk.silence();
  const subscriptions = [
    recordInto('hung', join(disk.path, 'hung'), { keep: '1h' }), recordInto('archive', join(directory, 'archive')),
    ...['forward', 'described'].map((name, i) => ({
      name, tracks: 'demo/*/*', output: { type: 'rtp', host: '127.0.0.1', port: 40000 + 100 * i },
    })),
  ];
  subscriptions.at(-1).output.sdp = join(disk.path, 'sdp/demo.sdp');
  const daemon = await startSpillwayd((config) => {
    config.calls.push(demo);
    config.subscriptions.push(...subscriptions);
    config.http.api.directories = [directory, disk.path];
    config.shutdown_timeout = '2s';
  });
  t.after(async () => {
    await disk.end();
    await daemon.stop();
  });
  const goesOn = async (names) => {
    const before = await daemon.metrics();
    await daemon.untilMetrics(`${names} go on`, (now) => names.every((name) => written(now, name) > written(before, name) + 20));
    assert.equal((await daemon.request('/healthz')).status, 200);
  };
  const problem = async (name) => (await daemon.api(`/v1/subscriptions/${name}`)).problem;
  await goesOn(['archive', 'forward']);
  for (const name of ['hung', 'described']) assert.match(await problem(name), /does not answer/);
  const late = await daemon.request('/v1/subscriptions', {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify(recordInto('third', join(disk.path, 'third'))),
  });
  assert.equal(late.status, 201, await late.text());
  assert.match(await problem('third'), /does not answer/);

  // Beside it one that answers is used as ever.
  await daemon.api('/v1/subscriptions', recordInto('beside', join(directory, 'beside')));
  await goesOn(['beside']);

  disk.answer();
  await daemon.untilMetrics('the disk is used', (now) => ['hung', 'described', 'third'].every((name) => written(now, name) > 20));
  disk.silence();
  await until('it is told', async () => /does not answer/.test(await problem('hung')), { deadline: 20_000 });
  assert.equal(await problem('archive'), '');
  await goesOn(['archive', 'forward', 'described']);
  // Who comes now is not recorded there, and takes no memory for it.
  await daemon.api('/v1/calls', { name: 'late', join: { type: 'test', participants: 1 } });
  await daemon.api('/v1/subscriptions', { ...recordInto('late', join(directory, 'late')), tracks: 'late/*/*' });
  await goesOn(['archive', 'late']);

  disk.answer();
  await until('that is over', async () => (await problem('hung')) === '', { deadline: 20_000 });
  await goesOn(['hung']);
});
