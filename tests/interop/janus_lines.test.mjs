// Janus gives the lines of those who left to those who come: what is recorded stays whole, and names stay.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { aWindowOf, until } from '../support/wait.mjs';
import {
  assertDecodes, mediaTimeout, participantsOf, recordAll, room, startGuest, startRoom, trackOf, untilEnded, untilMedia, untilState,
} from './janus/scene.mjs';

const sources = ['camera', 'microphone'];
const tracksOf = (name) => sources.map((source) => trackOf(name, source));

async function start(t, options) {
  const scene = await startRoom(t);
  const daemon = await startGuest(t, { adapt: recordAll, ...options });
  await untilState(daemon, 'joined');
  return { ...scene, daemon };
}

/// Frames that the encoder made against those in the recordings; `missed` were sent before the recording began.
function assertWhole(t, what, files, sent, missed) {
  const frames = files.reduce((sum, file) => sum + file.frames, 0);
  t.diagnostic(`${what}: ${frames} frames recorded, ${sent} sent, ${missed} of them before`);
  assert.ok(frames >= (sent - missed) * 0.98 - 1, `${what}: ${frames} of ${sent - missed}`);
}

test('three generations on the same lines beside one who stays and loses nothing', async (t) => {
  const { janus, crowd, daemon } = await start(t);
  const bob = await crowd.publish('bob', sources);
  await untilMedia(daemon, tracksOf('bob'));
  const missed = (await bob.stats()).camera.framesSent;
  for (const name of ['alice', 'dave', 'erin']) {
    const guest = await crowd.publish(name, sources);
    await untilMedia(daemon, tracksOf(name), { more: 45 });
    assert.ok((await guest.stats()).camera.pliCount > 0, `${name} was asked for a keyframe, not bob, who was there first`);
    await guest.leave();
    await untilEnded(daemon, tracksOf(name));
  }
  const [{ handles }] = await janus.subscribers();
  assert.equal(handles.length, 1);
  assert.equal(handles[0].plugin_specific.streams.length, 4, 'three generations went over two lines');
  const metrics = await untilMedia(daemon, tracksOf('bob'));
  for (const track of tracksOf('bob')) assert.equal(metrics.sum('track_lost_packets_total', { track }), 0, track);
  const sent = (await bob.stats()).camera.framesSent;
  await bob.leave();
  await untilEnded(daemon, tracksOf('bob'));
  for (const name of ['alice', 'dave', 'erin']) {
    for (const track of tracksOf(name)) await assertDecodes(daemon, track);
  }
  const files = await assertDecodes(daemon, trackOf('bob', 'camera'));
  assert.equal(files.length, 1, 'the recording of the one who stayed was never interrupted');
  assertWhole(t, 'bob', files, sent, missed);
  await assertDecodes(daemon, trackOf('bob', 'microphone'));
  assert.equal((await daemon.metrics()).sum('call_reconnects_total'), 0);
});

test('a camera that goes off and on comes back under its name, with the same SSRC and with a new one', async (t) => {
  const { crowd, daemon } = await start(t);
  const [camera, microphone] = tracksOf('alice');
  const alice = await crowd.publish('alice', sources);
  await untilMedia(daemon, [camera, microphone]);
  const { ssrc } = (await alice.stats()).camera;
  for (let round = 0; round < 2; round++) {
    await alice.setActive('camera', false);
    await untilMedia(daemon, [microphone], { more: 50 });
    await alice.setActive('camera', true);
    await untilMedia(daemon, [camera, microphone]);
  }
  assert.equal((await alice.stats()).camera.ssrc, ssrc);
  await alice.unpublish();
  await untilEnded(daemon, [camera, microphone]);
  await alice.publish(sources);
  await untilMedia(daemon, [camera, microphone]);
  assert.notEqual((await alice.stats()).camera.ssrc, ssrc);
  await alice.leave();
  await untilEnded(daemon, [camera, microphone]);
  await assertDecodes(daemon, camera, 2);
  await assertDecodes(daemon, microphone, 2);
  assert.equal((await participantsOf(daemon)).length, 0);
});

test('who subscribes gets a keyframe, because the wish for one reaches the publisher behind Janus', async (t) => {
  const { crowd, daemon } = await start(t);
  for (const name of ['alice', 'dave']) { // dave on the line that alice had
    const guest = await crowd.publish(name, sources);
    const [camera] = tracksOf(name);
    await untilMedia(daemon, tracksOf(name), { more: 45 });
    await aWindowOf(1000); // the wishes of the beginning are answered
    const before = { ...(await guest.stats()).camera, ...(await daemon.api(`/v1/tracks/${camera}`)).keyframes };
    await daemon.api('/v1/subscriptions', {
      name, tracks: camera, output: { type: 'record', directory: join(daemon.directory, name), files: 'track' },
    });
    // A keyframe may come unasked as well.
    await until('the wish is with the publisher', async () => (
      (await guest.stats()).camera.pliCount > before.pliCount
    ), { deadline: 2_000 });
    await daemon.untilMetrics('a keyframe', (metrics) => (
      metrics.sum('track_keyframes_total', { track: camera }) > before.received
    ), { deadline: 2_000 });
    await guest.leave();
    await untilEnded(daemon, tracksOf(name));
  }
});

