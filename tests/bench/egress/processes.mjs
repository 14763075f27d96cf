// The programs of this benchmark: each says JSON lines and takes lines.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { until, within } from '../../support/wait.mjs';

class LineProcess {
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
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
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

  ask(line, event = line) {
    const skip = this.count(event);
    this.send(line);
    return this.next(event, { skip });
  }

  async end() {
    if (this.#ended) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin.end();
    await within('the end', gone, 30_000).catch(() => this.#child.kill('SIGKILL'));
  }
}

/// `bench_egress_floor`: { sendto, gso }, µs for each packet.
export async function measureFloor(program, near, far, address, packets) {
  const receiver = new LineProcess(far, program, ['--receive']);
  try {
    const { port } = await receiver.next(undefined);
    return JSON.parse(await near.run(program, ['--to', address, String(port), '--packets', String(packets)], { deadline: 60_000 }));
  } finally {
    await receiver.end();
  }
}

export async function startSource(host, program, args) {
  const source = new LineProcess(host, program, args);
  await source.next('connected');
  return source;
}

/// Viewers on a host: `ready` is what they said once each had a packet or had failed.
export async function startViewers(host, program, args) {
  const viewers = new LineProcess(host, program, args);
  try {
    viewers.ready = await viewers.next('ready', { deadline: 90_000 });
  } catch (error) {
    await viewers.end();
    throw error;
  }
  return viewers;
}
