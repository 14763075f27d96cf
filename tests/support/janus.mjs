// Debian's Janus with the VideoRoom plugin, and the streaming plugin when asked for, on a host of a test's own. It can be
// killed, frozen and started again, and is managed over a Unix socket, which no cut cable reaches.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JanusClient } from '../interop/janus/client.mjs';
import { until, within } from './wait.mjs';

const library = '/usr/lib/x86_64-linux-gnu/janus';
const adminSecret = 'admin-secret';
export const janusPort = 8188;

/// libconfig's syntax for nested plain objects.
function jcfg(object) {
  const value = (entry) => (typeof entry === 'string' ? JSON.stringify(entry) : String(entry));
  return Object.entries(object).map(([name, entry]) => (
    entry !== null && typeof entry === 'object' ? `${name}: {\n${jcfg(entry)}}\n` : `${name} = ${value(entry)}\n`
  )).join('');
}

async function othersThan(folder, wanted) {
  const names = (await readdir(join(library, folder))).filter((name) => name.endsWith('.so') && !wanted.includes(name));
  return names.join(',');
}

async function writeConfig(directory, options) {
  const folder = join(directory, 'config');
  await mkdir(folder, { recursive: true });
  const plugins = ['libjanus_videoroom.so', ...(options.mountpoints ? ['libjanus_streaming.so'] : [])];
  const general = {
    configs_folder: folder,
    plugins_folder: join(library, 'plugins'),
    transports_folder: join(library, 'transports'),
    events_folder: join(directory, 'none'),
    loggers_folder: join(directory, 'none'),
    debug_level: 4,
    admin_secret: adminSecret,
    session_timeout: options.sessionTimeout ?? 60,
    reclaim_session_timeout: options.reclaimTimeout ?? 0,
    ...(options.apiSecret ? { api_secret: options.apiSecret } : {}),
    ...(options.tokenAuth ? { token_auth: true } : {}),
  };
  const files = {
    'janus.jcfg': {
      general,
      nat: {
        full_trickle: false,
        ...(options.interfaces ? { ice_enforce_list: options.interfaces.join(',') } : {}),
      },
      plugins: { disable: await othersThan('plugins', plugins) },
      transports: { disable: await othersThan('transports', ['libjanus_websockets.so']) },
    },
    'janus.transport.websockets.jcfg': {
      general: { json: 'compact', ws: true, ws_port: options.port ?? janusPort, wss: false },
      admin: { admin_ws: true, admin_ws_unix: join(directory, 'admin.sock'), admin_wss: false },
    },
    'janus.plugin.videoroom.jcfg': { general: {}, ...options.rooms },
    'janus.plugin.streaming.jcfg': { general: {}, ...options.mountpoints },
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), jcfg(content));
  return folder;
}

export class JanusServer {
  #host;
  #options;
  #child;
  #admin;

  constructor(host, directory, options) {
    this.#host = host;
    this.#options = options;
    this.directory = directory;
  }

  get pid() {
    return this.#child.pid;
  }

  get running() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  log() {
    return readFile(join(this.directory, 'janus.log'), 'utf8');
  }

  /// Starts it, again on the same port when it had ended, and returns once it answers.
  async start() {
    const folder = await writeConfig(this.directory, this.#options);
    const log = createWriteStream(join(this.directory, 'janus.log'), { flags: 'a' });
    await once(log, 'open');
    this.#child = this.#host.spawn('/usr/bin/janus', ['-F', folder], { stdio: ['ignore', log, log] });
    log.close();
    await until('Janus answers', async () => {
      if (!this.running) throw new Error(`janus ended:\n${await this.log()}`);
      return this.admin({ janus: 'ping' }).catch(() => null);
    });
    for (const room of this.#options.createdRooms ?? []) await this.room({ request: 'create', ...room });
  }

  /// One request of the admin API.
  async admin(request) {
    if (!this.#admin?.open) this.#admin = await JanusClient.open(`ws+unix://${join(this.directory, 'admin.sock')}:/`, { protocol: 'janus-admin-protocol' });
    return this.#admin.request({ admin_secret: adminSecret, ...request });
  }

  /// One request to the VideoRoom plugin: `create`, `destroy`, `kick`, `moderate`, `listparticipants`. Throws on an error.
  async room(request) {
    const { response } = await this.admin({ janus: 'message_plugin', plugin: 'janus.plugin.videoroom', request });
    if (response.error) throw new Error(`${request.request}: ${response.error_code} ${response.error}`);
    return response;
  }

  async participants(room) {
    return (await this.room({ request: 'listparticipants', room })).participants;
  }

  async sessions() {
    return (await this.admin({ janus: 'list_sessions' })).sessions;
  }

  /// What Janus knows of every handle of a session.
  async handles(session) {
    const { handles } = await this.admin({ janus: 'list_handles', session_id: session });
    return Promise.all(handles.map(async (handle) => (
      await this.admin({ janus: 'handle_info', session_id: session, handle_id: handle })
    ).info));
  }

  /// The sessions that subscribe to something, with their subscriber handles.
  async subscribers() {
    const all = await Promise.all((await this.sessions()).map(async (session) => ({
      session,
      handles: (await this.handles(session)).filter(({ plugin_specific: plugin }) => plugin?.type === 'subscriber'),
    })));
    return all.filter(({ handles }) => handles.length > 0);
  }

  freeze() {
    this.#child.kill('SIGSTOP');
  }

  thaw() {
    this.#child.kill('SIGCONT');
  }

  /// Without a good-bye.
  async kill() {
    this.#admin?.close();
    if (!this.#child || !this.running) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await within('the end of Janus', gone);
  }

  async stop() {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/// Options: `rooms` (as in the plugin's configuration, by `room-NUMBER`), `mountpoints` (of the streaming plugin, as in its
/// configuration, by name), `createdRooms` (made by API at every start),
/// `interfaces` (whose addresses it offers), `port`, `sessionTimeout`, `reclaimTimeout` (seconds), `apiSecret`, `tokenAuth`.
export async function startJanus(host, options = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'janus-test-'));
  const server = new JanusServer(host, directory, options);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
