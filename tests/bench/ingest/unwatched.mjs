// What a packet costs while nobody watches: all servers are up at once, and their publishers send in turns.
import { setTimeout as pause } from 'node:timers/promises';
import { here } from '../../support/hosts.mjs';
import { residentBytes, runSeconds, threadCount, threadIds } from '../../support/process.mjs';
import { until } from '../../support/wait.mjs';

const perSecond = 240;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const sum = (values) => values.reduce((all, one) => all + one, 0);

const renice = async (pid, niceness) => here.run('renice', ['-n', String(niceness), '-p', ...(await threadIds(pid))]);

/// As our systemd unit has it, or before everything else.
export async function preferServer({ pid }, { realtime }) {
  if (realtime) await here.run('chrt', ['--rr', '--all-tasks', '--pid', '1', String(pid)]);
  else await renice(pid, -10);
}

/// Next to the server: what else the machine does would let packets wait, and leave together.
export const preferPublishers = ({ publishers }) => renice(publishers.pid, -5);

const holdings = async ({ pid }) => ({ threads: await threadCount(pid), memory: await residentBytes(pid) });

/// { server, alone }, with its publishers; alone: what it held without them.
async function open(start, stage, count) {
  const server = await start(stage);
  try {
    await preferServer(server, stage);
    const alone = await holdings(server);
    await server.publish(count);
    await preferPublishers(server);
    return { server, alone };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/// { sent, late } of the publishers so far, with what both have run.
async function reading({ pid, publishers }) {
  const { sent, late } = await publishers.ask('stats');
  return { sent, late, server: runSeconds(pid), sender: runSeconds(publishers.pid), at: performance.now() };
}

/// Sent but not received; NaN when the server does not say.
async function missing(server, sent, received) {
  if (Number.isNaN(received)) return NaN;
  const missed = async () => sent - ((await server.received()) - received);
  await until('every packet', async () => (await missed()) <= 0, { deadline: 1000 }).catch(() => {});
  return missed();
}

/// The publishers of one server send for a while, `paced` or `unpaced`. perPacket: of those that came in, as many as the server says,
/// or one that loses half would seem twice as cheap.
async function window(server, pacing, { rest, steady }) {
  const [received, { sent }] = [await server.received(), await server.publishers.ask('stats')];
  await server.publishers.ask(pacing);
  await pause(rest);
  const begin = await reading(server);
  await pause(steady);
  const end = await reading(server);
  const last = await server.publishers.ask('rest');
  const packets = end.sent - begin.sent;
  const lost = await missing(server, last.sent - sent, received);
  const arrived = packets * (1 - (lost || 0) / (last.sent - sent));
  return {
    packets, perPacket: ((end.server - begin.server) / arrived) * 1e6, sender: ((end.sender - begin.sender) / packets) * 1e6,
    late: end.late - begin.late, rate: packets / ((end.at - begin.at) / 1000), lost,
  };
}

async function summary({ server, alone }, count, pacing, windows) {
  const now = await holdings(server);
  const each = windows.map((one) => one.perPacket);
  const packets = sum(windows.map((one) => one.packets));
  return {
    name: server.name, count, pacing, each, perPacket: median(each), sender: median(windows.map((one) => one.sender)),
    threads: (now.threads - alone.threads) / count, memory: (now.memory - alone.memory) / 1024 / count,
    packets, lost: sum(windows.map((one) => one.lost)), late: sum(windows.map((one) => one.late)) / packets,
    rate: median(windows.map((one) => one.rate)) / (perSecond * count),
  };
}

/// One row for each of `starts` and each pacing: { name, count, pacing, … }.
export async function measureUnwatched(starts, stage, count, { rounds, ...times }) {
  const opened = [];
  const rows = [];
  try {
    for (const start of starts) opened.push(await open(start, stage, count));
    for (const pacing of ['paced', 'unpaced']) {
      const windows = opened.map(() => []);
      for (let round = 0; round < rounds; round++)
        for (const [i, { server }] of opened.entries()) windows[i].push(await window(server, pacing, times));
      for (const [i, one] of opened.entries()) rows.push(await summary(one, count, pacing, windows[i]));
    }
  } finally {
    for (const { server } of opened) await server.stop();
  }
  return rows;
}

/// In the median of the rounds, which had both beside each other.
export const ratio = (row, other) => median(row.each.map((one, round) => one / other.each[round]));

export function tellUnwatched(row) {
  const fixed = (value, digits = 1, width = 0) => value.toFixed(digits).padStart(width);
  console.log(
    `${String(row.count).padStart(3)} ${row.pacing.padEnd(7)} ${row.name.padEnd(9)}${fixed(row.perPacket, 1, 6)} µs for each packet ` +
    `(${fixed(Math.min(...row.each))} to ${fixed(Math.max(...row.each))}), the sender ${fixed(row.sender)}; for each publisher ` +
    `${fixed(row.threads)} threads, ${fixed(row.memory, 0)} KiB; lost ${Number.isNaN(row.lost) ? '-' : row.lost} of ${row.packets}; ${fixed(row.rate * 100, 0)} % of ` +
    `the rate, ${fixed(row.late * 100)} % too late`,
  );
}
