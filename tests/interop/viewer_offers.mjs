// Offers of viewers that are only text: nothing answers at the other end.
import { randomBytes } from 'node:crypto';

const codecs = {
  VP8: { kind: 'video', map: 'VP8/90000', feedback: ['nack', 'nack pli', 'ccm fir'] },
  H264: { kind: 'video', map: 'H264/90000', format: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f' },
  AV1: { kind: 'video', map: 'AV1/90000' },
  opus: { kind: 'audio', map: 'opus/48000/2', format: 'minptime=10;useinbandfec=1' },
  PCMU: { kind: 'audio', map: 'PCMU/8000' },
};

function line(name, mid, direction) {
  const { kind, map, format, feedback = [] } = codecs[name];
  const type = 96 + (mid % 32);
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}`, 'c=IN IP4 0.0.0.0', `a=rtpmap:${type} ${map}`,
    ...(format ? [`a=fmtp:${type} ${format}`] : []), ...feedback.map((word) => `a=rtcp-fb:${type} ${word}`),
    `a=mid:${mid}`, `a=${direction}`, 'a=rtcp-mux', 'a=setup:actpass',
  ];
}

/// An offer with one line for each codec; `transport` lines are those of a session.
export function viewerOffer(names = ['VP8', 'opus'], {
  direction = 'recvonly', ufrag = randomBytes(4).toString('hex'), pwd = randomBytes(12).toString('hex'), drop = /^$/,
} = {}) {
  const transport = [
    `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${[...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')}`,
  ];
  const lines = [
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${names.map((_, mid) => mid).join(' ')}`, ...transport,
    ...names.flatMap((name, mid) => line(name, mid, direction)),
  ];
  return [...lines.filter((text) => !drop.test(text)), ''].join('\r\n');
}
