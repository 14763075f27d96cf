// What a viewer costs: one VP8 track of 2.3 Mbit/s to many viewers in another network namespace, by Spillway and by Janus'
// streaming plugin, to the same viewers in one run; beside it the floor, SRTP and the kernel alone.
//   tests/support/isolated.sh node tests/bench/egress/egress.mjs [--short] [--only Janus|Spillway] [--realtime]
// Ends with 1 when a target is missed. Only ratios mean something on a machine that does other things too. With --only
// nothing is compared, and nothing is judged. Both servers go before the viewers, which are on the same cores here: as
// our systemd unit has it, or with --realtime before everything else.
import { join as path } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildGo } from '../../support/go.mjs';
import { cable, here, startHost } from '../../support/hosts.mjs';
import { residentBytes, runSeconds, threadCount, threadIds } from '../../support/process.mjs';
import { root } from '../../support/spillwayd.mjs';
import { judge } from '../judge.mjs';
import { buildViewers, startViewers } from '../viewers/viewers.mjs';
import { measureFloor, measureLateness, startTap } from './processes.mjs';
import { startJanusWith, startSpillwayWith } from './server.mjs';
import { targetsOf } from './targets.mjs';

const short = process.argv.includes('--short');
const realtime = process.argv.includes('--realtime');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const floorProgram = path(root, 'build/release/tests/bench/bench_egress_floor');
const address = '10.78.0.1';
const farAddress = '10.78.0.2';
const crowds = short ? { Janus: [20], Spillway: [20, 40] } : { Janus: [100], Spillway: [100, 200, 400] };
const steady = short ? 3000 : 15_000;
const rest = short ? 500 : 2000;
const joinsPerSecond = 40;
const floorPackets = short ? 60_000 : 600_000;
/// Packets that leave the source at once: one by one as a sender with a pacer has them, and a frame.
const bursts = { paced: 1, frames: 8 };
const dashes = (value, digits = 2) => (value === undefined || value < 0 ? '-' : value.toFixed(digits));
const told = ({ p50, p99, packets }) => `p50 ${dashes(p50)} p99 ${dashes(p99)} ms (${packets} packets)`;

/// What a process used, and how long that took.
async function watch(pid, time) {
  const [cpu, clock] = [runSeconds(pid), performance.now()];
  const end = async () => ({ cpu: runSeconds(pid) - cpu, seconds: (performance.now() - clock) / 1000 });
  if (time === undefined) return end;
  await pause(time);
  return end();
}