test('muted by a moderator or by oneself is silence, not the end of the call', async (t) => {
  const { janus, crowd, daemon } = await start(t);
  const [camera, microphone] = tracksOf('alice');
  const alice = await crowd.publish('alice', sources);
  await untilMedia(daemon, [camera, microphone]);
  await janus.room({ request: 'moderate', room, id: alice.id, mid: alice.mids.microphone, mute: true });
  await untilMedia(daemon, [camera]);
  await janus.room({ request: 'moderate', room, id: alice.id, mid: alice.mids.microphone, mute: false });
  await untilMedia(daemon, [camera, microphone]);
  await alice.setRelayed('camera', false);
  await untilMedia(daemon, [microphone], { more: 50 });
  await alice.setRelayed('camera', true);
  await untilMedia(daemon, [camera, microphone]);
  await alice.leave();
  await untilEnded(daemon, [camera, microphone]);
  await assertDecodes(daemon, camera);
});

test('a screen share comes and goes beside a camera that loses nothing', async (t) => {
  const { crowd, daemon } = await start(t);
  const alice = await crowd.publish('alice', sources);
  const screen = trackOf('alice', 'screen');
  await untilMedia(daemon, tracksOf('alice'));
  for (let round = 1; round <= 2; round++) {
    await alice.add('screen');
    await untilMedia(daemon, [screen, ...tracksOf('alice')]);
    await alice.remove('screen');
    await untilEnded(daemon, [screen]);
    await assertDecodes(daemon, screen, round);
  }
  const metrics = await untilMedia(daemon, tracksOf('alice'));
  for (const track of tracksOf('alice')) assert.equal(metrics.sum('track_lost_packets_total', { track }), 0, track);
});

test('a second video that nobody described is a screen, or at least another track', async (t) => {
  const { crowd, daemon } = await start(t);
  await crowd.publish('alice', ['camera', 'screen'], { describe: false });
  const tracks = await until('two tracks', async () => {
    const list = (await daemon.api(`/v1/calls/standup`)).tracks;
    return list.length === 2 && list;
  });
  assert.ok(tracks.includes(trackOf('alice', 'camera')), `${tracks}`);
  await untilMedia(daemon, tracks);
});

test('a room that everybody left is silent, not lost', async (t) => {
  const { crowd, daemon } = await start(t);
  const alice = await crowd.publish('alice', sources);
  await untilMedia(daemon, tracksOf('alice'));
  await alice.leave();
  await untilEnded(daemon, tracksOf('alice'));
  const lost = (metrics) => metrics.sum('call_reconnects_total') + metrics.sum('peer_lost_total') > 0;
  await assert.rejects(daemon.untilMetrics('a loss', lost, { deadline: 2.5 * mediaTimeout }));
  await crowd.publish('bob', sources);
  await untilMedia(daemon, tracksOf('bob'));
});

const isName = /^[A-Za-z0-9._-]{1,64}$/;
const displays = ['../x', '', 'x'.repeat(10_000), '🦊🎥', '..', 'twin', 'twin'];

test('whatever people call themselves, each has a name and tracks of their own, and no path is left', async (t) => {
  const { crowd, daemon } = await start(t);
  for (const display of displays) await crowd.publish(display, ['camera'], { engine: 'packets' });
  const participants = await until('all are there', async () => {
    const list = await participantsOf(daemon);
    return list.length === displays.length && list;
  });
  const names = participants.map(({ name }) => name);
  t.diagnostic(`names: ${names.map((name) => name.slice(0, 20))}`);
  for (const name of names) assert.match(name, isName);
  assert.equal(new Set(names).size, displays.length);
  assert.ok(!names.includes('..') && !names.includes('.'), 'no name is a path');
  assert.equal(participants.filter(({ display }) => display === 'twin').length, 2);
  assert.ok(participants.some(({ display }) => display === '🦊🎥'), 'the display name is kept beside');
  await untilMedia(daemon, names.map((name) => trackOf(name, 'camera')));
  const folders = await readdir(join(daemon.directory, 'recordings'));
  assert.deepEqual(folders, ['standup']);
  assert.deepEqual(new Set(await readdir(join(daemon.directory, 'recordings/standup'))), new Set(names));
});
