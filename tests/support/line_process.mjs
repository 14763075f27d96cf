// A program that takes lines on stdin and says JSON objects, one a line, on stdout; `event` is their kind.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { hasEnded } from './process.mjs';
import { until, within } from './wait.mjs';

export class LineProcess {
  #child;
  #lines = [];
  #name;

  constructor(host, program, args) {
    this.#name = args.join(' ');
    this.#child = host.spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#lines.push(JSON.parse(line)));
  }

  get #ended() {
    return hasEnded(this.#child);
  }

  get pid() {
    return this.#child.pid;
  }

  send(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  count(event) {
    return this.#lines.filter((line) => line.event === event).length;
  }

  /// The first line of this kind after the first `skip` of them.
  async next(event, { deadline = 60_000, skip = 0 } = {}) {
    return until(`${this.#name}: ${event}`, () => {
      const line = this.#lines.filter((one) => event === undefined || one.event === event)[skip];
      if (!line && this.#ended) throw new Error(`${this.#name}: ended`);
      return line;
    }, { deadline, every: 20 });
  }

  /// What it says to `line`.
  ask(line, event = line, options = {}) {
    const skip = this.count(event);
    this.send(line);
    return this.next(event, { skip, ...options });
  }

  signal(name) {
    this.#child.kill(name);
  }

  /// By the end of its stdin; SIGKILL when that does not help.
  async end() {
    if (this.#ended) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin.end();
    await within('the end', gone, 10_000).catch(() => this.#child.kill('SIGKILL'));
  }
}
