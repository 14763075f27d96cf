// Publishers that are not ours, all by the node's one UDP port: what they send is recorded without a gap, whatever role they
// take and whatever they tell of themselves, and nothing is left of them.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { here } from '../support/hosts.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { assertNothingLeft, finished, footprint } from './checks.mjs';
import { buildPion, kinds, publishAs } from './publishers/publishers.mjs';

const token = 'admin-secret'; // who may come as often as it likes from one address
const frames = 30;
const retransmission = 0.9; // of DTLS, after 1 s (RFC 6347 section 4.2.4.1)
const addresses = { ipv4: '10.77.0.1', ipv6: 'fd77::1' };
const ways = [
  { name: 'as DTLS client, trickling by PATCH only', setup: 'active', answered: 'passive', candidates: 'trickled', family: 'ipv4' },
  { name: 'as DTLS server, with mDNS candidates', setup: 'passive', answered: 'active', candidates: 'hidden', family: 'ipv4' },
  { name: 'over IPv6', setup: 'actpass', answered: '(active|passive)', candidates: 'offered', family: 'ipv6' },
];
/// All ways in the long run; else IPv6, where our side is the same for all, of those whose own differs.
const waysOf = (name) => ways.filter(({ family }) => (
  process.env.SPILLWAY_LONG || family === 'ipv4' || ['libdatachannel', 'chromium', 'pion'].includes(name)
));

let pion;
before(async () => {
  pion = await buildPion();
  await here.run('ip', ['-6', 'address', 'add', `${addresses.ipv6}/64`, 'dev', 'peers0', 'nodad']);
  // A browser whose page has no camera offers the addresses of the default route alone (RFC 8828 section 5.2, mode 2).
  await here.run('ip', ['route', 'add', 'default', 'dev', 'peers0']);
  await here.run('ip', ['-6', 'route', 'add', 'default', 'dev', 'peers0']);
}, { timeout: 300_000 });
after(() => pion?.remove());

async function start(t, listen, publishers = 'lite') {
  const daemon = await startSpillwayd((config, directory) => {
    Object.assign(config.webrtc, { listen, publishers });
    config.subscriptions.push(recordSubscription(directory));
  });
  t.after(async () => {
    if (process.env.SPILLWAY_LOG) t.diagnostic(daemon.log());
    await daemon.stop();
  });
  return daemon;
}

/// Sends, stops and leaves: { offer, answer, sent, received, recorded }.
async function publish(daemon, peer, participant, { setup, candidates }) {
  const track = `studio/${participant}/video`;
  const endpoint = `${daemon.url}/whip/studio?participant=${participant}`;
  const { offer, answer, remove } = await publishAs(peer, { endpoint, token, setup, candidates });
  await until(`${frames} frames are sent`, async () => (await peer.stats()).frames >= frames, { deadline: 20_000 });
  const sent = await peer.stop();
  const metrics = await daemon.untilMetrics('all frames have arrived', (metrics) => (
    metrics.sum('queue_received_total', { track }) >= sent.frames && metrics
  ));
  const [received, lost] = ['received', 'lost'].map((what) => metrics.sum(`track_${what}_packets_total`, { track }));
  assert.equal((await remove()).status, 200);
  await peer.end();
  return { offer, answer, sent, received, lost, recorded: await finished(daemon, track) };
}

function assertWhole(t, { sent, received, lost, recorded }, pads) {
  t.diagnostic(`${sent.packets} packets, ${received} received; ${sent.frames} frames, ${recorded.frames} recorded`);
  assert.equal(lost, 0);
  if (pads) assert.ok(received >= sent.frames);
  else assert.equal(received, sent.packets);
  assert.equal(recorded.frames, sent.frames);
  assert.equal(recorded.errors, '');
}

/// At once, as far as the concurrency of `t` lets them.
async function publishes(t, daemons, name, { codecs, pads, open }) {
  const begin = await open(t);
  await Promise.all(waysOf(name).map((way, i) => {
    const [codec, hides] = [codecs[i % codecs.length], way.candidates === 'hidden'];
    return t.test(`${codec} ${way.name}`, async (t) => {
      const peer = await begin({ codec, camera: !hides });
      const result = await publish(daemons[way.family], peer, `${name}-${i}`, way);
      assert.match(result.answer, new RegExp(`^a=setup:${way.answered}\\r$`, 'm'));
      const told = result.offer.match(/^a=candidate:.*$/gm) ?? [];
      assert.equal(told.length > 0, way.candidates !== 'trickled');
      if (hides) assert.ok(told.every((line) => /\.local /.test(line)), told.join('\n'));
      assert.equal(result.recorded.codec, codec.toLowerCase());
      assertWhole(t, result, pads);
    });
  }));
}

test('what publishers send is recorded without a gap', { timeout: 240_000 }, async (t) => {
  const daemons = { ipv4: await start(t, `${addresses.ipv4}:0`), ipv6: await start(t, `[${addresses.ipv6}]:0`) };
  const [[first, one], ...others] = Object.entries({ ...kinds, pion });
  // What a daemon makes once is there from now on.
  await t.test(first, { concurrency: ways.length }, (t) => publishes(t, daemons, first, one));
  const before = { ipv4: await footprint(daemons.ipv4), ipv6: await footprint(daemons.ipv6) };
  await t.test('side by side', { concurrency: 3 }, (t) => Promise.all(others.map(([name, kind]) => (
    t.test(name, { concurrency: kind.alone ? 1 : 2 }, (t) => publishes(t, daemons, name, kind))
  ))));
  for (const family of Object.keys(daemons)) await assertNothingLeft(daemons[family], before[family]);
});

for (const publishers of ['lite', 'full']) {
  test(`${publishers}: a handshake that begins before the path is nominated does not wait for its retransmission`, { timeout: 60_000 }, async (t) => {
    const daemon = await start(t, `${addresses.ipv4}:0`, publishers);
    const times = [];
    for (let i = 0; i < 3; i++) {
      const peer = await (await kinds.libdatachannel.open(t))({ codec: 'VP8' });
      const { remove, seconds } = await publishAs(peer, { endpoint: `${daemon.url}/whip/studio?participant=early`, token, setup: 'active' });
      times.push(seconds);
      await remove();
      await peer.end();
    }
    t.diagnostic(`connected after ${times.map((seconds) => Math.round(seconds * 1000))} ms`);
    assert.ok(Math.min(...times) < retransmission);
  });
}
