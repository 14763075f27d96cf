// STUN binding requests as a viewer's ICE agent sends them (RFC 8489, RFC 8445 section 7.1), right or wrong, and its answers.
import { createHmac, randomBytes } from 'node:crypto';

const cookie = 0x2112a442;
const fingerprintMask = 0x5354554e;
const attributes = { username: 0x0006, integrity: 0x0008, priority: 0x0024, useCandidate: 0x0025, mapped: 0x0020, fingerprint: 0x8028, controlling: 0x802a };

export const bindingRequest = 0x0001;
export const bindingSuccess = 0x0101;
export const typeOf = (message) => message.readUInt16BE(0);

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function attribute(name, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(attributes[name], 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

const word = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

/// The message with one attribute more, which signs what is before it and is counted in the length that it signs.
function signed(message, name, bytes, sign) {
  message.writeUInt16BE(message.length - 20 + 4 + bytes, 2);
  return Buffer.concat([message, attribute(name, sign(message))]);
}

function sealed(message, pwd) {
  const whole = signed(message, 'integrity', 20, (covered) => createHmac('sha1', pwd).update(covered).digest());
  return signed(whole, 'fingerprint', 4, (covered) => word(crc32(covered) ^ fingerprintMask));
}

/// The answer of who has this password to a check that came from an IPv4 address.
export function answerTo(request, { pwd, from: { address, port } }) {
  const mapped = Buffer.alloc(8);
  mapped[1] = 1;
  mapped.writeUInt16BE(port ^ (cookie >>> 16), 2);
  mapped.writeUInt32BE((Buffer.from(address.split('.').map(Number)).readUInt32BE(0) ^ cookie) >>> 0, 4);
  const head = Buffer.concat([Buffer.from([1, 1, 0, 0]), request.subarray(4, 20)]);
  return sealed(Buffer.concat([head, attribute('mapped', mapped)]), pwd);
}

/// A check of the controlling side.
export function check({ username, pwd, nominates = false }) {
  const head = Buffer.concat([Buffer.from([0, 1, 0, 0]), word(cookie), randomBytes(12)]);
  const message = Buffer.concat([
    head, attribute('username', Buffer.from(username)), attribute('priority', word(1853824767)),
    attribute('controlling', randomBytes(8)), ...(nominates ? [attribute('useCandidate', Buffer.alloc(0))] : []),
  ]);
  return sealed(message, pwd);
}
