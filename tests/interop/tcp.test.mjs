// Peers in a network that lets no UDP through publish and watch by TCP (RFC 6544): libwebrtc, Chromium and
// Firefox. (GStreamer's libnice: tests/relay/ingest/ingest_test.cpp.)
import assert from 'node:assert/strict';
import test, { before, describe } from 'node:test';
import { here } from '../support/hosts.mjs';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until, within } from '../support/wait.mjs';
import { openBrowser, openFirefox, servePage } from './browser.mjs';
import { assertSame, finished } from './checks.mjs';
import { onePort } from './one_port.mjs';
import { readPlaying, startPlaying, startPublishing, stopPlaying, stopPublishing } from './page.mjs';
import { publish } from './peer_process.mjs';
import { play } from './players/process.mjs';
import { endpointOf, picture, startStage, token, untilViewers } from './viewing.mjs';

const fps = 15;
const watched = 2 * picture.fps; // frames
const browsers = { Chromium: openBrowser, Firefox: openFirefox };

// A browser whose page has no camera offers the addresses of the default route alone (RFC 8828 section 5.2, mode 2).
before(() => here.run('ip', ['route', 'add', 'default', 'dev', 'peers0']));

/// Records what is published to it.
async function startRecorder(t, origin = []) {
  const webrtc = await onePort(t);
  const daemon = await startSpillwayd((config, directory) => {
    config.webrtc = webrtc;
    config.http.cors = origin;
    config.subscriptions.push(recordSubscription(directory));
  });
  t.after(() => daemon.stop());
  return daemon;
}

/// Somebody to watch.
async function start(t, { webrtc, origin = [] } = {}) {
  const offered = webrtc ?? (await onePort(t));
  return startStage(t, {
    adapt: (config) => {
      config.webrtc = offered;
      config.http.cors = origin;
    },
  });
}

const open = (daemon) => daemon.metrics().then((metrics) => metrics.sum('tcp_connections', { state: 'open' }));
const untilNone = (daemon) => until('its connections are closed', async () => (await open(daemon)) === 0);

/// The viewer's picture and tone go on, without a loss.
async function assertPlays(t, daemon, read) {
  await until('a first picture', async () => (await read()).video.frames > 0, { deadline: 10_000 });
  const { tracks } = await daemon.api('/v1/tracks');
  const track = await daemon.api(`/v1/tracks/${tracks[0].name}`);
  assert.match(track.viewers[0].address, /\/tcp$/);
  const dropped = async () => (await daemon.metrics()).sum('viewer_queue_dropped_total');
  const [first, before] = [await read(), await dropped()];
  const last = await until(`${watched} frames more`, async () => {
    const now = await read();
    return now.video.frames >= first.video.frames + watched && now;
  }, { every: 100 });
  t.diagnostic(JSON.stringify(last));
  assert.equal(await dropped(), before);
  assert.equal(last.video.lost, 0);
  assert.equal(last.audio.lost, 0);
  assert.ok(last.audio.packets > first.audio.packets);
}

describe('where no UDP comes through', { concurrency: 2 }, () => {
  test('libwebrtc publishes by TCP, and all of it is recorded', async (t) => {
    const daemon = await startRecorder(t);
    const peer = await publish(daemon, 'alice', { fps });
    t.after(() => peer.kill());
    await until('3 s are sent', async () => (await peer.stats()).video.framesSent >= 3 * fps, { deadline: 15_000, every: 200 });
    assert.ok((await open(daemon)) > 0);
    const sent = await peer.stop();
    assert.equal(sent.status, 200);
    const video = await finished(daemon, 'studio/alice/video');
    assertSame(t, 'video frames', video.frames, sent.video.framesSent);
    assert.equal(video.errors, '');
    const audio = await finished(daemon, 'studio/alice/audio');
    assertSame(t, 'audio packets', audio.packets.length, sent.audio.packetsSent);
    await untilNone(daemon);
  });

  test('libwebrtc plays by TCP, and leaves nothing', async (t) => {
    const daemon = await start(t);
    const player = await play(t, 'wrtc', { endpoint: endpointOf(daemon, 'alice'), token });
    await assertPlays(t, daemon, () => player.stats());
    assert.equal((await player.stop()).status, 200);
    await untilViewers(daemon, 0);
    await untilNone(daemon);
  });

  test('a player whose process is killed is gone within 10 s', async (t) => {
    const daemon = await start(t);
    const player = await play(t, 'wrtc', { endpoint: endpointOf(daemon, 'alice'), token });
    await player.kill();
    await untilViewers(daemon, 0, { deadline: 10_000 });
    assert.match(daemon.log(), /viewer left viewer=1 reason="its TCP connection takes nothing any more"/);
  });

  for (const [name, openPage] of Object.entries(browsers)) {
    test(`${name} publishes by TCP, and all of it is recorded`, async (t) => {
      const address = await servePage(t, 'publisher');
      const daemon = await startRecorder(t, [new URL(address).origin]);
      const page = await openPage(t);
      await page.goto(address);
      const endpoint = `${daemon.url}/whip/studio?participant=browser`;
      const settings = { endpoint, token: 'publish-secret', fps, codec: 'VP8' };
      await within(`${name} publishes`, page.evaluate(startPublishing, settings), 30_000);
      assert.ok((await open(daemon)) > 0);
      const sent = await within(`${name} has sent all`, page.evaluate(stopPublishing, 60), 40_000);
      const video = await finished(daemon, 'studio/browser/video');
      assertSame(t, 'video frames', video.frames, sent.video.framesSent);
      assert.equal(video.errors, '');
    });

    test(`${name} plays by TCP`, async (t) => {
      const address = await servePage(t, 'player');
      const daemon = await start(t, { origin: [new URL(address).origin] });
      const page = await openPage(t);
      await page.goto(address);
      await within(`${name} connects`, page.evaluate(startPlaying, { endpoint: endpointOf(daemon, 'alice'), token }), 30_000);
      await assertPlays(t, daemon, () => page.evaluate(readPlaying));
      assert.equal(await page.evaluate(stopPlaying), 200);
      await untilViewers(daemon, 0);
      await untilNone(daemon);
    });
  }

  test('without listen, TCP is all that is offered', async (t) => {
    const daemon = await start(t, { webrtc: { listen: [], listen_tcp: '0.0.0.0:0' } });
    const player = await play(t, 'wrtc', { endpoint: endpointOf(daemon, 'alice'), token });
    await assertPlays(t, daemon, () => player.stats());
    await player.stop();
  });
});
