// Players that are not ours watch by WHEP: what they show, what loss does to it, and what becomes of those who do not say
// good-bye.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { startSource } from '../bench/egress/processes.mjs';
import { buildViewers, startViewers } from '../bench/viewers/viewers.mjs';
import { buildGo } from '../support/go.mjs';
import { cable, cut, here, startHost } from '../support/hosts.mjs';
import { residentBytes } from '../support/process.mjs';
import { root } from '../support/spillwayd.mjs';
import { aWindowOf, until, within } from '../support/wait.mjs';
import { openBrowser, servePage } from './browser.mjs';
import { publish } from './peer_process.mjs';
import { readPlaying, startPlaying, stopPlaying } from './page.mjs';
import { play } from './players/process.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { endpointOf, picture, sourcesOf, startStage, token, untilViewers, viewers } from './viewing.mjs';
import * as whip from './whip.mjs';

const long = Boolean(process.env.SPILLWAY_LONG);
const watched = long ? 30_000 : 8000;
const near = '10.78.0.1';
const consent = 45_000; // RFC 7675: 30 s, and time to notice
const audioPacketsPerSecond = 50;

let pion;
before(async () => (pion = await buildViewers()), { timeout: 300_000 });
after(() => pion?.remove());

/// Counters of a player over a time: { before, after, video, audio }, the last two per second.
async function over(read, time) {
  const [first, start] = [await read(), performance.now()];
  await aWindowOf(time);
  const [last, seconds] = [await read(), (performance.now() - start) / 1000];
  const rate = (kind, name) => (last[kind][name] - first[kind][name]) / seconds;
  return { before: first, after: last, frames: rate('video', 'frames'), audioPackets: rate('audio', 'packets') };
}

const close = (value, wanted, share = 0.1) => Math.abs(value - wanted) <= wanted * share;

function assertPlays(t, { before: first, after: last, frames, audioPackets }) {
  t.diagnostic(`${frames.toFixed(1)} frames and ${audioPackets.toFixed(1)} packets of audio a second; ${JSON.stringify(last)}`);
  assert.equal(last.state, 'connected');
  assert.ok(close(frames, picture.fps), `${frames} frames a second of ${picture.fps}`);
  assert.ok(close(audioPackets, audioPacketsPerSecond), `${audioPackets} packets of audio a second`);
  if (last.video.width) assert.deepEqual([last.video.width, last.video.height], [picture.width, picture.height]);
  for (const kind of ['video', 'audio']) if (last[kind].lost !== undefined) assert.equal(last[kind].lost, 0, `lost ${kind}`);
  if (last.video.freezes !== undefined) assert.equal(last.video.freezes, first.video.freezes, 'freezes');
}

/// A frame has been shown: what comes before belongs to the join.
const untilShown = (read) => until('a first picture', async () => (await read()).video.frames > 0, { deadline: 10_000 });

for (const kind of ['wrtc', 'werift', 'aiortc']) {
  test(`${kind} plays picture and tone at the source's rate, and leaves`, async (t) => {
    const daemon = await startStage(t);
    const player = await play(t, kind, { endpoint: endpointOf(daemon, 'alice'), token });
    const read = () => player.stats();
    await untilShown(read);
    assertPlays(t, await over(read, watched));
    assert.equal(await viewers(daemon), 1);
    assert.equal((await player.stop()).status, 200);
    await untilViewers(daemon, 0);
  });
}

/// Two streams that were recorded at one time are heard and seen together, where the browser can tell.
async function assertTogether(t, page) {
  const skews = [];
  for (let i = 0; i < 10; i++) {
    const { skew } = await page.evaluate(readPlaying);
    if (skew !== null) skews.push(skew);
    await aWindowOf(200);
  }
  if (skews.length === 0) return t.diagnostic('the browser does not say when it plays what');
  const skew = skews.sort((a, b) => a - b)[Math.floor(skews.length / 2)];
  t.diagnostic(`the picture is ${skew.toFixed(0)} ms ahead of the tone`);
  assert.ok(Math.abs(skew) <= 80, `${skew} ms apart`);
}

for (const [participant, codec] of [['alice', 'VP8'], ['bob', 'H.264']]) {
  test(`Chromium plays ${codec} from a page of another origin without a freeze, picture and tone together`, async (t) => {
    const address = await servePage(t, 'player');
    const daemon = await startStage(t, {
      participants: 2, adapt: (config) => { config.http.cors = [new URL(address).origin]; },
    });
    const page = await openBrowser(t);
    await page.goto(address);
    await within('Chromium connects', page.evaluate(startPlaying, { endpoint: endpointOf(daemon, participant), token }), 30_000);
    const read = () => page.evaluate(readPlaying);
    await untilShown(read);
    await aWindowOf(2000); // the jitter buffer's first adjustments are not our freezes
    const measured = await over(read, watched);
    assertPlays(t, measured);
    assert.ok(close(measured.after.shown - measured.before.shown, watched / 1000), 'the element plays on');
    await assertTogether(t, page);
    assert.equal(await page.evaluate(stopPlaying), 200);
    await untilViewers(daemon, 0);
  });
}

