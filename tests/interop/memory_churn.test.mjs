// Everything that comes and goes, for a while: participants of a call, publishers, viewers, subscriptions, beside a recording.
// What the allocator keeps of it stays small, without being asked to give it back.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { buildViewers, startViewers } from '../bench/viewers/viewers.mjs';
import { here } from '../support/hosts.mjs';
import { descriptorCount, residentBytes, threadCount } from '../support/process.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { startCrowd } from './publishers/publishers.mjs';

const minute = 60_000;
const churned = process.env.SPILLWAY_LONG ? { settle: 2 * minute, whole: 20 * minute } : { settle: 3000, whole: 9000 };
const growth = 0.25;
const perTurn = { publishers: 1, viewers: 10 };
const every = { publishers: 15_000, viewers: 7000, subscriptions: 4000 };

/// Does it over and over until `signal` aborts.
async function repeat(signal, time, act) {
  while (!signal.aborted) {
    await act();
    await pause(time, undefined, { signal }).catch(() => {});
  }
}

test('what comes and goes for long leaves the memory as it was soon after the start', { timeout: churned.whole + 2 * minute }, async (t) => {
  const daemon = await startSpillwayd((config, directory) => {
    config.webrtc.listen = '10.77.0.1:0';
    config.calls.push({ name: 'demo', join: { type: 'test', participants: 4, churn: '5s' } });
    config.subscriptions = [recordSubscription(directory, { tracks: 'demo/*/*' })];
  });
  t.after(() => daemon.stop());
  const program = await buildViewers();
  t.after(() => program.remove());
  const crowd = await startCrowd(t, {
    endpoint: `${daemon.url}/whip/studio`, token: 'admin-secret', count: perTurn.publishers, visitors: true,
  });
  const end = new AbortController();

  const view = async () => {
    const { tracks } = await daemon.api('/v1/tracks');
    const { call, participant, source } = tracks.find((track) => track.kind === 'video' && track.call === 'demo');
    const viewers = await startViewers(here, program.program, [
      '-url', `${daemon.url}/whep/${call}/${participant}/${source}`, '-token', 'admin-secret', '-n', String(perTurn.viewers),
    ]);
    await pause(every.viewers, undefined, { signal: end.signal }).catch(() => {});
    await viewers.end();
  };
  const subscribe = async () => {
    const name = 'passing';
    await daemon.api('/v1/subscriptions', { name, tracks: 'demo/*/*', output: { type: 'rtp', host: '127.0.0.1', port: 41000, max_tracks: 8 } });
    await pause(every.subscriptions, undefined, { signal: end.signal }).catch(() => {});
    await daemon.request(`/v1/subscriptions/${name}`, { method: 'DELETE' });
  };
  const churn = Promise.all([
    repeat(end.signal, every.publishers, () => crowd.ask(`cycle ${perTurn.publishers}`, 'cycle')),
    repeat(end.signal, 0, view),
    repeat(end.signal, every.subscriptions, subscribe),
  ]);

  const samples = [];
  const sample = async () => {
    const metrics = await daemon.metrics();
    samples.push({
      rss: await residentBytes(daemon.pid), used: metrics.sum('heap_bytes', { state: 'used' }), free: metrics.sum('heap_bytes', { state: 'free' }),
      threads: await threadCount(daemon.pid), descriptors: await descriptorCount(daemon.pid),
    });
    const { rss, used, free, threads, descriptors } = samples.at(-1);
    t.diagnostic(`RSS ${Math.round(rss / 2 ** 20)} MiB, heap ${Math.round(used / 2 ** 20)} used ${Math.round(free / 2 ** 20)} free, ${threads} threads, ${descriptors} descriptors`);
  };
  const step = churned.settle / 3;
  for (let at = 0; at < churned.whole; at += step) {
    await Promise.race([pause(step), churn]);
    await sample();
  }
  end.abort();
  await churn;
  const [soon, late] = [samples[2].rss, samples.at(-1).rss];
  assert.ok(late <= soon * (1 + growth), `RSS grew from ${soon} to ${late} bytes`);
});
