// How long until a guest in a Janus room has a packet of every track, and what a participant costs it; beside it a Pion
// subscriber in the same room in the same run.
//   tests/support/isolated.sh node tests/bench/join/join.mjs [--short]
// Ends with 1 when a target is missed.
import { join as path } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Crowd } from '../../interop/janus/crowd.mjs';
import { buildGo } from '../../support/go.mjs';
import { followEvents } from '../../support/events.mjs';
import { cable, here, startHost } from '../../support/hosts.mjs';
import { janusPort, startJanus } from '../../support/janus.mjs';
import { cpuSeconds, residentBytes, threadCount } from '../../support/process.mjs';
import { root, startSpillwayd } from '../../support/spillwayd.mjs';
import { until, within } from '../../support/wait.mjs';

const short = process.argv.includes('--short');
const sizes = short ? [1, 5] : [1, 10, 20];
const rounds = short ? 3 : 7;
const cpuTime = short ? 3000 : 10_000;
const room = 1234;
const url = `ws://10.78.0.2:${janusPort}/`;
const sources = ['camera', 'microphone'];
const targets = { timesPion: 1.5, threadsPerTrack: 2.5, mebibytesPerParticipant: 2 };

/// Three rounds on a busy machine show only when it has become much worse; the long run is held to the target.
const mostTimesPion = short ? 4 : targets.timesPion;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/// The call is joined by API, so that the daemon's own start is not measured. Without the jitter buffer's delay, which
/// Pion does not have.
const call = (name) => ({ name, join: { type: 'janus', url, room, display: name }, jitter: '0ms' });

async function untilFirstPackets(daemon, name, tracks) {
  return until(`${tracks} tracks of ${name}`, async () => {
    const list = (await daemon.api('/v1/tracks')).tracks.filter((track) => track.call === name);
    return list.length === tracks && list.every((track) => track.received_packets > 0);
  }, { every: 20, deadline: 20_000 });
}

async function leave(daemon, name) {
  await daemon.request(`/v1/calls/${name}`, { method: 'DELETE' });
  await until(`${name} is left`, async () => (await daemon.request(`/v1/calls/${name}`)).status === 404, { every: 20 });
}

/// A track is told as live with its first packet. Polled, the daemon would be busy answering.
async function joinOnce(daemon, tracks) {
  let live = 0;
  let onAll;
  const all = new Promise((resolve) => (onAll = resolve));
  const events = await followEvents(daemon, {}, ({ event, state }) => {
    if (event === 'track' && state === 'live' && ++live === tracks) onAll(performance.now());
  });
  const start = performance.now();
  await daemon.api('/v1/calls', call('timed'));
  const took = (await within(`${tracks} tracks are live`, all, 20_000)) - start;
  await untilFirstPackets(daemon, 'timed', tracks);
  await events.close();
  await leave(daemon, 'timed');
  return took;
}

/// Pion's own words of warning may come before and after the line.
async function pionOnce(pion) {
  const output = await here.run(pion.program, [url, String(room)]);
  return JSON.parse(output.split('\n').find((line) => line.startsWith('{')));
}

/// What a daemon holds and uses that stays in the room: { threads, memory, cores }.
async function cost(tracks) {
  const daemon = await startSpillwayd((config) => { config.calls = [call('staying')]; });
  try {
    await untilFirstPackets(daemon, 'staying', tracks);
    const [cpu, clock] = [await cpuSeconds(daemon.pid), performance.now()];
    await pause(cpuTime);
    const cores = ((await cpuSeconds(daemon.pid)) - cpu) / ((performance.now() - clock) / 1000);
    return { threads: await threadCount(daemon.pid), memory: (await residentBytes(daemon.pid)) / 2 ** 20, cores };
  } finally {
    await daemon.stop();
  }
}

/// In turns, so that what else the machine does hits both alike.
async function measure(pion, participants) {
  const tracks = participants * sources.length;
  const daemon = await startSpillwayd((config) => { config.calls = []; });
  const [ours, theirs] = [[], []];
  try {
    for (let round = 0; round < rounds; round++) {
      ours.push(await joinOnce(daemon, tracks));
      theirs.push(await pionOnce(pion));
    }
  } finally {
    await daemon.stop();
  }
  return {
    participants, tracks, ours: median(ours), pion: median(theirs.map((one) => one.first_packet_ms)),
    up: median(theirs.map((one) => one.webrtcup_ms)), ...(await cost(tracks)),
  };
}

function report({ participants, tracks, ours, pion, up, threads, memory: mebibytes, cores }) {
  console.log(
    `${String(participants).padStart(2)} participants: last first packet ${ours.toFixed(0)} ms; Pion ${pion.toFixed(0)} ms ` +
    `(webrtcup ${up.toFixed(0)} ms); ratio ${(ours / pion).toFixed(2)}; ${threads} threads, ${mebibytes.toFixed(1)} MiB, ` +
    `${((cores / tracks) * 100).toFixed(2)} % of a core per track`,
  );
}

/// What one more participant costs: between the smallest and the largest room.
function judge(all) {
  const [first, last] = [all[0], all.at(-1)];
  const perTrack = (last.threads - first.threads) / (last.tracks - first.tracks);
  const perParticipant = (last.memory - first.memory) / (last.participants - first.participants);
  const slowest = Math.max(...all.map(({ ours, pion }) => ours / pion));
  console.log(`first packet ${slowest.toFixed(2)} times Pion's at most (target: ${targets.timesPion})`);
  console.log(`threads per further track ${perTrack.toFixed(2)} (target: ${targets.threadsPerTrack})`);
  console.log(`MiB per further participant ${perParticipant.toFixed(2)} (target: ${targets.mebibytesPerParticipant})`);
  return slowest <= mostTimesPion && perTrack <= targets.threadsPerTrack &&
    perParticipant <= targets.mebibytesPerParticipant;
}

const pion = await buildGo(path(root, 'tests/bench/join/pion_subscriber.go'));
const sfu = await startHost();
await cable(here, sfu, 'spill', '10.78.0');
const janus = await startJanus(sfu, { createdRooms: [{ room, publishers: 30 }] });
const crowd = new Crowd(here, { url, room, engine: 'packets', picture: { fps: 25 } });
const results = [];
let present = 0;
let failure;
try {
  for (const size of sizes) {
    while (present < size) await crowd.publish(`person-${++present}`, sources);
    results.push(await measure(pion, size));
    report(results.at(-1));
  }
} catch (error) {
  failure = error;
}
await crowd.kill();
await janus.stop();
await Promise.all([sfu.end(), pion.remove()]);
if (failure) throw failure;
process.exit(judge(results) ? 0 : 1);
