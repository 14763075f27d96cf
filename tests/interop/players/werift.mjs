// A player on werift, WebRTC in TypeScript. It decodes nothing: a frame is what ends with a marker and has all its packets.
//   node werift.mjs '{"endpoint": "http://…/whep/demo/alice", "token": "…"}'
import { RTCPeerConnection, RTCRtpCodecParameters, useNACK, usePLI } from 'werift';
import { serve } from './serve.mjs';

const codecs = {
  video: [new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90_000, rtcpFeedback: [useNACK(), usePLI()] })],
  audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
};

/// Counts what arrives in order; anything else makes its frame incomplete.
class Stream {
  packets = 0;
  frames = 0;
  #next;
  #whole = true;

  take({ sequenceNumber, marker }) {
    if (this.#next !== undefined && sequenceNumber !== this.#next) this.#whole = false;
    this.#next = (sequenceNumber + 1) & 0xffff;
    this.packets++;
    if (!marker) return;
    if (this.#whole) this.frames++;
    this.#whole = true;
  }
}

const streams = { video: new Stream(), audio: new Stream() };
const peer = new RTCPeerConnection({ codecs, bundlePolicy: 'max-bundle', iceServers: [] });

async function offer() {
  for (const kind of ['video', 'audio']) {
    const line = peer.addTransceiver(kind, { direction: 'recvonly' });
    line.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(({ header }) => streams[kind].take(header)));
  }
  await peer.setLocalDescription(await peer.createOffer());
  return peer.localDescription.sdp;
}

async function accept(sdp) {
  const connected = new Promise((resolve, reject) => {
    peer.connectionStateChange.subscribe((state) => {
      if (state === 'connected') resolve();
      if (state === 'failed') reject(new Error('the connection failed'));
    });
  });
  await peer.setRemoteDescription({ type: 'answer', sdp });
  await connected;
}

async function stats() {
  const { video, audio } = streams;
  return {
    state: peer.connectionState,
    video: { packets: video.packets, frames: video.frames }, audio: { packets: audio.packets },
  };
}

await serve({ offer, accept, stats });
