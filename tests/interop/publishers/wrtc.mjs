// A publisher on libwebrtc (as in Chrome, without the browser).
import { setTimeout as pause } from 'node:timers/promises';
import wrtc from '@roamhq/wrtc';
import { rtpStats } from '../rtp_stats.mjs';
import { videoSource } from '../sources.mjs';
import { serve } from './serve.mjs';

const peer = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
const source = videoSource({ width: 320, height: 240, fps: 15 });
let stopSource = () => {};

async function offer() {
  peer.addTransceiver(source.track, { direction: 'sendonly' });
  const gathered = new Promise((resolve) => {
    peer.addEventListener('icecandidate', ({ candidate }) => candidate || resolve());
  });
  await peer.setLocalDescription(await peer.createOffer());
  await gathered;
  return peer.localDescription.sdp;
}

async function accept(sdp) {
  const connected = new Promise((resolve, reject) => {
    peer.addEventListener('connectionstatechange', () => {
      if (peer.connectionState === 'connected') resolve();
      if (peer.connectionState === 'failed') reject(new Error('the connection failed'));
    });
  });
  await peer.setRemoteDescription({ type: 'answer', sdp });
  await connected;
  stopSource = source.start();
}

/// `from`: where it sends from.
async function stats() {
  const [video = {}] = await rtpStats(peer, 'outbound-rtp');
  const all = await peer.getStats();
  const transport = [...all.values()].find(({ type }) => type === 'transport');
  const { address, port } = all.get(all.get(transport.selectedCandidatePairId).localCandidateId);
  const { packetsSent: packets = 0, framesSent: frames = 0, pliCount = 0, firCount = 0 } = video;
  return { packets, frames, keyframeRequests: pliCount + firCount, from: `${address}:${port}` };
}

/// What the encoder still holds goes out first.
async function stop() {
  stopSource();
  for (let before = await stats(); ; ) {
    await pause(100);
    const now = await stats();
    if (now.packets === before.packets) return now;
    before = now;
  }
}

await serve({ offer, accept, stats, stop });
