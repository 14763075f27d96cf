// Publishers come, send, and are deleted while they send, over and over: nothing of them stays in the process. With SPILLWAYD
// another build does it: one with AddressSanitizer ends with its own code when something leaked (tests/README.md).
import assert from 'node:assert/strict';
import test from 'node:test';
import { descriptorCount, residentBytes, threadCount } from '../support/process.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { startCrowd } from './publishers/publishers.mjs';
import { assertNothingLeft, footprint } from './checks.mjs';

const cycles = process.env.SPILLWAY_LONG ? 10_000 : 300;
const warmUp = 50;
const seats = 5;
const growth = 0.25;
/// The list of events fills, and what threads have freed counts as used until the allocator gathers it: 1.6 to 2.7 MiB were
/// seen after 300 to 3000 cycles.
const heapGrowth = 3 * 2 ** 20 + 256 * cycles;
const heapUsed = async (daemon) => (await daemon.metrics()).sum('heap_bytes', { state: 'used' });

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
