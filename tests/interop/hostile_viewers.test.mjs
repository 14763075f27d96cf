// Datagrams on the media port from those who are no viewers: they get nothing, move nobody and hold nothing, and a viewer
// beside them loses nothing.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test, { after, before } from 'node:test';
import { buildViewers, startViewers } from '../bench/viewers/viewers.mjs';
import { here } from '../support/hosts.mjs';
import { residentBytes } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import {
  buildFlooder, captureClientHello, datagramsTaken, during, floodWith, junkDtls, junkOfAnyKind, mutated, nominate, openSessionAt,
  openSocket, send, sendMany, shaken, silent,
} from './strangers.mjs';
import { bindingSuccess, check, typeOf } from './stun.mjs';
import { endpointOf, startStage, untilViewers } from './viewing.mjs';

const admin = 'admin-secret'; // who may come as often as it likes from one address
const stranger = '127.0.0.2';
const joining = 20;
const flood = { rate: 100_000, seconds: 3 };
const forgery = { rate: 5000, seconds: 3 };

let pion, flooder;
before(async () => {
  pion = await buildViewers();
  flooder = await buildFlooder();
}, { timeout: 300_000 });
after(async () => {
  await pion?.remove();
  await flooder?.remove();
});

async function startPion(t, daemon, extra = []) {
  const args = ['-url', endpointOf(daemon, 'alice'), '-token', admin, '-audio', ...extra];
  const group = await startViewers(here, pion.program, args);
  t.after(() => group.end());
  return group;
}

/// Many come and go: { connected, failures }.
async function joinAndLeave(t, daemon) {
  const group = await startPion(t, daemon, ['-n', String(joining), '-ramp', '2s']);
  const { connected, failures } = group.ready;
  await group.end();
  return { connected, failures };
}

const allJoined = { connected: joining, failures: [] };

const openSession = (t, daemon) => openSessionAt(t, endpointOf(daemon, 'alice'), { token: admin });

/// Where the packets of the one connected viewer go.
async function addressOfViewer(daemon) {
  const { tracks } = await daemon.api('/v1/tracks');
  const details = await Promise.all(tracks.map(({ name }) => daemon.api(`/v1/tracks/${name}`)));
  return details.flatMap((track) => track.viewers).find(({ state }) => state === 'connected').address;
}

