// The Pion WHEP server (whep_server.go) as a test sees it, and the files that it plays.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kill } from '../../support/process.mjs';
import { buildGo } from '../../support/go.mjs';
import { run } from '../../support/process.mjs';
import { root } from '../../support/spillwayd.mjs';
import { until } from '../../support/wait.mjs';

const seconds = 4;
export const fps = 15;

/// Built once for a file of tests, with the media it plays: { program, video, audio, remove() }.
export async function buildServer() {
  const { program, remove } = await buildGo(join(root, 'tests/interop/pion/whep_server.go'));
  const directory = await mkdtemp(join(tmpdir(), 'whep-media-'));
  const video = join(directory, 'video.ivf');
  const audio = join(directory, 'audio.ogg');
  await ffmpeg([
    '-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=${fps}`, '-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '300k',
    '-g', `${fps}`, '-auto-alt-ref', '0', video,
  ]);
  await ffmpeg(['-f', 'lavfi', '-i', 'sine=frequency=400:sample_rate=48000', '-c:a', 'libopus', '-page_duration', '20000', audio]);
  return { program, video, audio, remove: () => Promise.all([remove(), rm(directory, { recursive: true, force: true })]) };
}

async function ffmpeg(args) {
  const output = args.pop();
  const { code, stderr } = await run('ffmpeg', ['-v', 'error', ...args, '-t', `${seconds}`, output]);
  if (code !== 0) throw new Error(`ffmpeg: ${stderr}`);
}

export class PionServer {
  #child;
  #events = [];

  constructor(child) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#events.push(JSON.parse(line)));
  }

  /// How often this has happened.
  count(event) {
    return this.#events.filter((one) => one.event === event).length;
  }

  /// Sessions that are open, as of the last event.
  get sessions() {
    return this.#events.at(-1)?.sessions ?? 0;
  }

  /// The most sessions there were at one time.
  get mostSessions() {
    return Math.max(0, ...this.#events.map(({ sessions }) => sessions));
  }

  untilEvent(event, { times = 1, deadline = 20_000 } = {}) {
    return until(`server: ${event}`, () => this.count(event) >= times, { deadline });
  }

  signal(name) {
    this.#child.kill(name);
  }

  kill() {
    return kill(this.#child);
  }
}

/// Starts one that listens; `flags` as in whep_server.go.
export async function startServer(build, port, flags = []) {
  const files = ['--video', build.video, '--audio', build.audio, '--listen', `127.0.0.1:${port}`];
  const server = new PionServer(spawn(build.program, [...files, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] }));
  await server.untilEvent('listening');
  return server;
}
