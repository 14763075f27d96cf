// SIGTERM in the middle of everything: in time, clean, and every recording can be played.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { inspect } from '../support/media.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';

async function allRecordings(directory) {
  const entries = await readdir(directory, { recursive: true });
  return entries.filter((name) => name.endsWith('.mkv')).map((name) => join(directory, name));
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} closes every recording and ends with 0 within shutdown_timeout`, async (t) => {
    const daemon = await startSpillwayd((config, directory) => {
      config.calls.push({ name: 'demo', join: { type: 'test', participants: 2 } });
      config.subscriptions.push(recordSubscription(directory));
    });
    t.after(() => daemon.stop());
    await daemon.untilMetrics('a second of four tracks', (metrics) => {
      const delivered = metrics.all('queue_delivered_total', { subscription: 'archive' });
      return delivered.length === 4 && delivered.every(({ value }) => value > 30);
    }, { deadline: 20_000 });
    const start = performance.now();
    daemon.signal(signal);
    assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
    t.diagnostic(`ended after ${Math.round(performance.now() - start)} ms`);
    assert.ok(performance.now() - start < 5000);
    const files = await allRecordings(join(daemon.directory, 'recordings'));
    assert.equal(files.length, 4);
    for (const file of files) {
      const recording = await inspect(file);
      assert.equal(recording.errors, '');
      assert.ok(recording.duration > 0.5, `${file} has a duration`);
      assert.ok(recording.frames > 20);
    }
  });
}
