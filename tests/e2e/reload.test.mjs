// SIGHUP: what changed in the file changes in the daemon, what did not goes on untouched, a mistake changes nothing.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';

const testCall = (name, participants = 1) => ({ name, join: { type: 'test', participants } });

/// Writes the configuration as `change` makes it and waits until the daemon has read it.
async function reload(daemon, change) {
  const file = join(daemon.directory, 'spillway.yaml');
  const config = JSON.parse(await readFile(file, 'utf8'));
  change(config);
  await writeFile(file, JSON.stringify(config, null, 2));
  const before = (await daemon.metrics()).sum('config_last_reload_timestamp_seconds');
  daemon.signal('SIGHUP');
  return daemon.untilMetrics('the reload', (metrics) =>
    metrics.sum('config_last_reload_timestamp_seconds') > before && metrics);
}

const names = async (daemon, list) => (await daemon.api(`/v1/${list}`))[list].map(({ name }) => name).sort();

test('a reload changes what changed; who is in an unchanged call loses no packet', async (t) => {
  const daemon = await startSpillwayd((config, directory) => {
    config.calls.push(testCall('stays'), testCall('goes'), testCall('changes'));
    config.subscriptions.push(recordSubscription(directory, { tracks: 'stays/*/*' }));
  });
  t.after(() => daemon.stop());
  const delivered = (metrics) => metrics.sum('queue_delivered_total', { subscription: 'archive' });
  await daemon.untilMetrics('recording', (metrics) => delivered(metrics) > 50, { deadline: 20_000 });
  await daemon.api('/v1/calls', testCall('added-by-the-api'));
  const before = await daemon.api('/v1/subscriptions/archive');
  const since = (await daemon.api('/v1/calls/stays')).since;

  const metrics = await reload(daemon, (config) => {
    config.calls = [config.calls[0], testCall('stays'), testCall('changes', 2), testCall('comes')];
    config.subscriptions.push({
      name: 'forward', tracks: 'comes/*/*', output: { type: 'rtp', host: '127.0.0.1', port: 40000 },
    });
    config.limits = { calls: 100 };
  });
  assert.equal(metrics.sum('config_last_reload_successful'), 1);
  assert.match(daemon.log(), /needs a restart key=limits/);
  await until('the calls of the new file', async () =>
    (await names(daemon, 'calls')).join() === 'added-by-the-api,changes,comes,stays,studio');
  assert.deepEqual(await names(daemon, 'subscriptions'), ['archive', 'forward']);
  await until('the changed call has two participants', async () =>
    (await daemon.api('/v1/calls/changes')).participants.length === 2);
  await daemon.untilMetrics('the new subscription serves the new call', (now) =>
    now.sum('queue_delivered_total', { subscription: 'forward' }) > 50, { deadline: 20_000 });

  const after = await daemon.api('/v1/subscriptions/archive');
  assert.equal((await daemon.api('/v1/calls/stays')).since, since);
  assert.deepEqual(after.branches.map(({ target }) => target), before.branches.map(({ target }) => target));
  const now = await daemon.metrics();
  assert.equal(now.sum('queue_dropped_total', { subscription: 'archive' }), 0);
  assert.ok(delivered(now) > delivered(metrics));
});

test('a file with a mistake changes nothing and says so in log and metric until it is repaired', async (t) => {
  const daemon = await startSpillwayd((config) => config.calls.push(testCall('demo')));
  t.after(() => daemon.stop());
  let metrics = await reload(daemon, (config) => {
    config.calls = [{ name: 'other', join: { type: 'jnaus' } }];
  });
  assert.equal(metrics.sum('config_last_reload_successful'), 0);
  assert.match(daemon.log(), /reload problem=.*spillway\.yaml:\d+:\d+: calls\[0\]\.join\.type: .*janus/);
  assert.deepEqual(await names(daemon, 'calls'), ['demo', 'studio']);
  assert.equal((await daemon.request('/readyz')).status, 200);
  metrics = await reload(daemon, (config) => {
    config.calls = [];
  });
  assert.equal(metrics.sum('config_last_reload_successful'), 1);
  await until('no call', async () => (await names(daemon, 'calls')).length === 0);
});
