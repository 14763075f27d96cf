// One participant of a VideoRoom who publishes. Its verbs are what people do; each returns when Janus agreed.
import { within } from '../../support/wait.mjs';
import { JanusClient } from './client.mjs';
import { PacketEngine } from './packet_engine.mjs';
import { WrtcEngine } from './wrtc_engine.mjs';

/// Of libdatachannel some connections in a thousand come to nothing, where Janus checks before it has been told all candidates.
const attempts = 2;
const engines = { wrtc: WrtcEngine, packets: PacketEngine };

/// Sent to Janus with each line, so that others can tell a screen from a camera.
const descriptions = { camera: 'camera', microphone: 'microphone', screen: 'screen' };

export class Participant {
  #settings;
  #client;
  #handle;
  #engine;
  #awaited = new Map();

  /// `url`, `room`, `display`; also `pin`, `id`, `engine` (`wrtc`, `packets`), `picture`, `describe` (false tells Janus no
  /// descriptions), `extra` (see JanusClient).
  constructor(settings) {
    this.#settings = { engine: 'wrtc', describe: true, ...settings };
  }

  async join() {
    const { url, room, display, pin, id, extra } = this.#settings;
    this.#client = await JanusClient.open(url, { extra });
    await this.#client.create();
    this.#handle = await this.#client.attach((event) => this.#awaited.get(event.janus)?.());
    const { data } = await this.#handle.message({ request: 'join', ptype: 'publisher', room, display, pin, id });
    return { id: data.id, privateId: data.private_id };
  }

  /// Janus says so of the connection, `webrtcup` or `hangup`.
  #hears(event) {
    return new Promise((resolve) => this.#awaited.set(event, resolve));
  }

  /// Sends these sources (`camera`, `microphone`, `screen`), and returns once media can flow: Janus may know later than
  /// the engine, and until then it does not let anybody unpublish.
  async publish(sources = ['camera', 'microphone']) {
    for (let left = attempts - 1; ; left--) {
      try {
        await this.#connect(sources);
        return this.#engine.mids();
      } catch (error) {
        if (left === 0) throw error;
        console.error(`${this.#settings.display} publishes again: ${error.message}`);
        await this.#hangUp(() => this.#handle.hangUp());
      }
    }
  }

  async #connect(sources) {
    const { engine, picture } = this.#settings;
    this.#engine = new engines[engine]();
    for (const source of sources) this.#engine.add(source, picture);
    const up = this.#hears('webrtcup');
    await this.#negotiate('publish');
    await Promise.all([
      within('the publisher connects', this.#engine.connected), within('Janus calls the publisher up', up),
    ]);
  }

  async #hangUp(ask) {
    const hungUp = this.#hears('hangup');
    await ask();
    this.#engine.close();
    this.#engine = null;
    await within('Janus hangs up', hungUp);
  }

  async #negotiate(request) {
    const sdp = await this.#engine.offer();
    const described = Object.entries(this.#engine.mids()).map(([name, mid]) => ({ mid, description: descriptions[name] }));
    const reply = await this.#handle.message(
      { request, ...(this.#settings.describe ? { descriptions: described } : {}) }, { type: 'offer', sdp, trickle: false },
    );
    await this.#engine.accept(reply.jsep.sdp);
  }

  unpublish() {
    return this.#hangUp(() => this.#handle.message({ request: 'unpublish' }));
  }

  /// One more source in mid-call.
  async add(source) {
    this.#engine.add(source, this.#settings.picture);
    await this.#negotiate('configure');
    return this.#engine.mids();
  }

  async remove(source) {
    await this.#engine.remove(source);
    await this.#negotiate('configure');
  }

  /// The line goes inactive and comes back with the same SSRC.
  async setActive(source, active) {
    await this.#engine.setActive(source, active);
    await this.#negotiate('configure');
  }

  /// Janus relays it or not; the line stays.
  async setRelayed(source, send) {
    await this.#handle.message({ request: 'configure', streams: [{ mid: this.#engine.mids()[source], send }] });
  }

  stats() {
    return this.#engine.stats();
  }

  async leave() {
    if (this.#handle) await this.#handle.message({ request: 'leave' });
    this.#engine?.close();
    await this.#client.leave();
  }

  /// Without a word, as when a laptop is shut.
  vanish() {
    this.#engine?.close();
    this.#client?.close();
  }
}
