// Connections to the TCP port from those who are no peers: they hold a bounded number of places for a bounded time, and a
// publisher and a viewer who came by it lose nothing.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { here } from '../support/hosts.mjs';
import { descriptorCount, residentBytes } from '../support/process.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { aWindowOf, until } from '../support/wait.mjs';
import { onePort } from './one_port.mjs';
import { publish } from './peer_process.mjs';
import { play } from './players/process.mjs';
import { answerTo, bindingRequest, check, typeOf } from './stun.mjs';
import { token } from './viewing.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import * as whip from './whip.mjs';

const admin = 'admin-secret'; // who may come as often as it likes from one address
const fps = 15;
const pendingAtMost = 512;
const pendingOfAddress = 16;
const crowd = 800; // connections that fill it

/// From one of many addresses: 127.1.0.0/16.
const addressOf = (i) => `127.1.${(i >> 8) & 255}.${i & 255}`;

function open(port, localAddress) {
  const host = localAddress.includes(':') ? '::1' : '127.0.0.1';
  const socket = connect({ host, port, localAddress });
  socket.on('error', () => {});
  return socket;
}

/// Connected, or evicted by the next ones before it saw that it was.
async function opened(port, localAddress) {
  const socket = open(port, localAddress);
  await new Promise((resolve) => { socket.once('connect', resolve).once('close', resolve); });
  return socket;
}

function framed(datagram) {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(datagram.length);
  return Buffer.concat([head, datagram]);
}

const closed = (socket) => until('the connection is closed', () => socket.closed);

/// A viewer's session that nobody has come to: { username, pwd, ownPwd }, as its checks need them.
async function openSession(t, endpoint) {
  const [ufrag, ownPwd] = [randomBytes(4).toString('hex'), randomBytes(12).toString('hex')];
  const { session, answer } = await whip.open(endpoint, { token: admin, offer: viewerOffer(['VP8', 'opus'], { ufrag, pwd: ownPwd }) });
  t.after(() => whip.remove(session, { token: admin }));
  const value = (name) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(answer)[1];
  return { username: `${value('ice-ufrag')}:${ufrag}`, pwd: value('ice-pwd'), ownPwd };
}

/// What `metrics` says of connections: { pending, open } and the closed ones by reason.
async function connections(daemon) {
  const metrics = await daemon.metrics();
  const closedBy = Object.fromEntries(metrics.all('tcp_connections_closed_total').map(({ labels, value }) => [labels.reason, value]));
  const inState = (state) => metrics.sum('tcp_connections', { state });
  return { pending: inState('pending'), open: inState('open'), ...closedBy };
}

