// Judgements that several interoperability tests share.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { inspect, recordings } from '../support/media.mjs';
import { descriptorCount, threadCount } from '../support/process.mjs';
import { until } from '../support/wait.mjs';

const tolerance = 0.02;

/// Within 2 percent, and printed.
export function assertSame(t, what, received, sent) {
  t.diagnostic(`${what}: ${round(received)} recorded, ${round(sent)} sent`);
  assert.ok(Math.abs(received - sent) <= sent * tolerance, `${what}: ${received} against ${sent}`);
}

const round = (value) => Math.round(value * 100) / 100;

/// The track's only recording, once its file is closed.
export async function finished(daemon, track) {
  const all = await finishedAll(daemon, track, 1);
  assert.equal(all.length, 1);
  return all[0];
}

/// All segments of a track that has ended, `count` at least.
export async function finishedAll(daemon, track, count) {
  await daemon.untilMetrics(`${track} has ended`, (metrics) => !metrics.has('track_subscribers', { track }));
  return until(`${count} files of ${track} are closed`, async () => {
    const files = await recordings(join(daemon.directory, 'recordings'), track);
    if (files.length < count) return null;
    const read = await Promise.all(files.map(inspect));
    return read.every(({ duration }) => duration > 0) && read;
  });
}

/// What a session must not leave behind.
export async function footprint(daemon) {
  const metrics = await daemon.metrics();
  return {
    peers: metrics.sum('peers'),
    tracks: metrics.sum('tracks'),
    threads: await threadCount(daemon.pid),
    descriptors: await descriptorCount(daemon.pid),
  };
}

/// Waits until nothing more is held than in `before`. Threads and descriptors may be fewer: pools shrink.
export async function assertNothingLeft(daemon, before, { deadline = 15_000 } = {}) {
  let now;
  const gone = async () => {
    now = await footprint(daemon);
    return now.peers === before.peers && now.tracks === before.tracks && now.threads <= before.threads &&
      now.descriptors <= before.descriptors;
  };
  await until('everything is given back', gone, { deadline, every: 200 }).catch((error) => {
    assert.fail(`${error.message}: ${JSON.stringify({ before, now })}`);
  });
}
