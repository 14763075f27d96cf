// What stands before the node's port: all publishers come to its own port, and each goes on from a port that the NAT chose.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const buffer = 4 * 2 ** 20;

async function open(address) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: buffer, sendBufferSize: buffer }).bind(0, address);
  await once(socket, 'listening');
  return socket;
}

const isStun = (message) => message[0] < 4; // RFC 7983 section 7

export class Nat {
  /// When the first check went on since the last rebind().
  checked;
  #front;
  #to;
  #ways = new Map(); ///< by whose they are: promises of sockets

  constructor(front, to) {
    this.#front = front;
    this.#to = to;
    front.on('message', (message, from) => this.#pass(message, from));
  }

  get port() {
    return this.#front.address().port;
  }

  get publishers() {
    return this.#ways.size;
  }

  async #pass(message, from) {
    if (isStun(message)) this.checked ??= performance.now();
    const way = await this.#wayOf(from);
    // It may be closed meanwhile, and what is under way is lost as it would be.
    way.send(message, this.#to.port, this.#to.address, () => {});
  }

  #wayOf({ address, port }) {
    const name = `${address}:${port}`;
    if (!this.#ways.has(name)) this.#ways.set(name, this.#newWay({ address, port }));
    return this.#ways.get(name);
  }

  async #newWay({ address, port }) {
    const way = await open(this.#to.address);
    way.on('message', (message) => this.#front.send(message, port, address, () => {}));
    return way;
  }

  /// Forgets everybody: who sends again has another port, and nothing reaches anybody by the port before.
  async rebind() {
    const ways = [...this.#ways.values()];
    this.#ways.clear();
    this.checked = undefined;
    for (const way of ways) (await way).close();
  }

  async close() {
    this.#front.removeAllListeners('message');
    await this.rebind();
    this.#front.close();
  }
}

/// Before `to`: { address, port }.
export async function openNat(t, to) {
  const nat = new Nat(await open(to.address), to);
  t.after(() => nat.close());
  return nat;
}
