// Many light publishers in one process, on libdatachannel: VP8 by its headers, noise by its pictures.
//   node crowd.mjs '{"endpoint": "http://…/whip/studio", "token": "…", "count": 10, "port": 0, "visitors": false}'
// `port` is used in place of the one that the answers name; with `visitors` nobody comes before `cycle`; `layers` are sent side
// by side under an SSRC each. Lines on stdin: `play`
// sends 30 frames a second of 3 packets, `pause` ends that; `burst N` sends a keyframe of N packets from each, at once;
// `cycle N`: so many come, send, and are deleted while they send, `count` at a time. JSON lines on stdout: `ready`, then an
// answer to each line, by its first word: with `sent`, the packets of each publisher.
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import * as whip from '../whip.mjs';
import { DatachannelPeer } from './datachannel_peer.mjs';
import { detour } from './offer.mjs';

const settings = { layers: 1, ...JSON.parse(process.argv[2]) };
const { token } = settings;
const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
const frameTime = 1000 / 30;
const [packetsPerFrame, packetsOfAVisit] = [3, 10];
const noise = randomBytes(1188);

class Publisher {
  sent = 0;
  #peer = new DatachannelPeer('VP8', settings.layers);
  #timestamp = 0;
  #session;

  async join(participant) {
    const endpoint = `${settings.endpoint}?participant=${participant}`;
    const { answer, session } = await whip.open(endpoint, { token, offer: await this.#peer.offer() });
    this.#session = session;
    await this.#peer.accept(settings.port ? detour(answer, settings.port) : answer);
  }

  /// One packet of a frame: a descriptor with S on the first (RFC 7741 section 4.2), and there the header of a keyframe, or
  /// of none (RFC 6386 section 9.1).
  send({ first, last, key }) {
    const packet = Buffer.alloc(12 + noise.length);
    packet[0] = 0x80;
    packet[1] = last ? 0x80 : 0;
    packet.writeUInt16BE(this.sent & 0xffff, 2);
    packet.writeUInt32BE(this.#timestamp, 4);
    noise.copy(packet, 12);
    packet[12] = first ? 0x10 : 0;
    if (first) packet.set(key ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02] : [0x11, 0, 0], 13);
    if (last) this.#timestamp += 90_000 / 30;
    let sent = false;
    for (let layer = 0; layer < settings.layers; layer++) sent = this.#peer.send(Buffer.from(packet), layer);
    if (sent) this.sent++;
  }

  leave() {
    return whip.remove(this.#session, { token });
  }

  close() {
    this.#peer.close();
  }
}

/// A frame of each, packet by packet in turn.
function sendFrame(publishers, packets, key) {
  for (let i = 0; i < packets; i++)
    for (const one of publishers) one.send({ first: i === 0, last: i === packets - 1, key });
}

let timer;
function play(publishers) {
  let frame = 0;
  timer = setInterval(() => sendFrame(publishers, packetsPerFrame, frame++ % 30 === 0), frameTime);
}

/// Comes, sends some packets, and sends on while it is deleted.
async function visit(participant) {
  const one = new Publisher();
  await one.join(participant);
  const sending = setInterval(() => sendFrame([one], packetsPerFrame, true), 2);
  try {
    while (one.sent < packetsOfAVisit) await pause(2);
    const { status } = await one.leave();
    if (status !== 200) throw new Error(`DELETE: ${status}`);
    await pause(10);
  } finally {
    clearInterval(sending);
    one.close();
  }
}

async function cycle(count) {
  let begun = 0;
  await Promise.all(Array.from({ length: settings.count }, async (_, seat) => {
    while (begun++ < count) await visit(`visitor${seat}`);
  }));
}

const publishers = Array.from({ length: settings.visitors ? 0 : settings.count }, () => new Publisher());
const commands = {
  play: async () => play(publishers),
  pause: async () => clearInterval(timer),
  burst: async (packets) => sendFrame(publishers, packets, true),
  cycle,
};
const fail = (error) => {
  say('failed', { error: error.message });
  process.exit(1);
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const [name, argument] = line.split(' ');
  commands[name](Number(argument)).then(() => say(name, { sent: publishers.map(({ sent }) => sent) }), fail);
}).on('close', () => process.exit(0));
await Promise.all(publishers.map((one, i) => one.join(`crowd${i}`))).then(() => say('ready'), fail);
