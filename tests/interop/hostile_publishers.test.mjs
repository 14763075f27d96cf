// Datagrams on the media port from those who are no publishers, or forged in the name of one: they get nothing, move nobody
// and hold nothing; the publishers, and a viewer of one, lose nothing.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test, { after, before } from 'node:test';
import { buildViewers, startViewers } from '../bench/viewers/viewers.mjs';
import { here } from '../support/hosts.mjs';
import { residentBytes, threadCount } from '../support/process.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { kinds, publishAs, startCrowd } from './publishers/publishers.mjs';
import {
  addressIn, buildFlooder, captureClientHello, datagramsTaken, floodWith, junkDtls, junkOfAnyKind, junkRtcp, junkRtp, mutated,
  nominate, openSessionAt, openSocket, send, sendMany, shaken, silent,
} from './strangers.mjs';
import { bindingSuccess, check, typeOf } from './stun.mjs';

const token = 'admin-secret'; // who may come as often as it likes from one address
const [own, stranger] = ['10.77.0.1', '127.0.0.2'];
const flood = { rate: 100_000, seconds: 3 };
const forgery = { rate: 10_000, seconds: 2.4 };
const ssrcs = 20_000;
const tries = 500; // of each kind: a handshake has to begin within 6 s
const held = 16 * 2 ** 20; // what may be held of it all at the end

let pion, flooder;
before(async () => {
  pion = await buildViewers();
  flooder = await buildFlooder();
}, { timeout: 300_000 });
after(async () => {
  await pion?.remove();
  await flooder?.remove();
});

/// alice (libwebrtc), who sends from `as` to the daemon at `to`, two light publishers, and a viewer of alice.
async function start(t) {
  const daemon = await startSpillwayd((config) => (config.webrtc.listen = `${own}:0`));
  t.after(async () => {
    if (process.env.SPILLWAY_LOG) t.diagnostic(daemon.log());
    await daemon.stop();
  });
  const endpoint = `${daemon.url}/whip/studio`;
  const peer = await (await kinds.libwebrtc.open(t))({ codec: 'VP8' });
  const { answer } = await publishAs(peer, { endpoint: `${endpoint}?participant=alice`, token });
  const crowd = await startCrowd(t, { endpoint, token, count: 2 });
  await crowd.ask('play');
  const tracks = ['alice', 'crowd0', 'crowd1'].map((name) => `studio/${name}/video`);
  await until('media', async () => (await packetsOf(daemon, tracks)).every((count) => count > 10));
  const viewer = await startViewers(here, pion.program, ['-url', `${daemon.url}/whep/studio/alice`, '-token', token]);
  t.after(() => viewer.end());
  return { daemon, endpoint, tracks, viewer, as: (await peer.stats()).from, to: addressIn(answer) };
}

async function packetsOf(daemon, tracks) {
  const metrics = await daemon.metrics();
  return tracks.map((track) => metrics.sum('track_received_packets_total', { track }));
}

/// All go on, and nothing was lost but `lostAtMost` packets of each.
async function assertUndisturbed(t, { daemon, tracks, viewer }, lostAtMost = 0) {
  assert.ok(daemon.running, daemon.log());
  const soFar = [...await packetsOf(daemon, tracks), (await viewer.ask('stats')).packets];
  const now = async () => [...await packetsOf(daemon, tracks), (await viewer.ask('stats')).packets];
  await until('media goes on', async () => (await now()).every((count, i) => count > soFar[i] + 10));
  const metrics = await daemon.metrics();
  const lost = tracks.map((track) => metrics.sum('track_lost_packets_total', { track }));
  const { connected, lost: missed, silence_ms: silence } = await viewer.ask('stats');
  t.diagnostic(`lost by publishers ${lost}, by the viewer ${missed}; its longest silence ${Math.round(silence)} ms`);
  assert.equal(connected, 1);
  assert.ok([...lost, missed].every((count) => count <= lostAtMost));
  assert.ok(silence < 1000, `${silence} ms of silence`);
}

/// A publisher's session whose other end is this test, which begins the DTLS handshake.
const openSession = (t, { endpoint }) => (
  openSessionAt(t, `${endpoint}?participant=mallory`, { token, direction: 'sendonly', setup: 'active' })
);

