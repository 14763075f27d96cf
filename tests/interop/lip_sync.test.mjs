// A publisher whose picture is late on the way in: whoever follows our reports, or plays a recording, has both as they were
// captured.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { packetsOf, recordings } from '../support/media.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { aWindowOf, until, within } from '../support/wait.mjs';
import { openBrowser, servePage } from './browser.mjs';
import { readPlaying, startPlaying } from './page.mjs';
import { kinds, publishAs } from './publishers/publishers.mjs';
import { RtpReader } from './rtp_reader.mjs';

const late = 600;
/// The publisher's queue lets a frame go once 600 ms are in it, and frames are so long.
const frame = 1000 / 15;
const token = 'admin-secret';
const clockRates = { video: 90_000, audio: 48_000 };

async function startLate(t, adapt) {
  const daemon = await startSpillwayd(adapt);
  t.after(async () => {
    if (process.env.SPILLWAY_LOG) t.diagnostic(daemon.log());
    await daemon.stop();
  });
  const peer = await (await kinds.gstreamer.open(t))({ codec: 'VP8', sound: true, late });
  const endpoint = `${daemon.url}/whip/studio?participant=alice`;
  const { remove } = await publishAs(peer, { endpoint, token, setup: 'actpass', candidates: 'offered' });
  const both = async () => {
    const { tracks } = await daemon.api('/v1/tracks');
    return tracks.length === 2 && tracks;
  };
  return { daemon, peer, remove, tracks: await until('both tracks', both) };
}

const record = (config, directory) => config.subscriptions.push(recordSubscription(directory, { files: 'participant' }));
const filesOf = (daemon) => recordings(join(daemon.directory, 'recordings'), 'studio/alice');
const described = async (file) => JSON.parse(await readFile(file.replace(/mkv$/, 'json'), 'utf8'));
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/// How far the file's time is ahead of the publisher's, in seconds, for each kind; every packet is there once.
function compare(packets, sent) {
  const known = new Map(sent.map((frame) => [frame.hash, frame]));
  const offsets = { video: [], audio: [] };
  const seen = new Set();
  for (const { time, hash } of packets) {
    const frame = known.get(hash);
    assert.ok(frame && !seen.has(hash), `${hash} was sent, and is there once`);
    seen.add(hash);
    offsets[frame.video ? 'video' : 'audio'].push(time - frame.time);
  }
  for (const video of [true, false]) {
    const kept = sent.filter((frame) => frame.video === video).map(({ hash }) => seen.has(hash));
    assert.ok(!kept.slice(kept.indexOf(true), kept.lastIndexOf(true)).includes(false), `none is missing, video: ${video}`);
  }
  return offsets;
}

test('a picture that comes 600 ms late is reported and recorded as it was captured', async (t) => {
  const { daemon, peer, remove, tracks } = await startLate(t, record);
  const readers = {};
  for (const [i, { call, participant, source, kind }] of tracks.entries()) {
    const port = 41_000 + 2 * i;
    readers[kind] = await RtpReader.open(t, port, clockRates[kind]);
    await daemon.api('/v1/subscriptions', {
      name: kind, tracks: `${call}/${participant}/${source}`, output: { type: 'rtp', host: '127.0.0.1', port },
    });
  }
  const { video, audio } = readers;
  await until('reports about both', () => video.reports.length > 0 && audio.reports.length > 0, { deadline: 15_000 });
  await aWindowOf(1500); // so that each has a packet that was not held up
  const apart = video.lateness() - audio.lateness();
  t.diagnostic(`the picture comes ${video.lateness().toFixed(0)} ms, the sound ${audio.lateness().toFixed(0)} ms after its capture`);

  const { all } = await peer.stop();
  assert.equal((await remove()).status, 200);
  const [file] = await until('the recording', async () => {
    const files = await filesOf(daemon);
    return files.length > 0 && (await described(files.at(-1))).state === 'finished' && files;
  });
  const offsets = compare(await packetsOf(file), all);
  const skew = 1000 * (median(offsets.video) - median(offsets.audio));
  t.diagnostic(`in the file the picture is ${skew.toFixed(1)} ms behind its sound`);
  assert.ok(apart >= late - frame - 40 && apart <= late + 40, `${apart} ms apart`);
  assert.ok(Math.abs(skew) <= 40, `${skew} ms`);
  const sources = (await described(file)).tracks.map(({ source }) => source);
  assert.deepEqual(sources.sort(), tracks.map(({ source }) => source).sort());
});

test('after kill -9 a recording plays, and the next start says that it was interrupted', async (t) => {
  const { daemon } = await startLate(t, record);
  const file = await until('a second is recorded', async () => {
    const [first] = await filesOf(daemon);
    return first && (await packetsOf(first)).at(-1)?.time > 1 && first;
  }, { deadline: 20_000, every: 300 });
  daemon.signal('SIGKILL');
  await daemon.ended();
  assert.equal((await described(file)).state, 'recording');
  const kept = await packetsOf(file);
  assert.ok(kept.some(({ stream }) => stream === 0) && kept.some(({ stream }) => stream === 1));
  const again = await startSpillwayd((config) => record(config, daemon.directory));
  t.after(() => again.stop());
  await until('it is marked', async () => (await described(file)).state === 'interrupted', { deadline: 15_000 });
});

test('Chromium holds the sound back for a picture that comes 600 ms late', { skip: !process.env.SPILLWAY_LONG }, async (t) => {
  const address = await servePage(t, 'player');
  const { daemon } = await startLate(t, (config) => {
    config.http.cors = [new URL(address).origin];
  });
  const page = await openBrowser(t);
  await page.goto(address);
  const endpoint = `${daemon.url}/whep/studio/alice`;
  await within('Chromium connects', page.evaluate(startPlaying, { endpoint, token }), 30_000);
  let last = { waited: 0, emitted: 0 };
  // libwebrtc moves by 80 ms a second at most.
  await until('the sound waits', async () => {
    const { audio, skew } = await page.evaluate(readPlaying);
    const delay = (audio.waited - last.waited) / (audio.emitted - last.emitted) * 1000;
    last = audio;
    t.diagnostic(`the sound waits ${delay.toFixed(0)} ms; the picture is ${skew?.toFixed(0)} ms ahead of it`);
    return delay > late - 150;
  }, { deadline: 40_000, every: 1000 });
});
