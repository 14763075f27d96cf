// What publishers with a viewer each cost, and how long their packets are inside; packets come one by one.
import { setTimeout as pause } from 'node:timers/promises';
import { here } from '../../support/hosts.mjs';
import { runSeconds } from '../../support/process.mjs';
import { measureLateness, startTap } from '../egress/processes.mjs';
import { startViewers } from '../viewers/viewers.mjs';
import { call } from './servers.mjs';
import { preferPublishers, preferServer } from './unwatched.mjs';

const joinsPerSecond = 20;

async function watch(server, stage, count) {
  const ramp = `${Math.ceil((count / joinsPerSecond) * 1000)}ms`;
  const url = `${server.daemon.url}/whep/${call}/p%d/video`;
  const viewers = await startViewers(stage.far, stage.programs.viewers, ['-url', url, '-token', 'admin-secret', '-n', String(count), '-ramp', ramp]);
  if (viewers.ready.connected === count) return viewers;
  await viewers.end();
  throw new Error(`${server.name}: ${viewers.ready.connected} of ${count} viewers: ${viewers.ready.failures.join('; ')}`);
}

async function measureInside(server, viewers, tap, { steady }, floor) {
  const before = await viewers.ask('stats');
  await tap.ask('begin', 'begun');
  const [cpu, clock] = [runSeconds(server.pid), performance.now()];
  const [late] = await Promise.all([measureLateness(floor, here, Math.ceil(steady / 1000)), pause(steady)]);
  const cores = (runSeconds(server.pid) - cpu) / ((performance.now() - clock) / 1000);
  const after = await viewers.ask('stats');
  return { cores, late, delay: await tap.ask('delays'), packets: after.packets - before.packets, lost: after.lost - before.lost };
}

/// { name, count, cores, delay { flows, packets, p50, p99 }, late, packets, lost, first }: ms; first: from POST to a packet, p95.
export async function measureWatched(start, stage, count, times) {
  const server = await start(stage);
  const processes = [];
  try {
    await preferServer(server, stage);
    await server.publish(count);
    await preferPublishers(server);
    await server.publishers.ask('paced');
    await pause(times.rest);
    const viewers = await watch(server, stage, count);
    processes.push(viewers);
    const tap = await startTap(here, stage.programs.tap, ['-in', stage.plug, '-out', stage.plug]);
    processes.push(tap);
    await pause(times.rest);
    const inside = await measureInside(server, viewers, tap, times, stage.programs.lateness);
    return { name: server.name, count, first: viewers.ready.first_packet_ms.p95, ...inside };
  } finally {
    for (const one of processes) await one.end();
    await server.stop();
  }
}

export function tellWatched({ name, count, cores, delay, late, packets, lost, first }) {
  console.log(
    `${String(count).padStart(3)} watched ${name.padEnd(9)} ${(cores * 100).toFixed(1)} % of a core; inside p50 ${delay.p50.toFixed(2)} p99 ` +
    `${delay.p99.toFixed(2)} ms (${delay.packets} packets of ${delay.flows}), while a wake was late by p50 ${late.p50.toFixed(2)} ` +
    `p99 ${late.p99.toFixed(2)} ms; lost ${lost} of ${packets}; POST to first packet p95 ${first.toFixed(0)} ms`,
  );
}
