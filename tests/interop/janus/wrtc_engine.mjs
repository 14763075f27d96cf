// Sends by libwebrtc, as a browser would: real encoders, real keyframes on PLI.
import wrtc from '@roamhq/wrtc';
import { rtpStats } from '../rtp_stats.mjs';
import { audioSource, videoSource } from '../sources.mjs';

const picture = { width: 320, height: 240, fps: 15 };

export class WrtcEngine {
  #peer = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  #lines = new Map();

  constructor() {
    this.connected = new Promise((resolve, reject) => {
      this.#peer.addEventListener('connectionstatechange', () => {
        if (this.#peer.connectionState === 'connected') resolve();
        if (this.#peer.connectionState === 'failed') reject(new Error('the connection failed'));
      });
    });
    this.connected.catch(() => {});
  }

  add(name, settings = {}) {
    const source = name === 'microphone' ? audioSource() : videoSource({ ...picture, ...settings });
    const transceiver = this.#peer.addTransceiver(source.track, { direction: 'sendonly' });
    this.#lines.set(name, { transceiver, source, end: source.start() });
  }

  /// The line goes inactive, or back; sender and SSRC stay. Takes effect with the next offer.
  async setActive(name, active) {
    const { transceiver, source } = this.#lines.get(name);
    transceiver.direction = active ? 'sendonly' : 'inactive';
    await transceiver.sender.replaceTrack(active ? source.track : null);
  }

  /// For good. Takes effect with the next offer.
  async remove(name) {
    await this.setActive(name, false);
    this.#lines.get(name).end();
    this.#lines.delete(name);
  }

  /// With all candidates: there are only those of this host.
  async offer() {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    while (this.#peer.iceGatheringState !== 'complete') {
      await new Promise((resolve) => this.#peer.addEventListener('icegatheringstatechange', resolve, { once: true }));
    }
    return this.#peer.localDescription.sdp;
  }

  accept(answer) {
    return this.#peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  mids() {
    return Object.fromEntries([...this.#lines].map(([name, { transceiver }]) => [name, transceiver.mid]));
  }

  async stats() {
    const sent = await rtpStats(this.#peer, 'outbound-rtp');
    return Object.fromEntries([...this.#lines].map(([name, { transceiver }]) => (
      [name, sent.find(({ mid }) => mid === transceiver.mid) ?? {}]
    )));
  }

  close() {
    for (const { end } of this.#lines.values()) end();
    this.#peer.close();
  }
}
