// A peer of libdatachannel that sends one picture; it takes RTP as it is, but for payload type and SSRC.
import datachannel from 'node-datachannel';
import { sendOn } from '../send_on.mjs';

const [payloadType, ssrc] = [96, 0x5b111a57];

export class DatachannelPeer {
  #peer = new datachannel.PeerConnection('publisher', { iceServers: [] });
  #track;

  /// With several `layers`, which it sends on one line under an SSRC each, nothing is said of SSRCs.
  constructor(codec, layers = 1) {
    const video = new datachannel.Video('video', 'SendOnly');
    if (codec === 'VP8') video.addVP8Codec(payloadType);
    else video.addH264Codec(payloadType);
    if (layers === 1) video.addSSRC(ssrc, 'publisher', 'stream', 'video');
    this.#track = this.#peer.addTrack(video);
  }

  /// With all candidates.
  async offer() {
    const gathered = new Promise((resolve) => {
      this.#peer.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    this.#peer.setLocalDescription();
    await gathered;
    return this.#peer.localDescription().sdp;
  }

  /// Until connected.
  async accept(answer) {
    const open = new Promise((resolve, reject) => {
      this.#track.onOpen(resolve);
      this.#peer.onStateChange((state) => state === 'failed' && reject(new Error('the connection failed')));
    });
    this.#peer.setRemoteDescription(answer, 'answer');
    await open;
  }

  /// False when it is not connected any more.
  send(packet, layer = 0) {
    packet[1] = (packet[1] & 0x80) | payloadType;
    packet.writeUInt32BE(ssrc + layer, 8);
    return sendOn(this.#track, packet);
  }

  close() {
    this.#peer.close();
  }
}
