// `unwatched: rest`: a publisher sends little while nobody watches, and is as fast as it can be when somebody does. How
// fast that is, a bare receiver shows in the same run: it lifts its own limit at the same moment, with another publisher.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { buildGo } from '../support/go.mjs';
import { LineProcess } from '../support/line_process.mjs';
import { runSeconds } from '../support/process.mjs';
import { freePort, root, startSpillwayd } from '../support/spillwayd.mjs';
import { aWindowOf, until, within } from '../support/wait.mjs';
import { openBrowser, servePage } from './browser.mjs';
import { readPublishing, startGrainy } from './page.mjs';
import { PeerProcess } from './peer_process.mjs';

const picture = { width: 1280, height: 720, fps: 15, audio: false, grain: 10 };
const smaller = { ...picture, width: 640, height: 360 };
const linger = 500;
const long = { skip: !process.env.SPILLWAY_LONG };
const watching = { name: 'watching', tracks: 'studio/alice/video', output: { type: 'rtp', host: '127.0.0.1', port: 40000 } };

async function startResting(t, time = `${linger}ms`) {
  const daemon = await startSpillwayd((config) => {
    Object.assign(config.calls[0], { unwatched: 'rest', linger: time });
  });
  t.after(() => daemon.stop());
  return daemon;
}

let build;
before(async () => (build = await buildGo(join(root, 'tests/interop/pion/rate_receiver.go'))), { timeout: 300_000 });
after(() => build?.remove());

async function startBare(t) {
  const port = await freePort();
  const receiver = new LineProcess({ spawn }, build.program, ['--listen', `127.0.0.1:${port}`]);
  t.after(() => receiver.end());
  await receiver.next('listening');
  return { receiver, endpoint: `http://127.0.0.1:${port}/` };
}

/// libwebrtc as a publisher; `video()` is what it says of its pictures.
async function libwebrtc(t, endpoint, settings = picture) {
  const peer = new PeerProcess({ endpoint, token: 'publish-secret', ...settings });
  t.after(() => peer.kill());
  await peer.connected();
  return { stats: () => peer.stats(), video: async () => (await peer.stats()).video };
}

/// Chromium, each in a page of its own.
async function chromium(t, endpoint) {
  const address = await servePage(t, 'publisher');
  const page = await openBrowser(t);
  await page.goto(address);
  const settings = { endpoint, token: 'publish-secret', ...smaller };
  await within('Chromium publishes', page.evaluate(startGrainy, settings), 30_000);
  return { video: () => page.evaluate(readPublishing) };
}

/// kbit/s of the kind within a window of so many ms.
async function rate(read, window) {
  const before = await read();
  await aWindowOf(window);
  const after = await read();
  return ((after.bytesSent - before.bytesSent) * 8) / (after.timestamp - before.timestamp);
}

const restsIn = async (daemon) => (await daemon.api('/v1/calls/studio')).participants[0].resting;
const restMetric = async (daemon) => (await daemon.metrics()).sum('publisher_resting', { call: 'studio', participant: 'alice' });
/// Seconds, the sum of all that waited for one.
const keyframeWaits = async (daemon) => (await daemon.metrics()).sum('first_keyframe_seconds_sum', { output: 'rtp' });
const untilSlow = (peer, time) => until('150 kbit/s', async () => (await rate(peer.video, 700)) <= 150, { deadline: time, every: 1 });

async function watch(daemon) {
  await daemon.api('/v1/subscriptions', watching);
  assert.equal(await restsIn(daemon), false);
}

async function unwatch(daemon) {
  const { status } = await daemon.request('/v1/subscriptions/watching', { method: 'DELETE' });
  assert.equal(status, 204);
}

/// kbit/s around 3 s after now.
async function rateAfterThree(peer) {
  await aWindowOf(2500);
  return rate(peer.video, 1000);
}

