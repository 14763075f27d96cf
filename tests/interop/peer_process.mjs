// The publisher process (publisher.mjs) as a test sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kill } from '../support/process.mjs';
import { root } from '../support/spillwayd.mjs';
import { within } from '../support/wait.mjs';

export class PeerProcess {
  #child;
  #waiting = new Map();
  #failure = '';

  constructor(settings) {
    const program = join(root, 'tests/interop/publisher.mjs');
    this.#child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    this.#child.once('close', () => this.#fail());
  }

  #take(message) {
    if (message.event === 'failed') this.#failure = message.error;
    this.#waiting.get(message.event)?.resolve(message);
    this.#waiting.delete(message.event);
  }

  #fail() {
    for (const { reject } of this.#waiting.values()) reject(new Error(`the publisher ended: ${this.#failure}`));
  }

  /// The next message of this kind.
  #next(event, deadline) {
    const message = new Promise((resolve, reject) => this.#waiting.set(event, { resolve, reject }));
    return within(`publisher: ${event}`, message, deadline);
  }

  get pid() {
    return this.#child.pid;
  }

  connected(deadline = 20_000) {
    return this.#next('connected', deadline);
  }

  stats() {
    const answer = this.#next('stats', 5000);
    this.#child.stdin.write('stats\n');
    return answer;
  }

  /// Stops sending, then DELETE: the last statistics and the status of the DELETE.
  async stop() {
    const answer = this.#next('stopped', 10_000);
    this.#child.stdin.write('stop\n');
    return answer;
  }

  signal(name) {
    this.#child.kill(name);
  }

  kill() {
    return kill(this.#child);
  }
}

/// A publisher of `participant` in the call `studio`, connected.
export async function publish(daemon, participant, settings = {}) {
  const peer = new PeerProcess({
    endpoint: `${daemon.url}/whip/studio?participant=${participant}`, token: 'publish-secret', ...settings,
  });
  try {
    await peer.connected();
  } catch (error) {
    await peer.kill();
    throw error;
  }
  return peer;
}
