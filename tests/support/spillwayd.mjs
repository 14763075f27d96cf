// One spillwayd of a test's own: a free port, a folder of its own, and nothing left when it is stopped.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { here } from './hosts.mjs';
import { Metrics } from './metrics.mjs';
import { until, within } from './wait.mjs';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
export const program = process.env.SPILLWAYD ?? join(root, 'build/release/daemon/spillwayd');
export const shippedUnit = join(root, 'systemd/spillway.service');

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Spillwayd {
  #child;
  #log = '';
  #closed;

  constructor(child, { url, directory }) {
    this.#child = child;
    this.#closed = once(child, 'close');
    this.url = url;
    this.directory = directory;
    child.stdout.on('data', (data) => (this.#log += data));
    child.stderr.on('data', (data) => (this.#log += data));
  }

  get pid() {
    return this.#child.pid;
  }

  get running() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  log() {
    return this.#log;
  }

  request(path, { method = 'GET', token = 'admin', headers = {}, body } = {}) {
    const authorization = token ? { authorization: `Bearer ${token}-secret` } : {};
    return fetch(this.url + path, {
      method, body, headers: { ...authorization, ...headers }, signal: AbortSignal.timeout(20_000),
    });
  }

  /// The JSON of a GET, or of a POST when there is a body. Throws on any status but 2xx.
  async api(path, body) {
    const response = await this.request(path, body && {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async metrics() {
    const response = await this.request('/metrics');
    if (!response.ok) throw new Error(`/metrics: ${response.status}`);
    return new Metrics(await response.text());
  }

  /// What `read(metrics)` says once it is truthy.
  untilMetrics(what, read, options) {
    return until(what, async () => read(await this.metrics()), options);
  }

  signal(name) {
    this.#child.kill(name);
  }

  /// { code, signal } once it has ended by itself or by a signal.
  async ended(deadline = 15_000) {
    const [code, signal] = await within('the end of spillwayd', this.#closed, deadline);
    return { code, signal };
  }

  /// SIGTERM, SIGKILL when that does not help; the folder goes too.
  async stop() {
    if (this.running) this.#child.kill('SIGTERM');
    const end = await this.ended().catch(() => this.#child.kill('SIGKILL'));
    await rm(this.directory, { recursive: true, force: true });
    return end;
  }
}

/// The settings every test shares: tokens `admin-secret`, `publish-secret`, `view-secret`, `monitor-secret`, one call
/// `studio` that notices a dead peer after 3 s.
export async function baseConfig(directory) {
  const tokens = {};
  for (const role of ['admin', 'publish', 'view', 'monitor']) {
    tokens[role] = { file: join(directory, `${role}-token`) };
    await writeFile(tokens[role].file, `${role}-secret\n`, { mode: 0o600 });
  }
  return {
    http: { listen: `127.0.0.1:${await freePort()}`, tokens, cors: ['*'], api: { directories: [directory] } },
    webrtc: { listen: '0.0.0.0:0' },
    shutdown_timeout: '5s',
    calls: [{ name: 'studio', join: { type: 'whip' }, media_timeout: '3s' }],
    subscriptions: [],
  };
}

/// Into files of each track's own, unless `files` says otherwise.
export function recordSubscription(directory, { files = 'track', ...extra } = {}) {
  return {
    name: 'archive', tracks: '*/*/*', output: { type: 'record', directory: join(directory, 'recordings'), files }, ...extra,
  };
}

/// The command before which support/sandbox puts what a unit file forbids: true is the unit that is shipped, a path another.
export function sandboxed(unit, directory, command) {
  if (!unit) return command;
  const file = unit === true ? shippedUnit : unit;
  return ['/usr/bin/python3', '-B', join(root, 'tests/support/sandbox'), file, directory, ...command];
}

/// Starts it, or another build of it, and returns once /readyz says 200. `adapt(config, directory)` changes the shared settings;
/// `sandbox` is as in sandboxed(): all that it writes must be in `directory`. On another host than this one its `url` is where it
/// is reached from here.
export async function startSpillwayd(adapt = () => {}, { env = {}, sandbox = false, host = here, url, build = program } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-test-'));
  const config = await baseConfig(directory);
  await adapt(config, directory);
  const file = join(directory, 'spillway.yaml');
  await writeFile(file, JSON.stringify(config, null, 2));
  const [command, ...args] = sandboxed(sandbox, directory, [build, '--config', file]);
  const child = host.spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const daemon = new Spillwayd(child, { url: url ?? `http://${config.http.listen}`, directory });
  try {
    await until('/readyz', async () => {
      if (!daemon.running) throw new Error('spillwayd ended');
      return (await daemon.request('/readyz').catch(() => ({}))).status === 200;
    });
  } catch (error) {
    await daemon.stop();
    throw new Error(`${error.message}\n${daemon.log()}`);
  }
  return daemon;
}