/// Two publishers of a kind, one to a bare receiver, one to the daemon: both rest, both are freed at once, until ours was
/// twice as fast as the bare one. Encoders on a busy machine have bad moments, of which each has its own.
async function compare(t, publisher, fast) {
  const [{ receiver, endpoint }, daemon] = await Promise.all([startBare(t), startResting(t)]);
  await daemon.api('/v1/subscriptions', watching);
  const [bare, ours] = await Promise.all([publisher(t, endpoint), publisher(t, `${daemon.url}/whip/studio?participant=alice`)]);
  await until(`both send ${fast} kbit/s`, async () => {
    const rates = await Promise.all([bare, ours].map((peer) => rate(peer.video, 500)));
    return rates.every((kilobits) => kilobits > fast);
  }, { deadline: 20_000, every: 1 });
  let good = 0;
  for (let round = 1; round <= 5 && good < 2; round++) {
    await unwatch(daemon);
    const start = performance.now();
    await until('it rests', () => restsIn(daemon), { deadline: linger + 2000 });
    await receiver.ask('limit 100000', 'told');
    await untilSlow(ours, linger + 3000 - (performance.now() - start));
    assert.equal(await restMetric(daemon), 1);
    await aWindowOf(1500); // so that neither encoder is still paying for what it sent before
    const waits = await keyframeWaits(daemon);
    await Promise.all([receiver.ask('free', 'told'), watch(daemon)]);
    const [theirs, now] = await Promise.all([rateAfterThree(bare), rateAfterThree(ours)]);
    const wait = 1000 * ((await keyframeWaits(daemon)) - waits);
    t.diagnostic(`round ${round}: keyframe after ${Math.round(wait)} ms; kbit/s after 3 s: ${Math.round(now)}, bare ${Math.round(theirs)}`);
    assert.ok(wait > 0 && wait <= 1000, 'it begins with a keyframe');
    if (now >= 0.9 * theirs) good++;
  }
  assert.equal(good, 2, 'rounds in which it reached 0.9 of the bare one');
}

describe('rates', { concurrency: 2 }, () => {
  test('libwebrtc rests while nobody watches, and is back as fast as with a bare receiver, also the second time', (t) => (
    compare(t, libwebrtc, 1200)
  ));

  test('sound that somebody listens to keeps its rate while the picture rests', async (t) => {
    const daemon = await startResting(t, '3s');
    await daemon.api('/v1/subscriptions', { ...watching, tracks: 'studio/alice/audio' });
    const peer = await libwebrtc(t, `${daemon.url}/whip/studio?participant=alice`, { ...smaller, audio: true });
    const audio = async () => (await peer.stats()).audio;
    await until('it is fast', async () => (await rate(peer.video, 500)) > 400, { deadline: 6000, every: 1 });
    const before = await rate(audio, 1000);
    await until('it rests', () => restsIn(daemon), { deadline: 8000 });
    const told = await until('it was told', async () => {
      const { available } = await peer.stats();
      return available < 200_000 && available;
    });
    const after = await rate(audio, 1500);
    t.diagnostic(`kbit/s of sound: ${before.toFixed(1)}, then ${after.toFixed(1)}, of ${Math.round(told / 1000)} in all`);
    assert.ok(told >= 100_000 + 1000 * before, `${told} bit/s`);
    assert.ok(after >= 0.9 * before, `${after} of ${before} kbit/s`);
  });
});

test('Chromium rests while nobody watches, and is back as fast as with a bare receiver, also the second time', long, (t) => (
  compare(t, chromium, 400)
));

/// Seconds that each process runs within the same so many ms.
async function runWithin(pids, window) {
  const before = pids.map(runSeconds);
  await aWindowOf(window);
  return pids.map((pid, i) => runSeconds(pid) - before[i]);
}

/// Both at once, so that other work on the machine makes both dearer; of three windows the one in the middle.
test('a 720p track that rests costs at most a fifth of the CPU of one that does not', async (t) => {
  const window = 2000;
  const daemons = await Promise.all([startResting(t), startResting(t, '1h')]);
  const pids = daemons.map(({ pid }) => pid);
  const idle = await runWithin(pids, window);
  const [resting, awake] = await Promise.all(daemons.map(({ url }) => libwebrtc(t, `${url}/whip/studio?participant=alice`)));
  await until('one is fast', async () => (await rate(awake.video, 500)) > 1700, { deadline: 8000, every: 1 });
  await untilSlow(resting, 5000);
  await aWindowOf(1000); // until what it had in hand has gone
  const ratios = [];
  while (ratios.length < 3) {
    const [little, much] = (await runWithin(pids, window)).map((seconds, i) => seconds - idle[i]);
    t.diagnostic(`ms of CPU a second: ${(little * 500).toFixed(1)} resting, ${(much * 500).toFixed(1)} awake`);
    ratios.push(little / much);
  }
  const [, middle] = ratios.sort((a, b) => a - b);
  assert.ok(middle <= 0.2, `${middle} of the CPU`);
});
