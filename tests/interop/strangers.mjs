// What those who are neither viewer nor publisher send to the media port, for the tests that they disturb nobody.
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGo } from '../support/go.mjs';
import { here } from '../support/hosts.mjs';
import { LineProcess } from '../support/line_process.mjs';
import { root } from '../support/spillwayd.mjs';
import { aWindowOf, holds, until, within } from '../support/wait.mjs';
import { shape } from './publishers/offer.mjs';
import { answerTo, bindingRequest, bindingSuccess, check, typeOf } from './stun.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import * as whip from './whip.mjs';

const dtlsHandshake = 22; // RFC 6347 section 4.1
const recordHeader = 13;

/// A socket that keeps what it gets.
export async function openSocket(t, address) {
  const socket = createSocket('udp4');
  socket.received = [];
  socket.on('message', (message) => socket.received.push(message));
  socket.bind(0, address);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}

/// The first datagram of OpenSSL's client.
export async function captureClientHello(t) {
  const socket = await openSocket(t, '127.0.0.1');
  const args = ['s_client', '-dtls1_2', '-use_srtp', 'SRTP_AES128_CM_SHA1_80', '-connect', `127.0.0.1:${socket.address().port}`];
  const client = spawn('openssl', args, { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    return await until('a ClientHello', () => socket.received[0]);
  } finally {
    client.kill('SIGKILL');
  }
}

/// Of the first candidate for UDP over IPv4 in a description.
export function addressIn(sdp) {
  const [, address, port] = /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+)/im.exec(sdp);
  return { address, port: Number(port) };
}

/// A session whose other end is this test: { to, pwd, ownPwd, username }, as its checks need them.
export async function openSessionAt(t, endpoint, { token, direction = 'recvonly', setup = 'actpass' }) {
  const [ufrag, ownPwd] = [randomBytes(4).toString('hex'), randomBytes(12).toString('hex')];
  const { offer } = shape(viewerOffer(['VP8', 'opus'], { direction, ufrag, pwd: ownPwd }), { setup });
  const { session, answer } = await whip.open(endpoint, { token, offer });
  t.after(() => whip.remove(session, { token }));
  const value = (name) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(answer)[1];
  return { to: addressIn(answer), pwd: value('ice-pwd'), ownPwd, username: `${value('ice-ufrag')}:${ufrag}` };
}

export const send = (socket, message, { port, address }) => new Promise((resolve, reject) => {
  socket.send(message, port, address, (error) => (error ? reject(error) : resolve()));
});

/// `count` datagrams of `make(i)`, in batches, so that the port's buffer takes them all.
export async function sendMany(socket, to, count, make) {
  const batch = 50;
  for (let i = 0; i < count; i += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, count - i) }, (_, k) => send(socket, make(i + k), to)));
    await aWindowOf(1);
  }
}

const junk = (head, least, most) => Buffer.concat([Buffer.from(head), randomBytes(randomInt(least, most))]);

// By their first bytes (RFC 7983 section 7, RFC 5761 section 4).
export const junkDtls = () => junk([randomInt(20, 64), 0xfe, 0xfd], 10, 400);
export const junkRtp = () => junk([randomInt(128, 192), 96], 10, 1200);
export const junkRtcp = () => junk([randomInt(128, 192), randomInt(192, 224)], 6, 200);
const junkOther = () => randomBytes(randomInt(1, 1500));
export const junkOfAnyKind = (i) => [junkDtls, junkRtp, junkRtcp, junkOther][i % 4]();

/// With some bytes behind the record's header changed, and now and then cut short.
export function mutated(message) {
  const whole = randomInt(3) > 0;
  const copy = Buffer.from(message.subarray(0, whole ? message.length : randomInt(recordHeader + 1, message.length)));
  for (let i = 0; i < 4; i++) copy[randomInt(recordHeader, copy.length)] = randomInt(256);
  return copy;
}

/// { program, remove() }
export const buildFlooder = () => buildGo(join(root, 'tests/interop/flood.go'));

/// Sends these in turn, from a process of its own: how many.
export async function floodWith(t, flooder, { address, port }, datagrams, { rate, seconds }, extra = []) {
  const args = ['-to', `${address}:${port}`, '-rate', String(rate), '-time', `${seconds}s`, ...extra];
  const flooding = new LineProcess(here, flooder.program, [...args, ...datagrams.map((datagram) => datagram.toString('hex'))]);
  t.after(() => flooding.end());
  return (await within('the flood', flooding.next('sent'), 15_000)).packets;
}

/// Datagrams that sockets of this network have taken so far (RFC 4113, udpInDatagrams).
export async function datagramsTaken() {
  const [names, values] = (await readFile('/proc/net/snmp', 'utf8')).split('\n').filter((line) => line.startsWith('Udp: '));
  return Number(values.split(' ')[names.split(' ').indexOf('InDatagrams')]);
}

/// Runs `attack` over and over until `work` is done: what that said, and how often.
export async function during(work, attack) {
  let over = false;
  const finished = work.finally(() => (over = true));
  finished.catch(() => {});
  let attacks = 0;
  for (; !over; attacks++) await attack(attacks);
  return [await finished, attacks];
}

export async function nominate(socket, { to, username, pwd, ownPwd }) {
  await send(socket, check({ username, pwd, nominates: true }), to);
  const came = (type) => socket.received.find((message) => typeOf(message) === type);
  await until('the check is answered', () => came(bindingSuccess));
  const asked = await until('the path is checked', () => came(bindingRequest));
  await send(socket, answerTo(asked, { pwd: ownPwd, from: to }), to);
  socket.received.length = 0;
}

export const silent = (socket) => holds('nothing is answered', () => socket.received.length === 0, { time: 200 });
export const shaken = (socket) => socket.received.filter((message) => message[0] === dtlsHandshake).length;
