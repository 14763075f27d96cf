// Janus' JSON over a WebSocket: requests matched by transaction, events by the handle they are sent to.
import { once } from 'node:events';
import WebSocket from 'ws';
import { within } from '../../support/wait.mjs';

const deadline = 10_000;
const keepaliveEvery = 20_000;

export class JanusClient {
  #socket;
  #session;
  #extra;
  #transactions = new Map();
  #handles = new Map();
  #last = 0;
  #keepalive;

  constructor(socket, extra) {
    this.#socket = socket;
    this.#extra = extra;
    socket.on('message', (data) => this.#take(JSON.parse(data)));
    socket.on('error', () => {});
    socket.on('close', () => this.#fail());
  }

  /// `extra` goes into every request: `apisecret`, `token`.
  static async open(url, { protocol = 'janus-protocol', extra = {} } = {}) {
    const socket = new WebSocket(url, protocol, { handshakeTimeout: deadline });
    await once(socket, 'open');
    return new JanusClient(socket, extra);
  }

  get open() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /// The `ack` of a plugin request is not its end.
  #take(message) {
    const waiting = this.#transactions.get(message.transaction);
    if (waiting && message.janus !== 'ack') {
      this.#transactions.delete(message.transaction);
      waiting.resolve(message);
    } else if (!waiting) {
      this.#handles.get(message.sender)?.(message);
    }
  }

  #fail() {
    clearInterval(this.#keepalive);
    for (const { reject } of this.#transactions.values()) reject(new Error('Janus closed the WebSocket'));
    this.#transactions.clear();
  }

  /// The answer that is not an `ack`; throws on an error of Janus.
  async request(message) {
    const transaction = `t${++this.#last}`;
    const answer = new Promise((resolve, reject) => this.#transactions.set(transaction, { resolve, reject }));
    this.send({ ...message, transaction });
    const reply = await within(`Janus: ${message.janus} ${message.body?.request ?? ''}`, answer, deadline);
    if (reply.janus === 'error') throw new Error(`${message.janus}: ${reply.error.code} ${reply.error.reason}`);
    return reply;
  }

  send(message) {
    const session = this.#session === undefined ? {} : { session_id: this.#session };
    this.#socket.send(JSON.stringify({ ...session, ...this.#extra, ...message }));
  }

  /// A session that is kept alive.
  async create() {
    this.#session = (await this.request({ janus: 'create' })).data.id;
    this.#keepalive = setInterval(() => this.open && this.request({ janus: 'keepalive' }).catch(() => {}), keepaliveEvery);
    return this.#session;
  }

  /// A handle of the VideoRoom plugin: { message(body, jsep), hangUp(), detach() }. `onEvent` gets what nobody asked for.
  async attach(onEvent = () => {}) {
    const handle = (await this.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data.id;
    this.#handles.set(handle, onEvent);
    return {
      message: async (body, jsep) => {
        const reply = await this.request({ janus: 'message', handle_id: handle, body, ...(jsep ? { jsep } : {}) });
        const { data } = reply.plugindata;
        if (data.error_code) throw new Error(`${body.request}: ${data.error_code} ${data.error}`);
        return { data, jsep: reply.jsep };
      },
      hangUp: () => this.request({ janus: 'hangup', handle_id: handle }),
      detach: () => this.request({ janus: 'detach', handle_id: handle }),
    };
  }

  /// Ends the session; the socket too.
  async leave() {
    await this.request({ janus: 'destroy' });
    this.close();
  }

  close() {
    clearInterval(this.#keepalive);
    this.#socket.terminate();
  }
}
