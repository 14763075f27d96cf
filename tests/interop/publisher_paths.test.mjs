// Publishers behind a NAT: one whose port changes while it sends, ten behind one address, and ten that do not pace.
import assert from 'node:assert/strict';
import test from 'node:test';
import { freePort, startSpillwayd } from '../support/spillwayd.mjs';
import { aWindowOf, until } from '../support/wait.mjs';
import { openNat } from './publishers/nat.mjs';
import { kinds, publishAs, startCrowd } from './publishers/publishers.mjs';

const token = 'admin-secret'; // who may come as often as it likes from one address
const many = 10;

/// A daemon and the NAT before it.
async function start(t) {
  const to = { address: '10.77.0.1', port: await freePort() };
  const daemon = await startSpillwayd((config) => (config.webrtc.listen = `${to.address}:${to.port}`));
  t.after(async () => {
    if (process.env.SPILLWAY_LOG) t.diagnostic(daemon.log());
    await daemon.stop();
  });
  return { daemon, endpoint: `${daemon.url}/whip/studio`, nat: await openNat(t, to) };
}

const received = async (daemon, track) => (await daemon.metrics()).sum('track_received_packets_total', { track });

test('media and RTCP follow a publisher to its new port', { timeout: 60_000 }, async (t) => {
  const { daemon, endpoint, nat } = await start(t);
  const track = 'studio/alice/video';
  const peer = await (await kinds.libwebrtc.open(t))({ codec: 'VP8' });
  await publishAs(peer, { endpoint: `${endpoint}?participant=alice`, token, port: nat.port });
  await until('media flows', async () => (await received(daemon, track)) > 50);
  for (const time of ['first', 'second']) {
    await nat.rebind();
    const [moved, packets] = [performance.now(), await received(daemon, track)];
    await until('media flows again', async () => (await received(daemon, track)) > packets + 5, { every: 20 });
    const { keyframeRequests } = await peer.stats();
    const output = { type: 'rtp', host: '127.0.0.1', port: 40000 };
    await daemon.api('/v1/subscriptions', { name: `late-${time}`, tracks: track, output });
    await until('a keyframe is asked for', async () => (await peer.stats()).keyframeRequests > keyframeRequests, { every: 20 });
    // A path is its publisher's once checked; libwebrtc checks one that worked well every 2.5 s.
    const [silent, took] = [nat.checked - moved, performance.now() - nat.checked];
    t.diagnostic(`${time} move: checked after ${Math.round(silent)} ms, media and RTCP followed ${Math.round(took)} ms later`);
    assert.ok(took <= 2000, `${took} ms`);
  }
});

/// What each sent is what has come from it.
async function assertAllArrived(daemon, sent) {
  const tracks = sent.map((_, i) => `studio/crowd${i}/video`);
  const counts = () => Promise.all(tracks.map((track) => received(daemon, track)));
  await until('all has arrived', async () => (await counts()).every((count, i) => count >= sent[i])).catch(() => {});
  assert.deepEqual(await counts(), sent);
  const metrics = await daemon.metrics();
  for (const track of tracks) assert.equal(metrics.sum('track_lost_packets_total', { track }), 0, track);
  assert.equal(metrics.all('socket_drops_total', { side: 'publishers' }).length, 1);
  assert.equal(metrics.sum('socket_drops_total', { side: 'publishers' }), 0);
}

test(`${many} publishers behind one address lose nothing`, { timeout: 60_000 }, async (t) => {
  const { daemon, endpoint, nat } = await start(t);
  const crowd = await startCrowd(t, { endpoint, token, count: many, port: nat.port });
  assert.equal(nat.publishers, many);
  await crowd.ask('play');
  await aWindowOf(2000);
  const { sent } = await crowd.ask('pause');
  assert.ok(sent.every((count) => count > 100), String(sent));
  await assertAllArrived(daemon, sent);
});

test(`keyframes of 400 packets from ${many} publishers at once lose nothing`, { timeout: 60_000 }, async (t) => {
  const { daemon, endpoint } = await start(t);
  const crowd = await startCrowd(t, { endpoint, token, count: many });
  const rounds = 5;
  for (let round = 1; round <= rounds; round++) {
    const start = performance.now();
    const { sent } = await crowd.ask('burst 400', 'burst');
    t.diagnostic(`${many * 400} packets in ${Math.round(performance.now() - start)} ms`);
    assert.deepEqual(sent, Array(many).fill(400 * round));
    await assertAllArrived(daemon, sent);
  }
  const { sent } = await crowd.ask('pause');
  const metrics = await daemon.metrics();
  assert.equal(metrics.sum('track_keyframes_total'), many * rounds);
  t.diagnostic(`${sent.reduce((sum, count) => sum + count, 0)} packets`);
});