async function wrongStun(t, stage, hello) {
  const session = await openSession(t, stage);
  const [ours, theirs] = [await openSocket(t, session.to.address), await openSocket(t, stranger)];
  await nominate(ours, session);
  const right = { ...session, nominates: true };
  const wrongPwd = () => check({ ...right, pwd: 'x'.repeat(24) });
  await sendMany(theirs, session.to, tries, wrongPwd);
  const [asked, told] = [tries * wrongPwd().length, theirs.received.reduce((sum, { length }) => sum + length, 0)];
  assert.ok(told <= asked, 'no more is said than was asked');
  assert.ok(theirs.received.every((message) => typeOf(message) !== bindingSuccess));

  const nobody = await openSocket(t, stranger);
  await sendMany(nobody, session.to, tries, () => check({ ...right, username: `${randomBytes(4).toString('hex')}:x` }));
  await sendMany(nobody, session.to, tries, (i) => check(right).subarray(0, i % 80)); // before the integrity's end
  await silent(nobody);

  // One that was recorded: answered, but its path does not answer ours.
  await send(theirs, check(right), session.to);
  await until('it is answered', () => theirs.received.some((message) => typeOf(message) === bindingSuccess));
  await send(ours, hello, session.to);
  await until('the path is still the publisher\'s', () => shaken(ours) > 0);
  assert.equal(shaken(theirs), 0);
}

async function strangersDtls(t, stage, hello) {
  const session = await openSession(t, stage);
  const [ours, theirs] = [await openSocket(t, session.to.address), await openSocket(t, stranger)];
  await nominate(ours, session);
  const kinds = [() => hello, junkDtls, () => mutated(hello), junkRtp, junkRtcp];
  await sendMany(theirs, session.to, 5000, (i) => kinds[i % kinds.length]());
  await silent(theirs);
  await sendMany(ours, session.to, 50, () => mutated(hello)); // a publisher that breaks its own handshake
}

/// As the publisher that sends from `as`: all of them arrive.
async function forge(t, { as, to }, datagrams, extra = []) {
  const before = await datagramsTaken();
  const sent = await floodWith(t, flooder, to, datagrams, forgery, ['-as', as, ...extra]);
  assert.ok((await datagramsTaken()) - before >= sent * 0.99, 'they arrived');
  assert.ok(sent > 2000 * forgery.seconds);
  return sent;
}

test('strangers on the media port get nothing and cost no publisher anything', { timeout: 180_000 }, async (t) => {
  const stage = await start(t);
  const { daemon } = stage;
  const hello = await captureClientHello(t);
  // GStreamer keeps the threads of a session that has ended for 15 s: of one they are there from now on.
  await t.test('a publisher that never comes', (t) => openSession(t, stage));
  const [memory, threads] = [await residentBytes(daemon.pid), await threadCount(daemon.pid)];

  const attacks = {
    'STUN that is wrong': (t) => wrongStun(t, stage, hello),
    'DTLS, RTP and RTCP that are nobody\'s': (t) => strangersDtls(t, stage, hello),
    'DTLS in a publisher\'s own name': (t) => forge(t, stage, [
      hello, ...Array.from({ length: 20 }, () => mutated(hello)), ...Array.from({ length: 20 }, junkDtls),
      Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0]), // an alert: close_notify, in the clear
    ]),
    'SRTP and SRTCP in a publisher\'s own name': (t) => forge(t, stage, Array.from({ length: 40 }, (_, i) => (i % 4 ? junkRtp() : junkRtcp()))),
    [`${ssrcs} SSRCs in a publisher's own name`]: async (t) => {
      const datagrams = Array.from({ length: 40 }, junkRtp);
      const sent = await forge(t, stage, datagrams, ['-ssrcs', String(ssrcs)]);
      assert.ok(sent >= ssrcs, `${sent} datagrams`);
    },
  };
  for (const [name, attack] of Object.entries(attacks))
    await t.test(name, async (t) => {
      await attack(t);
      await assertUndisturbed(t, stage);
    });
  await t.test(`${flood.rate} datagrams a second`, async (t) => {
    const { username } = await openSession(t, stage);
    const datagrams = [
      hello, ...Array.from({ length: 40 }, (_, i) => junkOfAnyKind(i)),
      ...Array.from({ length: 10 }, () => check({ username, pwd: 'x'.repeat(24) })),
    ];
    const sent = await floodWith(t, flooder, stage.to, datagrams, flood);
    t.diagnostic(`${Math.round(sent / flood.seconds)} a second`);
    assert.ok(sent > 10_000 * flood.seconds, 'it was a flood');
    await assertUndisturbed(t, stage, 20);
  });

  const grown = (await residentBytes(daemon.pid)) - memory;
  t.diagnostic(`memory grew by ${Math.round(grown / 1024)} KiB, threads from ${threads} to ${await threadCount(daemon.pid)}`);
  assert.ok(grown < held, `memory grew by ${grown} bytes`);
  await until('no more threads than before', async () => (await threadCount(daemon.pid)) <= threads, { deadline: 20_000 });
});
