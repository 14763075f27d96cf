// Sends packets that were encoded once: costs next to nothing, for calls with many participants. Every picture is a
// keyframe, so a PLI needs no answer.
import { randomInt } from 'node:crypto';
import nodeDataChannel from 'node-datachannel';
import { sendOn } from '../send_on.mjs';
import { opusSilence, rtpPacket, vp8Pictures } from './canned.mjs';

const mtu = 1150;
const payloadTypes = { video: 96, audio: 111 };
const audioRhythm = { every: 20, ticks: 960 };
const videoRhythm = (fps) => ({ every: 1000 / fps, ticks: 90_000 / fps });

/// The RTP payloads of one VP8 picture (RFC 7741): a descriptor of one byte, S set on the first.
function vp8Payloads(picture) {
  const payloads = [];
  for (let at = 0; at < picture.length; at += mtu) {
    payloads.push(Buffer.concat([Buffer.from([at === 0 ? 0x10 : 0x00]), picture.subarray(at, at + mtu)]));
  }
  return payloads;
}

const loops = { video: (await vp8Pictures()).map(vp8Payloads), audio: [[opusSilence]] };

class Line {
  #sequence = randomInt(2 ** 15);
  #timestamp = randomInt(2 ** 31);
  #turn = 0;
  #timer;
  packetsSent = 0;
  framesSent = 0;

  constructor(mid, kind, rhythm) {
    this.mid = mid;
    this.kind = kind;
    this.rhythm = rhythm;
    this.ssrc = randomInt(1, 2 ** 31);
  }

  /// `a=sendonly` or `a=inactive`, with the same SSRC.
  media(active) {
    const video = this.kind === 'video';
    const media = new nodeDataChannel[video ? 'Video' : 'Audio'](this.mid, active ? 'SendOnly' : 'Inactive');
    if (video) media.addVP8Codec(payloadTypes.video);
    else media.addOpusCodec(payloadTypes.audio);
    media.addSSRC(this.ssrc, 'canned', 'canned', `track-${this.mid}`);
    return media;
  }

  start(track) {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#send(track), this.rhythm.every);
  }

  #send(track) {
    if (!track.isOpen()) return;
    const payloadType = payloadTypes[this.kind];
    const payloads = loops[this.kind][this.#turn++ % loops[this.kind].length];
    const packets = payloads.map((payload, i) => rtpPacket({
      payloadType, payload, marker: this.kind === 'video' && i === payloads.length - 1, ssrc: this.ssrc,
      sequence: this.#sequence++ & 0xffff, timestamp: this.#timestamp >>> 0,
    }));
    packets.forEach((packet) => sendOn(track, packet));
    this.packetsSent += payloads.length;
    this.framesSent++;
    this.#timestamp += this.rhythm.ticks;
  }

  stop() {
    clearInterval(this.#timer);
  }
}

export class PacketEngine {
  #peer = new nodeDataChannel.PeerConnection('canned', { iceServers: [], disableAutoNegotiation: true, forceMediaTransport: true });
  #lines = new Map();
  #tracks = []; // all of them: a track that is collected as garbage closes its line, also for those that came after it
  #nextMid = 0;

  constructor() {
    this.connected = new Promise((resolve, reject) => {
      this.#peer.onStateChange((state) => {
        if (state === 'connected') resolve();
        if (state === 'failed') reject(new Error('the connection failed'));
      });
    });
    this.connected.catch(() => {});
  }

  #show(line, active) {
    const track = this.#peer.addTrack(line.media(active));
    this.#tracks.push(track);
    if (active) line.start(track);
    else line.stop();
  }

  add(name, { fps = 5 } = {}) {
    const mid = String(this.#nextMid++);
    const line = name === 'microphone' ? new Line(mid, 'audio', audioRhythm) : new Line(mid, 'video', videoRhythm(fps));
    this.#lines.set(name, line);
    this.#show(line, true);
  }

  setActive(name, active) {
    this.#show(this.#lines.get(name), active);
  }

  remove(name) {
    this.setActive(name, false);
    this.#lines.delete(name);
  }

  async offer() {
    const gathered = new Promise((resolve) => {
      this.#peer.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    this.#peer.setLocalDescription('offer');
    if (this.#peer.gatheringState() !== 'complete') await gathered;
    return this.#peer.localDescription().sdp;
  }

  accept(answer) {
    this.#peer.setRemoteDescription(answer, 'answer');
  }

  mids() {
    return Object.fromEntries([...this.#lines].map(([name, { mid }]) => [name, mid]));
  }

  stats() {
    return Object.fromEntries([...this.#lines].map(([name, { packetsSent, framesSent, ssrc }]) => (
      [name, { packetsSent, framesSent, ssrc }]
    )));
  }

  close() {
    for (const line of this.#lines.values()) line.stop();
    this.#peer.close();
  }
}
