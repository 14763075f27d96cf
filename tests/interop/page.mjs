// What runs inside the browser's page: these functions are sent there as text and see nothing of this file, but what
// install() has left in the page.

/// Into each page, before anything else.
export function install() {
  /// POSTs the peer's offer to a WHIP or WHEP endpoint; resolves once connected: { session, headers }.
  window.join = async (peer, endpoint, token) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(endpoint, {
      method: 'POST', headers: { ...headers, 'content-type': 'application/sdp' }, body: peer.localDescription.sdp,
    });
    if (response.status !== 201) throw new Error(`POST: ${response.status} ${await response.text()}`);
    const session = new URL(response.headers.get('location'), endpoint).href;
    const connected = new Promise((resolve, reject) => {
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === 'connected') resolve();
        if (peer.connectionState === 'failed') reject(new Error('the connection failed'));
      };
    });
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    await connected;
    return { session, headers };
  };
  /// A peer that is to send these tracks, the picture encoded with `codec`; its description has all its candidates.
  window.offerOf = async (stream, codec) => {
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    const known = RTCRtpSender.getCapabilities('video').codecs;
    const wanted = known.filter(({ mimeType }) => [`video/${codec}`, 'video/rtx'].includes(mimeType));
    peer.getTransceivers().find(({ sender }) => sender.track.kind === 'video').setCodecPreferences(wanted);
    const gathered = new Promise((resolve) => {
      peer.onicecandidate = ({ candidate }) => candidate || resolve();
    });
    await peer.setLocalDescription();
    await gathered;
    return peer;
  };
}

/// Camera, encoded with `codec` (`VP8`), and microphone to a WHIP endpoint; resolves once connected.
export async function startPublishing({ endpoint, token, fps, codec }) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 320, height: 240, frameRate: fps }, audio: true,
  });
  const peer = await window.offerOf(stream, codec);
  const { session, headers } = await window.join(peer, endpoint, token);
  window.publishing = { peer, stream, session, headers };
}

/// Soft shapes with grain, of which an encoder keeps as much as its bitrate allows, to a WHIP endpoint; resolves once
/// connected.
export async function startGrainy({ endpoint, token, width, height, fps, grain }) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  const pictures = Array.from({ length: fps }, () => {
    const picture = context.createImageData(width, height);
    for (let at = 0; at < width * height; at++) {
      const soft = 128 + 60 * Math.sin((at % width) / 60) * Math.sin(at / width / 45);
      picture.data.fill(soft + grain * (2 * Math.random() - 1), 4 * at, 4 * at + 3);
      picture.data[4 * at + 3] = 255;
    }
    return picture;
  });
  let shown = 0;
  setInterval(() => context.putImageData(pictures[shown++ % fps], 0, 0), 1000 / fps);
  const stream = canvas.captureStream(fps);
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  peer.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream] });
  const gathered = new Promise((resolve) => {
    peer.onicecandidate = ({ candidate }) => candidate || resolve();
  });
  await peer.setLocalDescription();
  await gathered;
  const { session, headers } = await window.join(peer, endpoint, token);
  window.publishing = { peer, stream, session, headers };
}

/// What it says of its video.
export async function readPublishing() {
  const { peer } = window.publishing;
  const sent = [...(await peer.getStats()).values()].find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  return { bytesSent: sent.bytesSent, timestamp: sent.timestamp, keyFramesEncoded: sent.keyFramesEncoded };
}

/// Waits for `frames` frames, stops sending, waits for what is under way, then DELETE.
export async function stopPublishing(frames) {
  const { peer, stream, session, headers } = window.publishing;
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const read = async () => {
    const outbound = [...(await peer.getStats()).values()].filter(({ type }) => type === 'outbound-rtp');
    const of = (kind) => outbound.find((entry) => entry.kind === kind);
    return { video: of('video'), audio: of('audio') };
  };
  let first = await read();
  while (!first.video.framesSent) first = await read();
  let last = first;
  while (last.video.framesSent < frames) {
    await pause(20);
    last = await read();
  }
  const seconds = (last.video.timestamp - first.video.timestamp) / 1000;
  for (const sender of peer.getSenders()) await sender.replaceTrack(null);
  stream.getTracks().forEach((track) => track.stop());
  await pause(200);
  const sent = await read();
  const response = await fetch(session, { method: 'DELETE', headers });
  return { ...sent, seconds, status: response.status };
}

/// Plays a WHEP endpoint in a video element; resolves once connected.
export async function startPlaying({ endpoint, token }) {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const stream = new MediaStream();
  const video = Object.assign(document.createElement('video'), { autoplay: true, srcObject: stream });
  document.body.append(video);
  peer.ontrack = ({ track }) => stream.addTrack(track);
  for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
  await peer.setLocalDescription();
  // Without our candidates: the server learns them from our checks.
  const { session, headers } = await window.join(peer, endpoint, token);
  window.playing = { peer, video, session, headers };
}

/// What the browser says of both lines, in the shape of players/process.mjs; `skew`: how many ms the picture is ahead of the
/// tone, where the browser knows.
export async function readPlaying() {
  const { peer, video: element } = window.playing;
  const inbound = [...(await peer.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
  const of = (kind) => inbound.find((entry) => entry.kind === kind) ?? {};
  const [video, audio] = [of('video'), of('audio')];
  const played = [video, audio].map(({ estimatedPlayoutTimestamp: time }) => time);
  return {
    state: peer.connectionState,
    video: {
      packets: video.packetsReceived ?? 0, lost: video.packetsLost, frames: video.framesDecoded ?? 0,
      width: element.videoWidth, height: element.videoHeight, freezes: video.freezeCount, plis: video.pliCount,
      decoder: video.decoderImplementation,
    },
    audio: { packets: audio.packetsReceived ?? 0, lost: audio.packetsLost, concealed: audio.concealedSamples, waited: audio.jitterBufferDelay, emitted: audio.jitterBufferEmittedCount },
    shown: element.currentTime,
    skew: played.every(Number.isFinite) ? played[0] - played[1] : null,
  };
}

/// DELETE: its status.
export async function stopPlaying() {
  const { peer, session, headers } = window.playing;
  const { status } = await fetch(session, { method: 'DELETE', headers });
  peer.close();
  return status;
}
