// A player in a process of its own (wrtc.mjs, werift.mjs, aiortc_player.py, gstreamer_player.py) as a test sees it.
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kill } from '../../support/process.mjs';
import { here } from '../../support/hosts.mjs';
import { root } from '../../support/spillwayd.mjs';
import { within } from '../../support/wait.mjs';

const folder = join(root, 'tests/interop/players');
const programs = {
  wrtc: [process.execPath, join(folder, 'wrtc.mjs')],
  werift: [process.execPath, join(folder, 'werift.mjs')],
  aiortc: ['/usr/bin/python3', join(folder, 'aiortc_player.py')],
  gstreamer: ['/usr/bin/python3', join(folder, 'gstreamer_player.py')],
};

export class Player {
  #child;
  #waiting = new Map();
  #failure = '';

  constructor(kind, settings, host) {
    this.kind = kind;
    const [program, script] = programs[kind];
    this.#child = host.spawn(program, [script, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    this.#child.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the player ${kind} ended: ${this.#failure}`));
    });
  }

  #take(message) {
    if (message.event === 'failed') this.#failure = message.error;
    this.#waiting.get(message.event)?.resolve(message);
    this.#waiting.delete(message.event);
  }

  #next(event, deadline) {
    const message = new Promise((resolve, reject) => this.#waiting.set(event, { resolve, reject }));
    return within(`${this.kind}: ${event}`, message, deadline);
  }

  connected(deadline = 30_000) {
    return this.#next('connected', deadline);
  }

  /// { state, video: { packets, lost, frames, width, height, … }, audio: { packets, … } }: counters since the start; what
  /// a player does not know is not there.
  stats() {
    const answer = this.#next('stats', 10_000);
    this.#child.stdin.write('stats\n');
    return answer;
  }

  /// DELETE: the last statistics and the status of it.
  stop() {
    const answer = this.#next('stopped', 20_000);
    this.#child.stdin.write('stop\n');
    return answer;
  }

  kill() {
    return kill(this.#child);
  }
}

/// `settings`: `endpoint` and `token`, which the endpoint may bring. Connected.
export async function play(t, kind, settings, host = here) {
  const player = new Player(kind, settings, host);
  t.after(() => player.kill());
  player.session = (await player.connected()).session;
  return player;
}
