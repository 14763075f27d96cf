// A file system that runs full under a recording: an error in the API, everything else goes on, and it recovers.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { run } from '../support/process.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';

const mebibyte = 2 ** 20;

/// A file system of 8 MiB with 256 KiB left; the ballast goes when it is removed.
async function smallDisk(t, directory) {
  const disk = join(directory, 'recordings');
  await mkdir(disk);
  const { code, stderr } = await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  assert.equal(code, 0, stderr);
  t.after(() => run('umount', ['-l', disk]));
  const ballast = join(disk, 'ballast');
  await writeFile(ballast, Buffer.alloc(8 * mebibyte - 256 * 1024));
  return ballast;
}

test('a full disk stops the recording alone, and it goes on when there is room', async (t) => {
  let ballast;
  const daemon = await startSpillwayd(async (config, directory) => {
    ballast = await smallDisk(t, directory);
    config.calls.push({ name: 'demo', join: { type: 'test', participants: 1 } });
    config.subscriptions.push(recordSubscription(directory, { tracks: 'demo/*/*' }));
    config.subscriptions.push({
      name: 'forward', tracks: 'demo/*/*', output: { type: 'rtp', host: '127.0.0.1', port: 40000 },
    });
  });
  t.after(() => daemon.stop());
  const errors = async () => JSON.stringify(await daemon.api('/v1/subscriptions/archive')).match(/No space left/);
  await until('the API reports the full disk', errors, { deadline: 60_000, every: 200 });
  const forwarded = (metrics) => metrics.sum('queue_delivered_total', { subscription: 'forward' });
  const full = await daemon.metrics();
  assert.ok(full.sum('queue_dropped_total', { subscription: 'archive', reason: 'write_error' }) > 0);
  await daemon.untilMetrics('the other subscription goes on', (metrics) => forwarded(metrics) > forwarded(full) + 100);
  assert.equal((await daemon.metrics()).sum('queue_dropped_total', { subscription: 'forward' }), 0);

  await rm(ballast);
  await until('the error is gone', async () => !(await errors()), { deadline: 30_000, every: 200 });
  const written = (metrics) => metrics.sum('queue_delivered_total', { subscription: 'archive' });
  const free = await daemon.metrics();
  await daemon.untilMetrics('frames are recorded again', (metrics) => written(metrics) > written(free) + 50);
});
