// A browser's page as a publisher: these functions are sent there as text and see nothing of this file, but what install()
// (../page.mjs) has left in the page.

/// The offer: with the camera, or with a canvas, for which a page needs no permission: it then hides its addresses.
export async function makeOffer({ codec, camera }) {
  const size = { width: 320, height: 240 };
  const drawn = () => {
    const canvas = Object.assign(document.createElement('canvas'), size);
    const context = canvas.getContext('2d');
    let n = 0;
    setInterval(() => {
      context.fillStyle = `hsl(${n++ * 7} 80% 50%)`;
      context.fillRect(0, 0, size.width, size.height);
    }, 1000 / 15);
    return canvas.captureStream();
  };
  const stream = camera ? await navigator.mediaDevices.getUserMedia({ video: { ...size, frameRate: 15 } }) : drawn();
  const peer = await window.offerOf(stream, codec);
  window.publishing = { peer, stream };
  return peer.localDescription.sdp;
}

export async function acceptAnswer(sdp) {
  const { peer } = window.publishing;
  const connected = new Promise((resolve, reject) => {
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'connected') resolve();
      if (peer.connectionState === 'failed') reject(new Error('the connection failed'));
    };
  });
  await peer.setRemoteDescription({ type: 'answer', sdp });
  await connected;
}

export async function readSent() {
  const entries = [...(await window.publishing.peer.getStats()).values()].filter(({ type }) => type === 'outbound-rtp');
  const { packetsSent: packets = 0, framesSent: frames = 0 } = entries.at(0) ?? {};
  return { packets, frames };
}

export async function stopSending() {
  const { peer, stream } = window.publishing;
  for (const sender of peer.getSenders()) await sender.replaceTrack(null);
  stream.getTracks().forEach((track) => track.stop());
  await new Promise((resolve) => setTimeout(resolve, 300)); // what is under way
}
