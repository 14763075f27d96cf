// `unwatched: pause`: what nobody watches is not sent to us, and comes back with the first who does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { aWindowOf } from '../support/wait.mjs';
import { startGuest, startRoom, trackOf, untilMedia, untilState } from './janus/scene.mjs';

const camera = trackOf('alice', 'camera');
const microphone = trackOf('alice', 'microphone');
const bytes = (metrics, track) => metrics.sum('track_received_bytes_total', { track });

/// Bytes within a second.
async function rate(daemon, track) {
  const before = bytes(await daemon.metrics(), track);
  await aWindowOf(1000);
  return bytes(await daemon.metrics(), track) - before;
}

async function untilPaused(daemon) {
  await daemon.untilMetrics('both are silent', async () => {
    const { tracks } = await daemon.api('/v1/tracks');
    return tracks.length === 2 && tracks.every(({ state }) => state === 'paused');
  }, { deadline: 10_000 });
  for (const track of [camera, microphone]) assert.equal(await rate(daemon, track), 0, track);
}

const forward = (name, tracks) => ({ name, tracks, output: { type: 'rtp', host: '127.0.0.1', port: 40000 } });

test('an unwatched track costs no bandwidth after `linger`, and starts with a keyframe when it is watched', async (t) => {
  const { crowd } = await startRoom(t);
  const daemon = await startGuest(t, { unwatched: 'pause', linger: '1s' });
  await untilState(daemon, 'joined');
  await crowd.publish('alice', ['camera', 'microphone']);
  await untilMedia(daemon, [camera, microphone], { more: 1 });
  await untilPaused(daemon);
  for (let round = 1; round <= 2; round++) {
    await daemon.api('/v1/subscriptions', forward('watching', camera));
    const start = performance.now();
    const delivered = (metrics) => metrics.sum('queue_delivered_total', { subscription: 'watching', track: camera });
    const metrics = await daemon.untilMetrics('a keyframe and more', (now) => delivered(now) > 10 && now, { deadline: 3000 });
    t.diagnostic(`watched again after ${Math.round(performance.now() - start)} ms`);
    assert.ok(metrics.sum('first_keyframe_seconds_count', { output: 'rtp' }) >= round);
    assert.equal(await rate(daemon, microphone), 0, 'the other one still sleeps');
    assert.equal((await daemon.request('/v1/subscriptions/watching', { method: 'DELETE' })).ok, true);
    await untilPaused(daemon);
  }
  assert.equal((await daemon.metrics()).sum('call_reconnects_total'), 0, 'silence is not a lost peer');
});

test('a track that is watched when it appears is never paused', async (t) => {
  const { crowd } = await startRoom(t);
  const daemon = await startGuest(t, {
    unwatched: 'pause', linger: '1s', adapt: (config) => config.subscriptions.push(forward('watching', camera)),
  });
  await untilState(daemon, 'joined');
  await crowd.publish('alice', ['camera', 'microphone']);
  await untilMedia(daemon, [camera], { more: 60 });
  const { state } = await daemon.api(`/v1/tracks/${camera}`);
  assert.equal(state, 'live');
});