test('strangers at the TCP port cost a publisher and a viewer nothing', { timeout: 180_000 }, async (t) => {
  const webrtc = await onePort(t);
  const port = Number(webrtc.listen_tcp.split(':')[1]);
  const daemon = await startSpillwayd((config) => { config.webrtc = webrtc; });
  t.after(() => daemon.stop());
  const publisher = await publish(daemon, 'alice', { fps });
  t.after(() => publisher.kill());
  const endpoint = `${daemon.url}/whep/studio/alice`;
  await daemon.untilMetrics('both tracks flow', (metrics) => (
    metrics.all('track_received_packets_total').filter(({ value }) => value > 10).length >= 2
  ));
  const viewer = await play(t, 'wrtc', { endpoint, token });
  await until('a first picture', async () => (await viewer.stats()).video.frames > fps, { deadline: 15_000 });
  const start = await connections(daemon);

  /// Runs `attack` and looks at what the viewer got meanwhile, which the publisher sent.
  const beside = async (attack) => {
    const [first, begun] = [await viewer.stats(), performance.now()];
    const said = await attack();
    await aWindowOf(1000);
    const [last, seconds] = [await viewer.stats(), (performance.now() - begun) / 1000];
    const frames = (last.video.frames - first.video.frames) / seconds;
    t.diagnostic(`${frames.toFixed(1)} frames a second, longest pause ${Math.round(last.video.longest)} ms; ${JSON.stringify(await connections(daemon))}`);
    assert.ok(daemon.running, daemon.log());
    assert.equal(last.state, 'connected');
    assert.equal(last.video.lost, 0);
    assert.ok(frames > 0.7 * fps, `${frames} frames a second of ${fps}`);
    return said;
  };

  /// The places are taken once, so that the memory of it is there from then on.
  const fill = async () => {
    const { evicted } = await connections(daemon);
    const sockets = await Promise.all(Array.from({ length: crowd }, (_, i) => opened(port, addressOf(Math.floor(i / pendingOfAddress)))));
    await until('the oldest went', async () => (await connections(daemon)).evicted - evicted >= crowd - pendingAtMost);
    return sockets;
  };
  await beside(async () => (await fill()).forEach((socket) => socket.destroy()));
  await until('they are gone', async () => (await connections(daemon)).pending === 0);
  const [memory, descriptors] = [await residentBytes(daemon.pid), await descriptorCount(daemon.pid)];

  await t.test('slowloris: many that say a byte now and then, of one address and of many', (t) => beside(async () => {
    const sockets = [];
    const { evicted } = await connections(daemon);
    for (let i = 0; i < 40; i++) sockets.push(await opened(port, '127.2.0.1'));
    await until('one address has its share', async () => (await connections(daemon)).evicted - evicted === 40 - pendingOfAddress);
    sockets.push(...(await fill()));
    const held = await connections(daemon);
    assert.ok(held.pending <= pendingAtMost, `${held.pending} pending`);
    const drip = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write(Buffer.from([0]))), 500);
    await until('all are closed', () => sockets.every((socket) => socket.closed), { deadline: 12_000 });
    clearInterval(drip);
    assert.equal((await connections(daemon)).pending, 0);
  }));

  await t.test('half frames, and frames that are too long', (t) => beside(async () => {
    const { username, pwd } = await openSession(t, endpoint);
    const whole = framed(check({ username, pwd }));
    for (let i = 0; i < 40; i++) {
      const half = await opened(port, addressOf(i));
      half.end(whole.subarray(0, randomInt(1, whole.length)));
      const long = await opened(port, addressOf(i));
      long.write(Buffer.concat([Buffer.from([0x05 + randomInt(0xfa), 0xdd]), randomBytes(64)]));
      await closed(long);
      half.destroy();
    }
    assert.ok((await connections(daemon)).frame_too_long >= 40);
  }));

  await t.test('what is no check for a session, and checks with a wrong password', (t) => beside(async () => {
    const { username } = await openSession(t, endpoint);
    const junk = [
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), framed(check({ username: 'nobody:x', pwd: 'x'.repeat(24) })),
      framed(Buffer.concat([Buffer.from([22, 0xfe, 0xfd]), randomBytes(100)])), framed(Buffer.concat([Buffer.from([0x80, 96]), randomBytes(100)])),
    ];
    for (let i = 0; i < 40; i++) {
      const socket = await opened(port, addressOf(i));
      socket.write(junk[i % junk.length]);
      await closed(socket);
    }
    const wrong = await opened(port, '127.2.0.2');
    let told = 0;
    wrong.on('data', (data) => (told += data.length));
    const asked = framed(check({ username, pwd: 'x'.repeat(24) }));
    for (let i = 0; i < 2000 && wrong.writable; i++) wrong.write(asked);
    await closed(wrong);
    assert.ok(told <= 2000 * asked.length, 'no more is said than was asked');
    const now = await connections(daemon);
    assert.ok(now.stranger >= 30 && now.no_check >= 1, JSON.stringify(now));
  }));

  await t.test('a valid check opens one connection, whose junk reaches nobody', (t) => beside(async () => {
    const { username, pwd, ownPwd } = await openSession(t, endpoint);
    const socket = await opened(port, '127.2.0.3');
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0); rest = rest.subarray(2 + rest.readUInt16BE(0))) {
        const message = rest.subarray(2, 2 + rest.readUInt16BE(0));
        const from = { address: '127.0.0.1', port };
        if (typeOf(message) === bindingRequest) socket.write(framed(answerTo(message, { pwd: ownPwd, from })));
      }
    });
    socket.write(framed(check({ username, pwd, nominates: true })));
    await until('it is open', async () => (await connections(daemon)).open > start.open);
    for (let i = 0; i < 5000; i++) {
      const first = [20 + randomInt(44), 128 + randomInt(64), 64 + randomInt(16)][i % 3];
      if (!socket.write(framed(Buffer.concat([Buffer.from([first]), randomBytes(randomInt(20, 1400))])))) await once(socket, 'drain');
    }
    assert.ok(!socket.closed);
    socket.destroy();
  }));

  await t.test('a flood of connections that are reset at once', (t) => beside(async () => {
    let resets = 0;
    for (const begun = performance.now(); performance.now() < begun + 2000;) {
      const sockets = Array.from({ length: 64 }, () => open(port, addressOf(resets++ % 4096)));
      await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {})));
      sockets.forEach((socket, i) => {
        if (i % 2) socket.write(framed(randomBytes(40)).subarray(0, 20));
        socket.resetAndDestroy();
      });
    }
    t.diagnostic(`${resets} connections were reset`);
    assert.ok(resets > 1000, 'it was a flood');
  }));

  await until('nothing is left of them', async () => {
    const { pending, open: left } = await connections(daemon);
    return pending === 0 && left <= start.open;
  }, { deadline: 15_000 });
  assert.ok((await descriptorCount(daemon.pid)) <= descriptors);
  const grown = (await residentBytes(daemon.pid)) - memory;
  t.diagnostic(`memory grew by ${Math.round(grown / 1024)} KiB`);
  assert.ok(grown < 8 * 2 ** 20, `memory grew by ${grown} bytes`);
  await publisher.stop();
});

test('of IPv6 a /64 counts as one address', async (t) => {
  const daemon = await startSpillwayd((config) => { config.webrtc = { listen: '127.0.0.1:0', listen_tcp: '[::]:0' }; });
  t.after(() => daemon.stop());
  const port = Number(/by TCP listening address=\[::\]:(\d+)/.exec(daemon.log())[1]);
  const crowd = Array.from({ length: pendingOfAddress + 4 }, (_, i) => `fd77:0:0:1::${i + 1}`);
  const neighbour = 'fd77:0:0:2::1';
  for (const address of [...crowd, neighbour]) await here.run('ip', ['address', 'add', `${address}/128`, 'dev', 'lo']);
  // At once: a connection without a check is closed after 5 s.
  const sockets = await Promise.all(crowd.map((address) => opened(port, address)));
  await until('the oldest went', async () => (await connections(daemon)).evicted === 4);
  sockets.push(await opened(port, neighbour));
  await until('another subnet has its own share', async () => (await connections(daemon)).pending === pendingOfAddress + 1);
  assert.equal((await connections(daemon)).evicted, 4);
  sockets.forEach((socket) => socket.destroy());
});
