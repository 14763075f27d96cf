// What ends a call for good, what does not, and that neither becomes a storm of attempts.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { until } from '../support/wait.mjs';
import { call, room, startGuest, startRoom, trackOf, untilMedia, untilState } from './janus/scene.mjs';

/// The state is `left`, says why, and no attempt follows.
async function assertLeftForGood(t, daemon, janus, reason) {
  await untilState(daemon, 'left');
  const { detail } = await daemon.api(`/v1/calls/${call}`);
  t.diagnostic(`left: ${detail}`);
  assert.match(detail, reason);
  const before = (await daemon.metrics()).sum('call_reconnects_total');
  const sessions = async () => (await janus.subscribers()).length;
  await until('its session is closed', async () => (await sessions()) === 0);
  await assert.rejects(
    daemon.untilMetrics('a further attempt', (metrics) => metrics.sum('call_reconnects_total') > before, { deadline: 3000 }),
  );
  await untilState(daemon, 'left');
  const metrics = await daemon.metrics();
  assert.equal(metrics.sum('tracks'), 0);
  assert.equal(metrics.sum('peers'), 0);
}

async function pinFile(directory, pin) {
  const file = join(directory, 'pin');
  await writeFile(file, `${pin}\n`, { mode: 0o600 });
  return { file };
}

const withPin = (pin) => async (config, directory) => {
  config.calls[0].join.pin = await pinFile(directory, pin);
};

test('the right pin opens a room, a wrong one ends the call for good', async (t) => {
  const { janus, crowd } = await startRoom(t, { rooms: [{ room, publishers: 6, pin: 'sesame' }] });
  const right = await startGuest(t, { adapt: withPin('sesame') });
  await untilState(right, 'joined');
  await crowd.publish('alice', ['camera'], { engine: 'packets', pin: 'sesame' });
  await untilMedia(right, [trackOf('alice', 'camera')]);
  await right.stop();
  const wrong = await startGuest(t, { adapt: withPin('open') });
  await assertLeftForGood(t, wrong, janus, /pin|unauthori[sz]ed/i);
});

test('a wrong apisecret ends the call for good, the right one does not', async (t) => {
  const { janus } = await startRoom(t, { janus: { apiSecret: 'sesame' } });
  const secret = (value) => async (config, directory) => {
    const file = join(directory, 'secret');
    await writeFile(file, `${value}\n`, { mode: 0o600 });
    config.calls[0].join.apisecret = { file };
  };
  const right = await startGuest(t, { adapt: secret('sesame') });
  await untilState(right, 'joined');
  await right.stop();
  await assertLeftForGood(t, await startGuest(t, { adapt: secret('open') }), janus, /secret|unauthori[sz]ed/i);
});

test('a room that does not exist yet is joined once it does', async (t) => {
  const { janus, crowd } = await startRoom(t, { rooms: [] });
  const daemon = await startGuest(t);
  const attempts = (metrics) => metrics.sum('call_reconnects_total');
  await daemon.untilMetrics('two attempts', (metrics) => attempts(metrics) >= 2, { deadline: 20_000 });
  assert.notEqual((await daemon.api(`/v1/calls/${call}`)).state, 'left');
  await janus.room({ request: 'create', room, publishers: 6 });
  await untilState(daemon, 'joined', { deadline: 35_000 });
  assert.ok(attempts(await daemon.metrics()) < 15, 'no storm');
  await crowd.publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')]);
});

test('a destroyed room is left for good', async (t) => {
  const { janus, crowd } = await startRoom(t);
  const daemon = await startGuest(t);
  await crowd.publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')]);
  await janus.room({ request: 'destroy', room });
  await assertLeftForGood(t, daemon, janus, /destroyed|no such room/i);
});

test('who was kicked does not come back', async (t) => {
  const { janus, crowd } = await startRoom(t);
  const daemon = await startGuest(t);
  await crowd.publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')]);
  const { id } = (await janus.participants(room)).find(({ display }) => display === 'spillway');
  await janus.room({ request: 'kick', room, id });
  await assertLeftForGood(t, daemon, janus, /kicked/i);
});

test('a call that is left says good-bye: nobody of us is in the room', async (t) => {
  const { janus } = await startRoom(t);
  const daemon = await startGuest(t);
  await untilState(daemon, 'joined');
  assert.equal((await janus.participants(room)).length, 1);
  daemon.signal('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
  assert.equal((await janus.participants(room)).length, 0);
  assert.equal((await janus.sessions()).length, 0);
});
