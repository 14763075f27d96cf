// Reads what an `rtp` subscription sends, and what its reports say of it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const senderReport = 200; // RFC 3550 section 6.4.1
const ntpEpoch = 2_208_988_800; // seconds from 1900 to 1970

async function bind(t, port, onMessage) {
  const socket = createSocket('udp4').on('message', onMessage);
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
}

const now = () => performance.timeOrigin + performance.now();

export class RtpReader {
  /// Of the latest, so many.
  static #kept = 500;
  #clockRate;
  packets = []; // { timestamp, came }
  reports = []; // { timestamp, time }

  constructor(clockRate) {
    this.#clockRate = clockRate;
  }

  /// On `port` and, for reports, the next one.
  static async open(t, port, clockRate) {
    const reader = new RtpReader(clockRate);
    await bind(t, port, (packet) => reader.#onPacket(packet));
    await bind(t, port + 1, (packet) => reader.#onReport(packet));
    return reader;
  }

  #onPacket(packet) {
    this.packets.push({ timestamp: packet.readUInt32BE(4), came: now() });
    if (this.packets.length > RtpReader.#kept) this.packets.shift();
  }

  #onReport(packet) {
    if (packet[1] !== senderReport) return;
    const seconds = packet.readUInt32BE(8) - ntpEpoch + packet.readUInt32BE(12) / 2 ** 32;
    this.reports.push({ timestamp: packet.readUInt32BE(16), time: seconds * 1000 });
  }

  /// How many ms after it was captured, by the last report, the fastest packet of the last second came.
  lateness() {
    const { timestamp, time } = this.reports.at(-1);
    const recent = this.packets.filter(({ came }) => came > now() - 1000);
    const after = recent.map((packet) => packet.came - time - ((packet.timestamp - timestamp) | 0) / this.#clockRate * 1000);
    return Math.min(...after);
  }
}
