// A real Prometheus scrapes /metrics; the queue law is checked over what it stored, scrape by scrape.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { freePort, recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { publish } from './peer_process.mjs';

async function startPrometheus(t, daemon) {
  const { directory } = daemon;
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{
      job_name: 'spillway',
      authorization: { credentials_file: join(directory, 'monitor-token') },
      static_configs: [{ targets: [new URL(daemon.url).host] }],
    }],
  };
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config));
  const child = spawn('prometheus', [
    `--config.file=${join(directory, 'prometheus.yml')}`, `--storage.tsdb.path=${join(directory, 'samples')}`,
    `--web.listen-address=127.0.0.1:${port}`, '--log.level=error',
  ], { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return async (query) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
    const response = await fetch(url).catch(() => null);
    if (!response?.ok) return [];
    return (await response.json()).data.result;
  };
}

/// Every stored sample of a family: `queue @ time of the scrape` -> the sum of its values.
async function history(query, family) {
  const sums = new Map();
  for (const { metric, values } of await query(`spillway_${family}[1m]`)) {
    for (const [time, value] of values) {
      const key = `${metric.subscription} ${metric.track} @ ${time}`;
      sums.set(key, (sums.get(key) ?? 0) + Number(value));
    }
  }
  return sums;
}

test('every scrape of Prometheus finds received = delivered + dropped + queued', async (t) => {
  const daemon = await startSpillwayd((config, directory) => {
    config.subscriptions.push(recordSubscription(directory));
    config.subscriptions.push({
      name: 'dropping', tracks: 'studio/*/*', output: { type: 'rtp', host: '127.0.0.1', port: 40000 },
      queue: { buffers: 1, policy: 'drop_oldest' },
    });
  });
  t.after(() => daemon.stop());
  const query = await startPrometheus(t, daemon);
  const peer = await publish(daemon, 'alice', { width: 640, height: 480, fps: 30 });
  t.after(() => peer.kill());
  const depths = () => query('spillway_queue_buffers');
  await until('Prometheus knows the depth of four queues', async () => (await depths()).length === 4, { deadline: 20_000 });
  const scrapes = async () => (await query('spillway_queue_received_total{subscription="archive",track="studio/alice/video"}[1m]'))[0];
  await until('eight scrapes', async () => (await scrapes())?.values.length >= 8, { deadline: 30_000, every: 500 });

  const received = await history(query, 'queue_received_total');
  const delivered = await history(query, 'queue_delivered_total');
  const dropped = await history(query, 'queue_dropped_total');
  const queued = await history(query, 'queue_buffers');
  const samples = [...received.keys()].filter((key) => queued.has(key));
  assert.ok(samples.length >= 4 * 7, `${samples.length} samples`);
  for (const key of samples) {
    assert.equal(received.get(key), delivered.get(key) + (dropped.get(key) ?? 0) + queued.get(key), key);
  }
  const drops = samples.reduce((most, key) => Math.max(most, dropped.get(key) ?? 0), 0);
  t.diagnostic(`${samples.length} samples hold the law, up to ${drops} drops in a queue`);
  assert.ok(drops > 0, 'the law was seen with drops');
});
