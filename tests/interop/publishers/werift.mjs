// A publisher on werift, WebRTC in TypeScript. It encodes nothing: see feed.mjs.
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, useNACK, usePLI } from 'werift';
import { openFeed } from './feed.mjs';
import { serve, settings } from './serve.mjs';

const parameters = { H264: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f' };
const codec = new RTCRtpCodecParameters({
  mimeType: `video/${settings.codec}`, clockRate: 90_000, parameters: parameters[settings.codec],
  rtcpFeedback: [useNACK(), usePLI()],
});
const peer = new RTCPeerConnection({ codecs: { video: [codec] }, bundlePolicy: 'max-bundle', iceServers: [] });
const track = new MediaStreamTrack({ kind: 'video' });
let feed;

/// Gathering takes 5 s: it waits for a STUN server of its own where none is named.
async function offer() {
  peer.addTransceiver(track, { direction: 'sendonly' });
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
  feed = await openFeed((packet) => track.writeRtp(packet));
  return { port: feed.port };
}

const stats = async () => feed.sent;

async function stop() {
  feed.close();
  return feed.sent;
}

await serve({ offer, accept, stats, stop });