function pionArguments(daemon, extra = [], participant = 'alice') {
  // The admin may come as often as it likes from one address.
  return ['-url', endpointOf(daemon, participant), '-token', 'admin-secret', '-audio', ...extra];
}

async function startPion(t, daemon, extra, host = here) {
  const group = await startViewers(host, pion.program, pionArguments(daemon, extra));
  t.after(async () => {
    group.signal('SIGCONT');
    await group.end();
  });
  assert.deepEqual(group.ready.failures, []);
  return group;
}

test('Pion gets every packet of both, and a whole keyframe at once', async (t) => {
  const daemon = await startStage(t);
  const group = await startPion(t, daemon, ['-n', '3', '-ramp', '300ms', '-nack']);
  await aWindowOf(watched);
  const { packets, lost, duplicates, silence_ms: silence, with_frame: withFrame, first_frame_ms: frame } = await group.ask('stats');
  t.diagnostic(`${packets} packets, longest silence ${silence} ms, first frame within ${frame.max} ms`);
  assert.deepEqual({ lost, duplicates, withFrame }, { lost: 0, duplicates: 0, withFrame: 3 });
  assert.ok(silence < 1000, `${silence} ms of silence`);
  assert.ok(frame.max < 1000, `${frame.max} ms to the first frame`);
  await group.end();
  await untilViewers(daemon, 0);
});

/// A daemon and a host of viewers at the end of a cable: { daemon, far, plug }.
async function startApart(t) {
  const far = await startHost();
  t.after(() => far.end());
  const [, plug] = await cable(here, far, 'view', '10.78.0');
  const daemon = await startStage(t, { address: near, media: near });
  return { daemon, far, plug };
}

const lose = (far, plug, percent) => cut(far, [`iifname "${plug.name}" meta l4proto udp numgen random mod 100 < ${percent}`]);

test('with 5 % of the packets lost the picture is repaired by retransmission, not by keyframes', async (t) => {
  const { daemon, far, plug } = await startApart(t);
  const player = await play(t, 'wrtc', { endpoint: endpointOf(daemon, 'alice'), token }, far);
  const read = () => player.stats();
  await untilShown(read);
  const heal = await lose(far, plug, 5);
  const { before: first, after: last, frames } = await over(read, long ? 30_000 : 12_000);
  await heal();
  const [plis, nacks] = [last.video.plis - first.video.plis, last.video.nacks - first.video.nacks];
  t.diagnostic(`${frames.toFixed(1)} frames a second, ${nacks} NACKs, ${plis} PLIs`);
  assert.ok(nacks >= 10, `${nacks} NACKs: nothing was lost`);
  assert.ok(plis <= nacks / 10 + 1, `${plis} PLIs with ${nacks} NACKs`);
  assert.ok(close(frames, picture.fps, 0.15), `${frames} frames a second`);
  const healed = await over(read, 3000);
  assert.ok(close(healed.frames, picture.fps), `${healed.frames} frames a second afterwards`);
});

test('with 20 % of the packets lost keyframes still come, and all pictures once the path is well', async (t) => {
  const { daemon, far, plug } = await startApart(t);
  const player = await play(t, 'wrtc', { endpoint: endpointOf(daemon, 'alice'), token }, far);
  const read = () => player.stats();
  const left = async () => (await daemon.metrics()).sum('viewer_queue_dropped_total', { reason: 'congested' });
  await untilShown(read);
  const heal = await lose(far, plug, 20);
  await until('keyframes alone', async () => (await left()) > 0, { deadline: 20_000 });
  await aWindowOf(1000); // what was on its way is over
  for (let i = 0; i < (long ? 10 : 2); i++) {
    const { video } = await read();
    await until('a picture', async () => (await read()).video.frames > video.frames, { deadline: 20_000 });
  }
  assert.equal(await viewers(daemon), 1);
  await heal();
  await until('all pictures', async () => close((await over(read, 2000)).frames, picture.fps), { deadline: 30_000 });
});

