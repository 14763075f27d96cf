// What players offer, and what they come for: a picture alone, a sound alone, whatever they name first; publishers that are
// just beginning, or send several streams on one line.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { buildViewers, startViewers } from '../bench/viewers/viewers.mjs';
import { here } from '../support/hosts.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { aWindowOf, until, within } from '../support/wait.mjs';
import { openBrowser, servePage } from './browser.mjs';
import { readPlaying, startPlaying, stopPlaying } from './page.mjs';
import { publish } from './peer_process.mjs';
import { play } from './players/process.mjs';
import { kinds, publishAs, startCrowd } from './publishers/publishers.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { call, endpointOf, sourcesOf, startStage, token, untilViewers } from './viewing.mjs';
import * as whip from './whip.mjs';

const long = Boolean(process.env.SPILLWAY_LONG);
const admin = 'admin-secret';

let pion;
before(async () => (pion = await buildViewers()), { timeout: 300_000 });
after(() => pion?.remove());

/// Which media a player gets within a moment: `video`, `audio`.
async function got(read, wanted) {
  const counts = ({ video, audio }) => ({ video: video.frames ?? 0, audio: audio.packets ?? 0 });
  await until(`${wanted} comes`, async () => {
    const now = counts(await read());
    return wanted.every((kind) => now[kind] > 5);
  }, { deadline: 15_000 });
  const now = counts(await read());
  return ['video', 'audio'].filter((kind) => now[kind] > 0);
}

/// Both kinds are offered, picture first; there is only the one.
const alone = { video: 'a picture', audio: 'a sound' };

for (const kind of ['wrtc', 'aiortc', 'werift']) {
  test(`${kind} offers both and plays a picture or a sound that is alone`, { timeout: 60_000 }, async (t) => {
    const daemon = await startStage(t);
    const sources = await sourcesOf(daemon, 'alice');
    for (const medium of Object.keys(alone)) {
      await t.test(alone[medium], async (t) => {
        const player = await play(t, kind, { endpoint: endpointOf(daemon, 'alice', sources[medium]), token: admin });
        assert.deepEqual(await got(() => player.stats(), [medium]), [medium]);
        assert.equal((await player.stop()).status, 200);
      });
    }
    await untilViewers(daemon, 0);
  });
}

test('Chromium offers both and plays a sound or a picture that is alone', { timeout: 60_000 }, async (t) => {
  const address = await servePage(t, 'player');
  const daemon = await startStage(t, { adapt: (config) => { config.http.cors = [new URL(address).origin]; } });
  const sources = await sourcesOf(daemon, 'alice');
  const page = await openBrowser(t);
  for (const medium of Object.keys(alone)) {
    await page.goto(address);
    const settings = { endpoint: endpointOf(daemon, 'alice', sources[medium]), token };
    await within(`Chromium plays ${alone[medium]}`, page.evaluate(startPlaying, settings), 20_000);
    assert.deepEqual(await got(() => page.evaluate(readPlaying), [medium]), [medium]);
    assert.equal(await page.evaluate(stopPlaying), 200);
  }
});

test('Pion offers both and plays a camera without a microphone', async (t) => {
  const daemon = await startStage(t);
  const { video } = await sourcesOf(daemon, 'alice');
  const group = await startViewers(here, pion.program, ['-url', endpointOf(daemon, 'alice', video), '-token', token, '-audio', '-either']);
  t.after(() => group.end());
  assert.deepEqual(group.ready.failures, []);
  await until('packets', async () => (await group.ask('stats')).packets > 50);
});

test('GStreamer plays H.264, which it offers by name alone', async (t) => {
  const daemon = await startStage(t, { participants: 2 });
  const player = await play(t, 'gstreamer', { endpoint: endpointOf(daemon, 'bob'), token });
  assert.deepEqual(await got(() => player.stats(), ['video', 'audio']), ['video', 'audio']);
});

test('H.264 plays whose parameter sets stand in the offer alone, also for who comes late', { timeout: 60_000 }, async (t) => {
  const daemon = await startSpillwayd();
  t.after(() => daemon.stop());
  const start = await kinds.gstreamer.open(t);
  const endpoint = `${daemon.url}/whip/studio?participant=alice`;
  const { offer } = await publishAs(await start({ codec: 'H264', sets: 'sdp' }), { endpoint, token: admin });
  assert.match(offer, /sprop-parameter-sets=/);
  for (let i = 0; i < 2; i++) {
    const player = await play(t, 'gstreamer', { endpoint: `${daemon.url}/whep/studio/alice/video`, token: admin, sound: false });
    assert.deepEqual(await got(() => player.stats(), ['video']), ['video']);
  }
});

/// Answers of the WHEP endpoint until one is 201: how many media it sends.
async function firstAnswer(endpoint) {
  const answer = await until('an answer', async () => {
    const response = await whip.post(endpoint, { token: admin, offer: viewerOffer() });
    const text = await response.text();
    assert.ok(response.status === 201 || response.status === 409, text);
    return response.status === 201 && text;
  }, { deadline: 20_000, every: 5 });
  return answer.match(/^a=sendonly/gm).length;
}

test('who comes while a publisher begins gets its picture and its sound', { timeout: long ? 600_000 : 60_000 }, async (t) => {
  const daemon = await startSpillwayd();
  t.after(() => daemon.stop());
  for (let i = 0; i < (long ? 100 : 3); i++) {
    const first = firstAnswer(`${daemon.url}/whep/studio/p${i}`);
    const peer = await publish(daemon, `p${i}`);
    assert.equal(await first, 2);
    await peer.kill();
  }
});

test('a track stays with one of the streams that a publisher sends side by side on one line', { timeout: 60_000 }, async (t) => {
  const daemon = await startSpillwayd();
  t.after(() => daemon.stop());
  const crowd = await startCrowd(t, { endpoint: `${daemon.url}/whip/studio`, token: admin, count: 1, layers: 3 });
  await crowd.ask('play');
  const changes = () => daemon.log().match(/track live track=studio\/crowd0/g)?.length ?? 0;
  await until('media', () => changes() > 0);
  await aWindowOf(1000);
  const first = changes();
  assert.ok(first <= 3, `${first} changes`);
  await aWindowOf(long ? 20_000 : 4500); // a stream that was left is forgotten after 3 s, and comes again
  assert.equal(changes(), first);
});
