// For publishers that do not encode: what ffmpeg encodes comes in as plain RTP, and goes on as theirs.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const isRtcp = (packet) => packet[1] >= 192 && packet[1] < 224; // RFC 5761 section 4
const hasMarker = (packet) => packet[1] >= 128;

/// { port, sent, close() }: `send(packet)` is called for each that comes to the port; `sent` counts them, and their frames.
export async function openFeed(send) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sent = { packets: 0, frames: 0 };
  socket.on('message', (packet) => {
    if (isRtcp(packet)) return;
    sent.packets++;
    if (hasMarker(packet)) sent.frames++;
    send(packet);
  });
  return { port: socket.address().port, sent, close: () => socket.close() };
}
