// libwebrtc (as in Chrome, without the browser) publishes; the recording is compared with what the sender says it sent.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { inspect, recordings } from '../support/media.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { assertSame, finished } from './checks.mjs';
import { publish } from './peer_process.mjs';

const fps = 15;

async function start(t) {
  const daemon = await startSpillwayd((config, directory) => {
    config.subscriptions.push(recordSubscription(directory));
  });
  t.after(() => daemon.stop());
  return daemon;
}

async function publishFor(t, daemon, seconds, settings) {
  const peer = await publish(daemon, 'alice', { fps, ...settings });
  t.after(() => peer.kill());
  const enough = async () => (await peer.stats()).video.framesSent >= seconds * fps;
  await until(`${seconds} s are sent`, enough, { deadline: seconds * 3000, every: 200 });
  return peer;
}

test('ten seconds of picture and tone are recorded, frame for frame', async (t) => {
  const daemon = await start(t);
  const peer = await publishFor(t, daemon, 10);
  const sent = await peer.stop();
  assert.equal(sent.status, 200);
  const video = await finished(daemon, 'studio/alice/video');
  assertSame(t, 'video frames', video.frames, sent.video.framesSent);
  assertSame(t, 'video seconds', video.seconds, (sent.video.framesSent - 1) / fps);
  assert.equal(video.errors, '');
  const audio = await finished(daemon, 'studio/alice/audio');
  assertSame(t, 'audio packets', audio.packets.length, sent.audio.packetsSent);
  assert.equal(audio.errors, '');
});

for (const codec of ['VP8', 'VP9']) {
  test(`a ${codec} publisher that trickles its candidates is recorded without a decoder error`, async (t) => {
    const daemon = await start(t);
    const peer = await publishFor(t, daemon, 3, { codec, trickle: true, audio: false });
    const sent = await peer.stop();
    const video = await finished(daemon, 'studio/alice/video');
    assert.equal(video.codec, codec.toLowerCase());
    assertSame(t, 'video frames', video.frames, sent.video.framesSent);
    assert.equal(video.errors, '');
  });
}

test('a second subscriber gets its first keyframe by PLI within 500 ms', async (t) => {
  const daemon = await start(t);
  const peer = await publishFor(t, daemon, 2);
  const before = (await peer.stats()).video;
  await daemon.api('/v1/subscriptions', {
    name: 'late', tracks: 'studio/alice/video', output: { type: 'rtp', host: '127.0.0.1', port: 40000 },
  });
  const counted = (metrics) => metrics.sum('first_keyframe_seconds_count', { output: 'rtp' }) && metrics;
  const seconds = (await daemon.untilMetrics('the first keyframe', counted)).sum('first_keyframe_seconds_sum', { output: 'rtp' });
  t.diagnostic(`first keyframe after ${Math.round(seconds * 1000)} ms`);
  assert.ok(seconds <= 0.5, `${seconds} s`);
  const after = (await peer.stats()).video;
  assert.ok(after.pliCount + after.firCount > before.pliCount + before.firCount, 'the publisher was asked');
  assert.ok(after.keyFramesEncoded > before.keyFramesEncoded, 'and answered');
});

test('a publisher whose call ends is told at once', async (t) => {
  const daemon = await start(t);
  const peer = await publishFor(t, daemon, 1);
  assert.equal((await peer.stats()).dtlsState, 'connected');
  assert.equal((await daemon.request('/v1/calls/studio', { method: 'DELETE' })).status, 204);
  await until('the end of DTLS', async () => (await peer.stats()).dtlsState === 'closed', { deadline: 3000 });
});

test('a recording is readable while it is written', async (t) => {
  const daemon = await start(t);
  await publishFor(t, daemon, 2);
  const [file] = await recordings(join(daemon.directory, 'recordings'), 'studio/alice/video');
  assert.ok((await inspect(file)).frames > 0);
});
