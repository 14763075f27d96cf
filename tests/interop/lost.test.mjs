// Publishers that end without a word: their tracks end within media_timeout and leave nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { assertNothingLeft, finished, footprint } from './checks.mjs';
import { publish } from './peer_process.mjs';

const mediaTimeout = 3000;
const grace = 2000;

const publishing = (metrics) => metrics.sum('track_received_packets_total', { track: 'studio/alice/video' }) > 50;

async function warm(daemon) {
  const peer = await publish(daemon, 'warm-up');
  await daemon.untilMetrics('media', (metrics) => metrics.sum('track_received_packets_total') > 50);
  await peer.stop();
  await daemon.untilMetrics('no peer', (metrics) => metrics.sum('peers') === 0);
}

for (const [signal, word] of [['SIGKILL', 'killed'], ['SIGSTOP', 'frozen']]) {
  test(`the tracks of a publisher that was ${word} end within media_timeout and nothing is left`, async (t) => {
    const daemon = await startSpillwayd((config, directory) => {
      config.subscriptions.push(recordSubscription(directory));
    });
    t.after(() => daemon.stop());
    await warm(daemon);
    const before = await footprint(daemon);
    const peer = await publish(daemon, 'alice');
    t.after(() => peer.kill());
    await daemon.untilMetrics('media', publishing);
    peer.signal(signal);
    const start = performance.now();
    await daemon.untilMetrics('the track has ended', (metrics) => !metrics.has('track_subscribers', { track: 'studio/alice/video' }), {
      deadline: mediaTimeout + grace,
    });
    t.diagnostic(`${word}: gone after ${Math.round(performance.now() - start)} ms`);
    // The silent track and the silent peer each have their own watch.
    await daemon.untilMetrics('the peer is lost', (metrics) => metrics.sum('peer_lost_total', { call: 'studio' }) === 1, {
      deadline: grace,
    });
    assert.equal((await finished(daemon, 'studio/alice/video')).errors, '');
    await assertNothingLeft(daemon, before);
  });
}