/// Packets that the viewers' own sockets had no room for: nobody else's fault.
async function droppedByViewers(far) {
  const [names, values] = (await far.run('cat', ['/proc/net/snmp'])).split('\n').filter((line) => line.startsWith('Udp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('RcvbufErrors')]);
}

async function sendIn(server, burst) {
  server.source.send(`burst ${burst}`);
  await pause(rest);
}

/// With nobody watching: what is left is paid for viewers. `cores` by how the source sends; frames are last, and go on.
async function measureAlone(server) {
  const cores = {};
  for (const [name, burst] of Object.entries(bursts)) {
    await sendIn(server, burst);
    const { cpu, seconds } = await watch(server.pid, steady);
    cores[name] = cpu / seconds;
  }
  return { cores, threads: await threadCount(server.pid), memory: await residentBytes(server.pid) };
}

async function join(server, far, programs, count) {
  const watched = await watch(server.pid);
  const ramp = `${Math.ceil((count / joinsPerSecond) * 1000)}ms`;
  const viewers = await startViewers(far, programs.viewers, [...server.viewerArguments, '-n', String(count), '-ramp', ramp]);
  return { viewers, joining: await watched() };
}

/// `alone`: the cores used without viewers. perPacket: µs above that for each packet to a viewer.
async function window(server, viewers, alone) {
  const watched = await watch(server.pid);
  const before = await viewers.ask('stats');
  await pause(steady);
  const after = await viewers.ask('stats');
  const { cpu, seconds } = await watched();
  const packets = after.packets - before.packets;
  return { cpu, seconds, packets, perPacket: ((cpu - alone * seconds) / packets) * 1e6 };
}

/// How long packets are inside, of a tenth of the viewers: { paced, frames }, the first with its `perPacket`; and { late }, for how
/// long the machine itself let things wait meanwhile.
async function measureDelay(server, viewers, alone, programs, plug, count) {
  const tap = await startTap(here, programs.tap, ['-in', 'lo', '-out', plug.name, '-every', String(2 ** Math.round(Math.log2(count / 10)))]);
  const whileSending = async (way) => {
    await sendIn(server, bursts[way]);
    await tap.ask('begin', 'begun');
    const { perPacket } = await window(server, viewers, alone.cores[way]);
    return { perPacket, ...(await tap.ask('delays')) };
  };
  try {
    const seconds = Math.floor((rest + steady) / 1000);
    const [paced, late] = await Promise.all([whileSending('paced'), measureLateness(floorProgram, here, seconds)]);
    return { paced, frames: await whileSending('frames'), late };
  } finally {
    await tap.end();
  }
}

async function measure(server, alone, { far, plug, programs }, count) {
  const dropped = await droppedByViewers(far);
  const { viewers, joining } = await join(server, far, programs, count);
  try {
    const { connected, failures, packets: whileJoining } = viewers.ready;
    if (connected < count) throw new Error(`${server.name}: ${connected} of ${count} viewers: ${failures.join('; ')}`);
    await pause(rest);
    const played = await window(server, viewers, alone.cores.frames);
    const { perPacket } = played;
    const joinCpu = joining.cpu - alone.cores.frames * joining.seconds - (perPacket / 1e6) * whileJoining;
    const [threads, memory] = [await threadCount(server.pid), await residentBytes(server.pid)];
    const last = await viewers.ask('stats');
    return {
      name: server.name, count, perPacket, threads: threads - alone.threads, memory: (memory - alone.memory) / 1024 / count,
      packets: last.packets, lost: last.lost, dropped: (await droppedByViewers(far)) - dropped, cores: played.cpu / played.seconds,
      expected: played.packets / (240 * count * played.seconds), withFrame: last.with_frame, join: (joinCpu / count) * 1000,
      first: last.first_packet_ms.p95, frame: last.first_frame_ms.p95, delay: await measureDelay(server, viewers, alone, programs, plug, count),
    };
  } finally {
    await viewers.end();
  }
}

function report(row) {
  console.log(
    `${row.name.padEnd(8)} ${String(row.count).padStart(3)} viewers: ${dashes(row.perPacket)} µs per packet, paced ` +
    `${dashes(row.delay.paced.perPacket)} µs, ${dashes(row.cores)} cores; threads ${row.threads >= 0 ? '+' : ''}${row.threads}; ${dashes(row.memory, 0)} KiB per viewer; ` +
    `${(row.expected * 100).toFixed(1)} % of the packets, lost ${row.lost}, of these ${row.dropped} at the viewers' sockets; ` +
    `join ${dashes(row.join)} ms of CPU; p95 first packet ${dashes(row.first, 0)} ms, first frame ${dashes(row.frame, 0)} ms ` +
    `(${row.withFrame} have one); inside ${told(row.delay.paced)}, while a wake was late by p50 ` +
    `${dashes(row.delay.late.p50)} p99 ${dashes(row.delay.late.p99)} ms; with frames at once ${told(row.delay.frames)}`,
  );
}

async function prefer(pid) {
  if (realtime) await here.run('chrt', ['--rr', '--all-tasks', '--pid', '1', String(pid)]);
  else await here.run('renice', ['-n', '-10', '-p', ...(await threadIds(pid))]);
}

async function measureAll(start, stage) {
  const server = await start(stage.programs, address);
  const rows = [];
  try {
    await prefer(server.pid);
    const alone = await measureAlone(server);
    console.log(`${server.name} alone: ${(alone.cores.frames * 100).toFixed(1)} % of a core, paced ${(alone.cores.paced * 100).toFixed(1)} %, ${alone.threads} threads, ${(alone.memory / 2 ** 20).toFixed(1)} MiB`);
    for (const count of crowds[server.name]) {
      rows.push(await measure(server, alone, stage, count));
      report(rows.at(-1));
    }
  } finally {
    await server.stop();
  }
  return rows;
}

const goOf = (name) => buildGo(path(root, `tests/bench/egress/${name}.go`));
const built = { viewers: await buildViewers(), source: await goOf('source'), tap: await goOf('tap') };
const programs = Object.fromEntries(Object.entries(built).map(([name, { program }]) => [name, program]));
const far = await startHost();
let good = false;
try {
  const [plug] = await cable(here, far, 'view', '10.78.0');
  const stage = { far, plug, programs };
  const floor = await measureFloor(floorProgram, here, far, farAddress, { packets: floorPackets, viewers: crowds.Spillway[0] });
  console.log(`floor: ${floor.sendto.toFixed(2)} µs per packet with sendto, ${floor.gso.toFixed(2)} µs with GSO of 8, ${floor.paced.toFixed(2)} µs with sendto as a pacer has it`);
  const [janus] = only === 'Spillway' ? [] : await measureAll(startJanusWith, stage);
  const spillway = only === 'Janus' ? [] : await measureAll(startSpillwayWith, stage);
  good = only !== undefined || judge(targetsOf({ floor, janus, spillway }), { short });
} finally {
  await Promise.all([far.end(), ...Object.values(built).map((one) => one.remove())]);
}
process.exit(good ? 0 : 1);
