// CPU of one unwatched 720p track: Spillway's drain beside aiortc's MediaRelay and MediaBlackhole, one after the other,
// with the same libwebrtc publisher.
//   tests/support/isolated.sh node tests/bench/drain/drain.mjs [SECONDS]
// Ends with 1 when Spillway needs more than a third (in less than 20 s: than half).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds } from '../../support/process.mjs';
import { freePort, root, startSpillwayd } from '../../support/spillwayd.mjs';
import { until } from '../../support/wait.mjs';
import { PeerProcess } from '../../interop/peer_process.mjs';

const seconds = Number(process.argv[2] ?? 20);
const target = 1 / 3;
/// A few seconds on a busy machine show only when it has become much worse; twenty are held to the target.
const guard = seconds < 20 ? 1 / 2 : target;
const media = { width: 1280, height: 720, fps: 30, audio: false, codec: 'VP8', bitrate: 2000 };

async function startAiortc() {
  const port = await freePort();
  const program = join(root, 'tests/bench/drain/aiortc_drain.py');
  const child = spawn('/usr/bin/python3', [program, String(port)], { stdio: ['ignore', 'inherit', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  await until('aiortc', async () => (await fetch(`${url}/readyz`).catch(() => ({}))).ok);
  return { pid: child.pid, url, stop: async () => child.kill('SIGKILL') };
}

/// Cores used by the server, and what was sent to it meanwhile.
async function measure(start) {
  const server = await start();
  const peer = new PeerProcess({ endpoint: `${server.url}/whip/studio?participant=alice`, token: 'publish-secret', ...media });
  try {
    await peer.connected();
    await until('the picture flows', async () => (await peer.stats()).video.framesSent > 2 * media.fps, { deadline: 30_000 });
    const [cpu, sent, clock] = [await cpuSeconds(server.pid), (await peer.stats()).video, performance.now()];
    await pause(seconds * 1000);
    const [cpuEnd, sentEnd, clockEnd] = [await cpuSeconds(server.pid), (await peer.stats()).video, performance.now()];
    const elapsed = (clockEnd - clock) / 1000;
    return {
      cores: (cpuEnd - cpu) / elapsed,
      fps: (sentEnd.framesSent - sent.framesSent) / elapsed,
      megabits: ((sentEnd.bytesSent - sent.bytesSent) * 8) / elapsed / 1e6,
    };
  } finally {
    await peer.kill();
    await server.stop();
  }
}

const row = (name, { cores, fps, megabits }) =>
  console.log(`${name.padEnd(9)} ${(cores * 100).toFixed(1).padStart(6)} % of a core   ${fps.toFixed(1)} fps   ${megabits.toFixed(2)} Mbit/s`);

const spillway = await measure(startSpillwayd);
row('spillway', spillway);
const aiortc = await measure(startAiortc);
row('aiortc', aiortc);
const ratio = spillway.cores / aiortc.cores;
console.log(`ratio     ${ratio.toFixed(2)} (guard ${guard.toFixed(2)}, target: at most ${target.toFixed(2)})`);
process.exit(ratio <= guard ? 0 : 1);
