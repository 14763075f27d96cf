// The servers that are compared, each with publishers of its own, who send or rest: Server.
import { LineProcess } from '../../support/line_process.mjs';
import { here } from '../../support/hosts.mjs';
import { janusPort, startJanus } from '../../support/janus.mjs';
import { kill } from '../../support/process.mjs';
import { startSpillwayd } from '../../support/spillwayd.mjs';
import { until } from '../../support/wait.mjs';
import { preferServer } from './unwatched.mjs';

export const call = 'bench';
const room = 1;
const createdRooms = [{ room, publishers: 200, videocodec: 'vp8' }];
const joinsPerSecond = 20;

/// `name`, `pid`; `received()`, RTP packets so far; `publishers`, the process of publish(); `daemon`, if it is a spillwayd.
class Server {
  #stage;
  #destination;
  #published;
  #stop;

  /// `destination`: arguments of the publishers. `published(publishers, count)` waits for what comes of them.
  constructor(stage, { name, pid, daemon, received, destination, published = () => {}, stop }) {
    Object.assign(this, { name, pid, daemon, received });
    this.#stage = stage;
    this.#destination = destination;
    this.#published = published;
    this.#stop = stop;
  }

  /// Returns once they rest.
  async publish(count) {
    const ramp = `${Math.ceil((count / joinsPerSecond) * 1000)}ms`;
    const args = [...this.#destination, '-n', String(count), '-ramp', ramp];
    this.publishers = new LineProcess(this.#stage.far, this.#stage.programs.publishers, args);
    await this.publishers.next('connected', { deadline: 90_000 });
    await this.#published(this.publishers, count);
  }

  async stop() {
    await this.publishers?.end();
    await this.#stop();
  }
}

const receivedBy = (daemon) => async () => (await daemon.metrics()).sum('track_received_packets_total');

/// Publishers have the admin's token: the other roles may not come that often from one address. Resting, they stay.
export async function startSpillway(stage, { name, build }) {
  const daemon = await startSpillwayd((config) => {
    config.http.listen = config.http.listen.replace('127.0.0.1', stage.address);
    config.webrtc = { listen: `${stage.address}:${stage.nextPort()}` };
    config.calls = [{ name: call, join: { type: 'whip' }, media_timeout: '1h' }];
  }, { build, sandbox: true });
  return new Server(stage, {
    name, pid: daemon.pid, daemon, received: receivedBy(daemon),
    destination: ['-whip', `${daemon.url}/whip/${call}?participant=p%d`, '-token', 'admin-secret'],
    stop: () => daemon.stop(),
  });
}

const roomOf = (address, port) => ['-janus', `ws://${address}:${port}/`, '-room', String(room)];

/// Of all publishers and kinds.
async function receivedByJanus(janus) {
  const handles = (await Promise.all((await janus.sessions()).map((session) => janus.handles(session)))).flat();
  const lines = handles.flatMap(({ webrtc }) => Object.values(webrtc?.media ?? {}));
  return lines.reduce((sum, { stats }) => sum + (stats?.in?.packets ?? 0), 0);
}

export async function startJanusRoom(stage) {
  const janus = await startJanus(here, { interfaces: [stage.address], createdRooms });
  return new Server(stage, {
    name: 'Janus', pid: janus.pid, destination: roomOf(stage.address, janusPort), received: () => receivedByJanus(janus),
    stop: () => janus.stop(),
  });
}

/// A guest of a Janus on the publishers' host, who goes as the guest does: what it loses itself is not the guest's. Its tracks come
/// with their first packets.
export async function startGuest(stage, { name, build }) {
  const port = stage.nextPort();
  const janus = await startJanus(stage.far, { interfaces: [stage.farAddress], port, createdRooms });
  const join = { type: 'janus', url: `ws://${stage.farAddress}:${port}/`, room, display: name };
  const daemon = await startSpillwayd((config) => {
    config.calls = [{ name: call, join, media_timeout: '1h' }];
  }, { build }).catch(async (error) => {
    await janus.stop();
    throw error;
  });
  return new Server(stage, {
    name, pid: daemon.pid, daemon, received: receivedBy(daemon), destination: roomOf(stage.farAddress, port),
    published: async (publishers, count) => {
      await preferServer(janus, stage);
      await publishers.ask('paced');
      await until(`${2 * count} tracks of the guest`, async () => (await daemon.api('/v1/tracks')).tracks.length === 2 * count);
      await publishers.ask('rest');
    },
    stop: async () => {
      await daemon.stop();
      await janus.stop();
    },
  });
}

/// Any server that takes WHIP at `url`; %d is the publisher's number. What it received is not known.
export async function startPeer(stage, { name, url, command }) {
  const child = here.spawn('sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'inherit', 'inherit'] });
  const server = new Server(stage, {
    name, pid: child.pid, destination: ['-whip', url], received: async () => NaN, stop: () => kill(child),
  });
  const answers = () => fetch(url.replace('%d', '0'), { method: 'OPTIONS' }).then(() => true, () => false);
  await until(`${name} answers`, answers).catch(async (error) => {
    await server.stop();
    throw error;
  });
  return server;
}

export async function startFloor(stage) {
  const floor = new LineProcess(here, stage.programs.floor, [stage.address]);
  const { port } = await floor.next('ready');
  return new Server(stage, {
    name: 'floor', pid: floor.pid, destination: ['-floor', `${stage.address}:${port}`],
    received: async () => (await floor.ask('stats')).received,
    stop: () => floor.end(),
  });
}
