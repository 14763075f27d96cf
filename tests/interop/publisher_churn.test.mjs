// Publishers come, send, and are deleted while they send, over and over: nothing of them stays in the process. With SPILLWAYD
// another build does it: one with AddressSanitizer ends with its own code when something leaked (tests/README.md).
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { descriptorCount, residentBytes, threadCount } from '../support/process.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { startCrowd } from './publishers/publishers.mjs';
import { assertNothingLeft, footprint } from './checks.mjs';

const cycles = process.env.SPILLWAY_LONG ? 10_000 : 300;
const warmUp = 50;
const seats = 5;
const growth = 0.25;
/// The list of events fills, and the allocator's pieces get smaller: 0.3 to 0.5 MiB were seen after 300 cycles.
const heapGrowth = 2 * 2 ** 20 + 256 * cycles;
/// The least of some moments: what is about to be freed, and what threads have freed and not handed back, comes and goes.
async function heapUsed(daemon) {
  const samples = [];
  for (let i = 0; i < 10; i++) {
    samples.push((await daemon.metrics()).sum('heap_bytes', { state: 'used' }));
    await pause(200);
  }
  return Math.min(...samples);
}

test(`${cycles} times publishing and leaving holds nothing`, { timeout: cycles * 400 + 60_000 }, async (t) => {
  const daemon = await startSpillwayd((config) => (config.webrtc.listen = '10.77.0.1:0'));
  t.after(() => daemon.stop());
  const settings = { endpoint: `${daemon.url}/whip/studio`, token: 'admin-secret', count: seats, visitors: true };
  const crowd = await startCrowd(t, settings);
  const cycle = (count) => crowd.ask(`cycle ${count}`, 'cycle', { deadline: count * 400 });
  await cycle(warmUp);
  await assertNothingLeft(daemon, { peers: 0, tracks: 0, threads: Infinity, descriptors: Infinity });
  const [before, memory, heap] = [await footprint(daemon), await residentBytes(daemon.pid), await heapUsed(daemon)];
  const start = performance.now();
  await cycle(cycles - warmUp);
  const seconds = (performance.now() - start) / 1000;
  const busy = { threads: await threadCount(daemon.pid), descriptors: await descriptorCount(daemon.pid) };
  await assertNothingLeft(daemon, before);
  const [grown, more] = [(await residentBytes(daemon.pid)) / memory - 1, (await heapUsed(daemon)) - heap];
  t.diagnostic(`${(cycles / seconds).toFixed(0)} a second; ${JSON.stringify({ before, busy, after: await footprint(daemon) })}`);
  t.diagnostic(`${Math.round(memory / 2 ** 20)} MiB, grown by ${(grown * 100).toFixed(1)} %; heap in use ${Math.round(more / 1024)} KiB more`);
  assert.ok(grown <= growth, `memory grew by ${grown * 100} %`);
  assert.ok(heap > 2 ** 20, `${heap} bytes in use`);
  assert.ok(more <= heapGrowth, `heap in use grew by ${more} bytes`);
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null }, daemon.log());
});