for (const [signal, word] of [['SIGSTOP', 'stopped'], ['SIGKILL', 'killed']]) {
  test(`ten viewers that were ${word} cost another one nothing, and are forgotten`, { timeout: 120_000 }, async (t) => {
    const { daemon, far } = await startApart(t);
    const stays = await startPion(t, daemon, [], far);
    const group = await startPion(t, daemon, ['-n', '10', '-vanish'], far);
    await untilViewers(daemon, 11);
    const memory = await residentBytes(daemon.pid);
    group.signal(signal);
    const start = performance.now();
    await untilViewers(daemon, 1, { deadline: consent, every: 500 });
    t.diagnostic(`gone after ${Math.round((performance.now() - start) / 1000)} s`);
    const { lost, connected, silence_ms: silence } = await stays.ask('stats');
    assert.deepEqual({ lost, connected }, { lost: 0, connected: 1 });
    assert.ok(silence < 500, `${silence} ms of silence for who stayed`);
    const grown = (await residentBytes(daemon.pid)) - memory;
    assert.ok(grown < 8 * 2 ** 20, `memory grew by ${grown} bytes`);
  });
}

test('a hundred who come within a second are one wish or two for the publisher, and all have a picture within a second', async (t) => {
  const { daemon, far } = await startApart(t);
  const { video } = await sourcesOf(daemon, 'alice');
  const requests = (metrics) => metrics.sum('track_keyframe_requests_total', { track: `demo/alice/${video}` });
  await aWindowOf(2000); // what the start asked for is over
  const [first, start] = [requests(await daemon.metrics()), performance.now()];
  const group = await startPion(t, daemon, ['-n', '100', '-ramp', '1s'], far);
  const shown = await until('all have a picture', async () => {
    const stats = await group.ask('stats');
    return stats.with_frame === 100 && stats;
  }, { deadline: 10_000 });
  const [asked, seconds] = [requests(await daemon.metrics()) - first, (performance.now() - start) / 1000];
  t.diagnostic(`${asked} keyframes asked for in ${seconds.toFixed(1)} s; first frame p50 ${shown.first_frame_ms.p50} ms, longest ${shown.first_frame_ms.max} ms`);
  assert.ok(asked >= 1, 'the publisher was asked');
  assert.ok(asked <= 2 * Math.ceil(seconds), `${asked} in ${seconds} s`);
  assert.ok(shown.first_frame_ms.max <= 1000, `${shown.first_frame_ms.max} ms`);
});

test('a viewer keeps its session when the track ends and comes back', async (t) => {
  const daemon = await startStage(t);
  const track = 'studio/dora/video';
  const first = await publish(daemon, 'dora');
  t.after(() => first.kill());
  await daemon.untilMetrics('media', (metrics) => metrics.sum('track_received_packets_total', { track }) > 50);
  const player = await play(t, 'wrtc', { endpoint: `${daemon.url}/whep/studio/dora`, token });
  const read = () => player.stats();
  await untilShown(read);
  await first.stop();
  await daemon.untilMetrics('the track has ended', (metrics) => !metrics.has('track_received_packets_total', { track }));
  await until('the picture stands still', async () => {
    const { video } = await read();
    await aWindowOf(500);
    return (await read()).video.frames === video.frames;
  });
  assert.equal(await viewers(daemon), 1, 'the session stays');
  const another = await whip.post(`${daemon.url}/whep/studio/dora`, { token, offer: viewerOffer() });
  assert.equal(another.status, 409, 'nobody new while there is no track');
  const second = await publish(daemon, 'dora');
  t.after(() => second.kill());
  const { video } = await read();
  await until('the picture moves again', async () => (await read()).video.frames > video.frames + 10, { deadline: 10_000 });
  const last = await player.stop();
  assert.equal(last.state, 'connected');
  assert.equal(last.status, 200, 'the session is the same');
  await untilViewers(daemon, 0);
});

test('the playout delay that a publisher names goes on to who takes it, and to nobody else', async (t) => {
  const source = await buildGo(join(root, 'tests/bench/egress/source.go'));
  t.after(() => source.remove());
  const daemon = await startStage(t, { adapt: (config) => config.calls.push({ name: 'live', join: { type: 'whip' } }) });
  const endpoint = `${daemon.url}/whip/live?participant=carol`;
  const publisher = await startSource(here, source.program, ['-whip', endpoint, '-token', 'publish-secret', '-playout-delay', '40ms']);
  t.after(() => publisher.end());
  await daemon.untilMetrics('the publisher is live', (metrics) => metrics.sum('track_received_packets_total', { track: 'live/carol/video' }) > 0);
  const watch = async (extra) => {
    const viewer = await startViewers(here, pion.program, ['-url', `${daemon.url}/whep/live/carol`, '-token', token, ...extra]);
    await aWindowOf(500);
    const { each: [{ video }] } = await viewer.ask('stop', 'stopped');
    await viewer.end();
    assert.ok(video.packets > 0);
    return video;
  };
  const taking = await watch(['-playout-delay']);
  assert.equal(taking.playout_delays, taking.packets);
  assert.deepEqual(taking.playout_delay_ms, [40, 40]);
  assert.equal((await watch([])).extended, 0); // it offers none at all
});
