// Media that is encoded once, and RTP headers for it.
import { run } from '../../support/process.mjs';

/// One 20 ms frame of silence (RFC 6716: CELT, fullband).
export const opusSilence = Buffer.from([0xf8, 0xff, 0xfe]);

/// The frames of an IVF file.
function ivfFrames(file) {
  const frames = [];
  for (let at = file.readUInt16LE(6); at + 12 <= file.length;) {
    const size = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return frames;
}

/// A second of a test picture, keyframes only, as VP8 frames.
export async function vp8Pictures({ size = '160x90', fps = 5 } = {}) {
  const { code, stdout, stderr } = await run('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}:duration=1`, '-c:v', 'libvpx', '-g', '1',
    '-b:v', '100k', '-f', 'ivf', '-',
  ], { encoding: 'buffer' });
  if (code !== 0) throw new Error(`ffmpeg: exit ${code}: ${stderr}`);
  return ivfFrames(stdout);
}

/// RFC 3550 section 5.1, without extension and CSRC.
export function rtpPacket({ payloadType, sequence, timestamp, ssrc, marker, payload }) {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | payloadType;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(timestamp, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}