test('strangers on the media port get nothing and cost a viewer nothing', { timeout: 120_000 }, async (t) => {
  const daemon = await startStage(t);
  const hello = await captureClientHello(t);
  const real = await startPion(t, daemon);
  assert.deepEqual(await joinAndLeave(t, daemon), allJoined); // the memory that they take is there from now on
  await untilViewers(daemon, 1);
  const [memory, packets] = [await residentBytes(daemon.pid), real.ready.packets];

  const undisturbed = async (lostAtMost = 0) => {
    assert.ok(daemon.running, daemon.log());
    const { packets: soFar } = await real.ask('stats');
    const { connected, lost, silence_ms: silence } = await until('media goes on', async () => {
      const stats = await real.ask('stats');
      return stats.packets > soFar + 10 && stats;
    });
    assert.equal(connected, 1);
    assert.ok(lost <= lostAtMost, `${lost} packets lost`);
    assert.ok(silence < 1000, `${silence} ms of silence`);
    return { lost, silence };
  };

  await t.test('STUN that is wrong', async (t) => {
    const session = await openSession(t, daemon);
    const [ours, theirs] = [await openSocket(t, session.to.address), await openSocket(t, stranger)];
    await nominate(ours, session);
    const right = { ...session, nominates: true };
    const wrongPwd = () => check({ ...right, pwd: 'x'.repeat(24) });
    await sendMany(theirs, session.to, 2000, wrongPwd);
    const [asked, told] = [2000 * wrongPwd().length, theirs.received.reduce((sum, { length }) => sum + length, 0)];
    t.diagnostic(`${theirs.received.length} refusals: ${(told / asked).toFixed(2)} bytes for each byte of wrong integrity`);
    assert.ok(told <= asked, 'no more is said than was asked');
    assert.ok(theirs.received.every((message) => typeOf(message) !== bindingSuccess));

    const nobody = await openSocket(t, stranger);
    const unknown = (i) => `w${i % 4}${randomBytes(4).toString('hex')}:x`;
    await sendMany(nobody, session.to, 2000, (i) => check({ ...right, username: unknown(i) }));
    await sendMany(nobody, session.to, 2000, (i) => check(right).subarray(0, i % 80)); // before the integrity's end
    await silent(nobody);

    await send(ours, hello, session.to);
    await until('the path is still the viewer\'s', () => shaken(ours) > 0);
    assert.equal(shaken(theirs), 0);
    await undisturbed();
  });

  await t.test('a nomination that was recorded, from another address', async (t) => {
    const session = await openSession(t, daemon);
    const [ours, theirs] = [await openSocket(t, session.to.address), await openSocket(t, stranger)];
    await nominate(ours, session);
    await send(theirs, check({ ...session, nominates: true }), session.to);
    await until('it is answered', () => theirs.received.some((message) => typeOf(message) === bindingSuccess));
    await send(ours, hello, session.to);
    await until('the path is still the viewer\'s', () => shaken(ours) > 0);
    assert.equal(shaken(theirs), 0);
    await undisturbed();
  });

  await t.test('a ClientHello from another address than the one that ICE chose', async (t) => {
    const session = await openSession(t, daemon);
    const [ours, theirs] = [await openSocket(t, session.to.address), await openSocket(t, stranger)];
    await nominate(ours, session);
    await sendMany(theirs, session.to, 1000, (i) => (i % 2 ? hello : junkDtls()));
    await silent(theirs);
    assert.equal(ours.received.length, 0, 'no handshake has begun');
    await send(ours, hello, session.to);
    await until('the viewer\'s own is answered', () => shaken(ours) > 0);
    assert.equal(theirs.received.length, 0);

    const attack = async (i) => {
      await sendMany(theirs, session.to, 50, (k) => (k % 2 ? hello : mutated(hello)));
      if (i % 8 === 0) await sendMany(ours, session.to, 4, () => mutated(hello)); // a viewer that breaks its handshake
    };
    const [joined, attacks] = await during(joinAndLeave(t, daemon), attack);
    t.diagnostic(`${joined.connected} joined beside ${attacks * 50} handshakes of a stranger`);
    assert.deepEqual(joined, allJoined);
    assert.ok(attacks * 50 >= 1000);
    assert.equal(theirs.received.length, 0);
    await undisturbed();
  });

  await untilViewers(daemon, 1);
  await t.test('datagrams in the viewer\'s own name', async (t) => {
    const { to } = await openSession(t, daemon);
    const as = await addressOfViewer(daemon);
    const forged = [
      hello, ...Array.from({ length: 40 }, (_, i) => junkOfAnyKind(i)), ...Array.from({ length: 20 }, () => mutated(hello)),
      Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0]), // an alert: close_notify, in the clear
    ];
    const before = await datagramsTaken();
    const sent = await floodWith(t, flooder, to, forged, forgery, ['-as', as]);
    assert.ok((await datagramsTaken()) - before >= sent * 0.99, 'they arrived');
    const { lost, silence } = await undisturbed();
    t.diagnostic(`${sent} as ${as}; ${lost} lost, longest silence ${Math.round(silence)} ms`);
    assert.ok(sent > 1000 * forgery.seconds);
  });

  await untilViewers(daemon, 1);
  await t.test('DTLS, RTP and RTCP that are nobody\'s', async (t) => {
    const { to } = await openSession(t, daemon);
    const theirs = await openSocket(t, stranger);
    await sendMany(theirs, to, 8000, junkOfAnyKind);
    await silent(theirs);
    await undisturbed();
  });

  await t.test(`${flood.rate} datagrams a second`, async (t) => {
    const { to, username } = await openSession(t, daemon);
    const datagrams = [
      hello, ...Array.from({ length: 40 }, (_, i) => junkOfAnyKind(i)),
      ...Array.from({ length: 10 }, () => check({ username, pwd: 'x'.repeat(24) })),
    ];
    const sent = await floodWith(t, flooder, to, datagrams, flood);
    const { lost, silence } = await undisturbed(5);
    t.diagnostic(`${Math.round(sent / flood.seconds)} a second; ${lost} lost, longest silence ${Math.round(silence)} ms`);
    assert.ok(sent > 10_000 * flood.seconds, 'it was a flood');
  });

  await untilViewers(daemon, 1);
  assert.deepEqual(await joinAndLeave(t, daemon), allJoined);
  await untilViewers(daemon, 1);
  const grown = (await residentBytes(daemon.pid)) - memory;
  const last = await real.ask('stats');
  t.diagnostic(`${last.packets - packets} packets for the viewer, ${last.lost} lost; memory grew by ${Math.round(grown / 1024)} KiB`);
  assert.ok(grown < 8 * 2 ** 20, `memory grew by ${grown} bytes`);
});
