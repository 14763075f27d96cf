// Datagrams on the media port from those who are no viewers: they get nothing, move nobody and hold nothing, and a viewer
// beside them loses nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { buildViewers, startViewers } from '../bench/viewers/viewers.mjs';
import { buildGo } from '../support/go.mjs';
import { here } from '../support/hosts.mjs';
import { LineProcess } from '../support/line_process.mjs';
import { residentBytes } from '../support/process.mjs';
import { root } from '../support/spillwayd.mjs';
import { aWindowOf, holds, until, within } from '../support/wait.mjs';
import { answerTo, bindingRequest, bindingSuccess, check, typeOf } from './stun.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { endpointOf, startStage, untilViewers } from './viewing.mjs';
import * as whip from './whip.mjs';

const admin = 'admin-secret'; // who may come as often as it likes from one address
const stranger = '127.0.0.2';
const joining = 20;
const flood = { rate: 100_000, seconds: 3 };
const forgery = { rate: 5000, seconds: 3 };
const dtlsHandshake = 22; // RFC 6347 section 4.1
const recordHeader = 13;

let pion, flooder;
before(async () => {
  pion = await buildViewers();
  flooder = await buildGo(join(root, 'tests/interop/flood.go'));
}, { timeout: 300_000 });
after(async () => {
  await pion?.remove();
  await flooder?.remove();
});

/// A socket that keeps what it gets.
async function openSocket(t, address) {
  const socket = createSocket('udp4');
  socket.received = [];
  socket.on('message', (message) => socket.received.push(message));
  socket.bind(0, address);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}

/// The first datagram of OpenSSL's client.
async function captureClientHello(t) {
  const socket = await openSocket(t, '127.0.0.1');
  const args = ['s_client', '-dtls1_2', '-use_srtp', 'SRTP_AES128_CM_SHA1_80', '-connect', `127.0.0.1:${socket.address().port}`];
  const client = spawn('openssl', args, { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    return await until('a ClientHello', () => socket.received[0]);
  } finally {
    client.kill('SIGKILL');
  }
}

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

/// A session whose viewer is this test: { to, pwd, username }, as its checks need them.
async function openSession(t, daemon) {
  const [ufrag, ownPwd] = [randomBytes(4).toString('hex'), randomBytes(12).toString('hex')];
  const offer = viewerOffer(['VP8', 'opus'], { ufrag, pwd: ownPwd });
  const { session, answer } = await whip.open(endpointOf(daemon, 'alice'), { token: admin, offer });
  t.after(() => whip.remove(session, { token: admin }));
  const value = (name) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(answer)[1];
  const [, address, port] = /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+)/im.exec(answer);
  return { to: { address, port: Number(port) }, pwd: value('ice-pwd'), ownPwd, username: `${value('ice-ufrag')}:${ufrag}` };
}

const send = (socket, message, { port, address }) => new Promise((resolve, reject) => {
  socket.send(message, port, address, (error) => (error ? reject(error) : resolve()));
});

/// `count` datagrams of `make(i)`, in batches, so that the port's buffer takes them all.
async function sendMany(socket, to, count, make) {
  const batch = 50;
  for (let i = 0; i < count; i += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, count - i) }, (_, k) => send(socket, make(i + k), to)));
    await aWindowOf(1);
  }
}

const junk = (head, least, most) => Buffer.concat([Buffer.from(head), randomBytes(randomInt(least, most))]);

// By their first bytes (RFC 7983 section 7, RFC 5761 section 4).
const junkDtls = () => junk([randomInt(20, 64), 0xfe, 0xfd], 10, 400);
const junkRtp = () => junk([randomInt(128, 192), 96], 10, 1200);
const junkRtcp = () => junk([randomInt(128, 192), randomInt(192, 224)], 6, 200);
const junkOther = () => randomBytes(randomInt(1, 1500));
const junkOfAnyKind = (i) => [junkDtls, junkRtp, junkRtcp, junkOther][i % 4]();

/// With some bytes behind the record's header changed, and now and then cut short.
function mutated(message) {
  const whole = randomInt(3) > 0;
  const copy = Buffer.from(message.subarray(0, whole ? message.length : randomInt(recordHeader + 1, message.length)));
  for (let i = 0; i < 4; i++) copy[randomInt(recordHeader, copy.length)] = randomInt(256);
  return copy;
}

/// Sends these in turn, from a process of its own: how many.
async function floodWith(t, { address, port }, datagrams, { rate, seconds }, extra = []) {
  const args = ['-to', `${address}:${port}`, '-rate', String(rate), '-time', `${seconds}s`, ...extra];
  const flooding = new LineProcess(here, flooder.program, [...args, ...datagrams.map((datagram) => datagram.toString('hex'))]);
  t.after(() => flooding.end());
  return (await within('the flood', flooding.next('sent'), 15_000)).packets;
}

/// Datagrams that sockets of this network have taken so far (RFC 4113, udpInDatagrams).
async function datagramsTaken() {
  const [names, values] = (await readFile('/proc/net/snmp', 'utf8')).split('\n').filter((line) => line.startsWith('Udp: '));
  return Number(values.split(' ')[names.split(' ').indexOf('InDatagrams')]);
}

/// Where the packets of the one connected viewer go.
async function addressOfViewer(daemon) {
  const { tracks } = await daemon.api('/v1/tracks');
  const details = await Promise.all(tracks.map(({ name }) => daemon.api(`/v1/tracks/${name}`)));
  return details.flatMap((track) => track.viewers).find(({ state }) => state === 'connected').address;
}

/// Runs `attack` over and over until `work` is done: what that said, and how often.
async function during(work, attack) {
  let over = false;
  const finished = work.finally(() => (over = true));
  finished.catch(() => {});
  let attacks = 0;
  for (; !over; attacks++) await attack(attacks);
  return [await finished, attacks];
}

async function nominate(socket, { to, username, pwd, ownPwd }) {
  await send(socket, check({ username, pwd, nominates: true }), to);
  const came = (type) => socket.received.find((message) => typeOf(message) === type);
  await until('the check is answered', () => came(bindingSuccess));
  const asked = await until('the path is checked', () => came(bindingRequest));
  await send(socket, answerTo(asked, { pwd: ownPwd, from: to }), to);
  socket.received.length = 0;
}

const silent = (socket) => holds('nothing is answered', () => socket.received.length === 0, { time: 200 });
const shaken = (socket) => socket.received.filter((message) => message[0] === dtlsHandshake).length;

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
    const sent = await floodWith(t, to, forged, forgery, ['-as', as]);
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
    const sent = await floodWith(t, to, datagrams, flood);
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
