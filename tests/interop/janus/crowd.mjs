// The participants of a room (crowd_process.mjs) as a test sees them.
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kill } from '../../support/process.mjs';
import { root } from '../../support/spillwayd.mjs';
import { within } from '../../support/wait.mjs';

const verbs = ['publish', 'unpublish', 'add', 'remove', 'setActive', 'setRelayed', 'stats', 'leave', 'vanish'];

export class Crowd {
  #child;
  #common;
  #waiting = new Map();
  #last = 0;

  /// `common`: what all who join share, `url` and `room` at least.
  constructor(host, common) {
    this.#common = common;
    this.#child = host.spawn(process.execPath, [join(root, 'tests/interop/janus/crowd_process.mjs')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    this.#child.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the crowd has ended'));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  #take({ id, result, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  }

  #ask(who, verb, given) {
    const id = ++this.#last;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.stdin.write(`${JSON.stringify({ id, who, verb, arguments: given })}\n`);
    return within(`${who}: ${verb}`, answer, 30_000);
  }

  /// In the room, publishing nothing yet: the participant, with its verbs and its feed `id`.
  async join(display, settings = {}) {
    const who = `${this.#last + 1} ${display.slice(0, 20)}`;
    const { id, privateId } = await this.#ask(who, 'join', [{ ...this.#common, display, ...settings }]);
    const participant = { id, privateId, display };
    for (const verb of verbs) participant[verb] = (...given) => this.#ask(who, verb, given);
    return participant;
  }

  /// In the room and publishing.
  async publish(display, sources, settings) {
    const participant = await this.join(display, settings);
    participant.mids = await participant.publish(sources);
    return participant;
  }

  kill() {
    return kill(this.#child);
  }
}
