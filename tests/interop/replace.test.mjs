// The same participant publishes again: the track keeps its name and its subscribers, whatever became of the old peer.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import test from 'node:test';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { finishedAll } from './checks.mjs';
import { publish } from './peer_process.mjs';

const track = 'studio/alice/video';

/// Collects the headers of the RTP that arrives on a port of this machine.
async function rtpSink(t) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await once(socket, 'listening');
  const packets = [];
  socket.on('message', (data) => {
    const type = data[1] & 0x7f;
    if (type >= 64 && type < 96) return; // RTCP
    packets.push({ sequence: data.readUInt16BE(2), timestamp: data.readUInt32BE(4), ssrc: data.readUInt32BE(8) });
  });
  return { port: socket.address().port, packets };
}

function assertContinuous(packets) {
  const step = (from, to, modulus) => (to - from + modulus) % modulus;
  for (let i = 1; i < packets.length; i++) {
    const [last, next] = [packets[i - 1], packets[i]];
    assert.equal(next.ssrc, last.ssrc, `SSRC at packet ${i}`);
    assert.equal(step(last.sequence, next.sequence, 2 ** 16), 1, `sequence number at packet ${i}`);
    assert.ok(step(last.timestamp, next.timestamp, 2 ** 32) < 90_000 * 20, `timestamp at packet ${i}`);
  }
}

for (const word of ['alive', 'killed']) {
  test(`a participant that publishes again while its old peer is ${word} keeps track and subscribers`, async (t) => {
    const sink = await rtpSink(t);
    const daemon = await startSpillwayd((config, directory) => {
      config.subscriptions.push(recordSubscription(directory));
      config.subscriptions.push({
        name: 'forward', tracks: track, output: { type: 'rtp', host: '127.0.0.1', port: sink.port },
      });
    });
    t.after(() => daemon.stop());
    const received = (count) => daemon.untilMetrics('media', (metrics) => {
      assert.ok(count === 50 || metrics.has('track_subscribers', { track }), 'the track is never gone');
      return metrics.sum('track_received_packets_total', { track }) > count && metrics;
    });
    const first = await publish(daemon, 'alice');
    t.after(() => first.kill());
    const before = await received(50);
    if (word === 'killed') await first.kill();
    const second = await publish(daemon, 'alice');
    t.after(() => second.kill());
    await received(before.sum('track_received_packets_total', { track }) + 50);
    await daemon.untilMetrics('one peer is left', (metrics) => metrics.sum('peers') === 1);
    if (word === 'alive') assert.equal((await first.stop()).status, 404, 'its session is gone');
    assert.equal((await second.stop()).status, 200);
    const segments = await finishedAll(daemon, track, 2);
    assert.deepEqual(segments.map(({ errors }) => errors), segments.map(() => ''));
    assert.ok(sink.packets.length > 60);
    assertContinuous(sink.packets);
  });
}
