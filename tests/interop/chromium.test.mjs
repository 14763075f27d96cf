// Headless Chromium with its fake camera and microphone publishes from a page of another origin.
import assert from 'node:assert/strict';
import test from 'node:test';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { within } from '../support/wait.mjs';
import { openBrowser, servePage } from './browser.mjs';
import { assertSame, finished } from './checks.mjs';
import { startPublishing, stopPublishing } from './page.mjs';

async function publish(t, codec, frames) {
  const address = await servePage(t, 'publisher');
  const daemon = await startSpillwayd((config, directory) => {
    config.http.cors = [new URL(address).origin];
    config.subscriptions.push(recordSubscription(directory));
  });
  t.after(() => daemon.stop());
  const page = await openBrowser(t);
  await page.goto(address);
  const endpoint = `${daemon.url}/whip/studio?participant=browser`;
  const settings = { endpoint, token: 'publish-secret', fps: 15, codec };
  await within('Chromium publishes', page.evaluate(startPublishing, settings), 30_000);
  const sent = await within('Chromium has sent all', page.evaluate(stopPublishing, frames), 40_000);
  assert.equal(sent.status, 200);
  const video = await finished(daemon, 'studio/browser/video');
  assert.equal(video.errors, '');
  assert.equal(video.codec, codec.toLowerCase());
  assertSame(t, 'video frames', video.frames, sent.video.framesSent);
  assertSame(t, 'video seconds', video.seconds, sent.seconds);
  return { daemon, sent };
}

test('Chromium publishes ten seconds by WHIP across origins and all of it is recorded', async (t) => {
  const { daemon, sent } = await publish(t, 'VP8', 150);
  const audio = await finished(daemon, 'studio/browser/audio');
  assert.equal(audio.errors, '');
  assertSame(t, 'audio packets', audio.packets.length, sent.audio.packetsSent);
});

for (const codec of ['H264', 'VP9'])
  test(`what Chromium publishes in ${codec} is recorded`, (t) => publish(t, codec, 100));
