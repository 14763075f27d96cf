// A player on libwebrtc (as in Chrome, without the browser): it decodes everything.
//   node wrtc.mjs '{"endpoint": "http://…/whep/demo/alice", "token": "…"}'
import wrtc from '@roamhq/wrtc';
import { rtpStats } from '../rtp_stats.mjs';
import { serve } from './serve.mjs';

const peer = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
const shown = { frames: 0, width: 0, height: 0, longest: 0, last: 0 };

peer.addEventListener('track', ({ track }) => {
  if (track.kind !== 'video') return;
  const sink = new wrtc.nonstandard.RTCVideoSink(track);
  sink.onframe = ({ frame: { width, height } }) => {
    const now = performance.now();
    if (shown.last) shown.longest = Math.max(shown.longest, now - shown.last);
    Object.assign(shown, { frames: shown.frames + 1, width, height, last: now });
  };
  peer.sink = sink; // as long as the peer
});

const connected = new Promise((resolve, reject) => {
  peer.addEventListener('connectionstatechange', () => {
    if (peer.connectionState === 'connected') resolve();
    if (peer.connectionState === 'failed') reject(new Error('the connection failed'));
  });
});
connected.catch(() => {});

async function offer() {
  for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
  const gathered = new Promise((resolve) => {
    peer.addEventListener('icecandidate', ({ candidate }) => candidate || resolve());
  });
  await peer.setLocalDescription(await peer.createOffer());
  await gathered;
  return peer.localDescription.sdp;
}

async function accept(sdp) {
  await peer.setRemoteDescription({ type: 'answer', sdp });
  await connected;
}

async function stats() {
  const inbound = await rtpStats(peer, 'inbound-rtp');
  const of = (kind) => inbound.find((entry) => entry.kind === kind) ?? {};
  const [video, audio] = [of('video'), of('audio')];
  return {
    state: peer.connectionState,
    video: {
      packets: video.packetsReceived ?? 0, lost: video.packetsLost, frames: shown.frames, width: shown.width,
      height: shown.height, longest: shown.longest, keyframes: video.keyFramesDecoded, nacks: video.nackCount,
      plis: (video.pliCount ?? 0) + (video.firCount ?? 0), freezes: video.freezeCount,
    },
    audio: { packets: audio.packetsReceived ?? 0, lost: audio.packetsLost, concealed: audio.concealedSamples },
  };
}

await serve({ offer, accept, stats });
