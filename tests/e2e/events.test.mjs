// The stream of events of the real daemon, while calls and subscriptions come and go by the API.
import assert from 'node:assert/strict';
import test from 'node:test';
import { followEvents } from '../support/events.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { until, within } from '../support/wait.mjs';

async function follow(t, daemon, headers) {
  const events = await followEvents(daemon, headers);
  t.after(() => events.close());
  return events;
}

const forward = {
  name: 'forward', tracks: 'demo/*/camera', output: { type: 'rtp', host: '127.0.0.1', port: 40000 },
};

test('subscribers that come and go are told, and a client that comes back misses none', async (t) => {
  const daemon = await startSpillwayd();
  t.after(() => daemon.stop());
  const first = await follow(t, daemon);
  assert.equal(first.response.status, 200);
  assert.equal(first.response.headers.get('content-type'), 'text/event-stream');
  await daemon.api('/v1/subscriptions', forward);
  await daemon.api('/v1/calls', { name: 'demo', join: { type: 'test', participants: 1 } });
  const told = ({ seen }, state) => seen.find((one) => one.event === 'subscriber' && one.state === state);
  const attached = await until('attached', () => told(first, 'attached'), { deadline: 20_000 });
  assert.equal(attached.subscription, 'forward');
  assert.match(attached.track, /^demo\/alice\//);
  await first.close();

  const response = await daemon.request('/v1/calls/demo', { method: 'DELETE' });
  assert.equal(response.status, 204);
  assert.equal((await daemon.request('/v1/calls/demo', { method: 'DELETE' })).status, 404);
  const second = await follow(t, daemon, { 'last-event-id': attached.id });
  const detached = await until('detached', () => told(second, 'detached'));
  assert.equal(detached.detail, 'track ended');
  assert.ok(!second.seen.some(({ event }) => event === 'reset'));
  assert.ok(BigInt(detached.id) > BigInt(attached.id));

  daemon.signal('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
  await within('the end of the stream', second.ended.catch(() => {}));
});

test('a call is joined and left by the API, in JSON and in YAML', async (t) => {
  const daemon = await startSpillwayd();
  t.after(() => daemon.stop());
  const post = (type, body) => daemon.request('/v1/calls', { method: 'POST', headers: { 'content-type': type }, body });
  const created = await post('application/yaml', 'name: demo\njoin: {type: test, participants: 2}\n');
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('location'), '/v1/calls/demo');
  assert.equal((await created.json()).state, 'joined');
  assert.equal((await post('application/json', '{"name": "demo", "join": {"type": "whip"}}')).status, 409);
  assert.equal((await post('text/plain', 'name: other\njoin: {type: whip}\n')).status, 415);
  const refused = await post('application/json', '{"name": "gate", "join": {"type": "whep", "url": "ftp://a"}}');
  assert.equal(refused.status, 422);
  assert.match((await refused.json()).errors[0], /join\.url: .*https/);
  await daemon.untilMetrics('tracks', (metrics) => metrics.sum('tracks') === 4, { deadline: 20_000 });
  assert.equal((await daemon.request('/v1/calls/demo', { method: 'DELETE', token: 'view' })).status, 403);
  assert.equal((await daemon.request('/v1/calls/demo', { method: 'DELETE' })).status, 204);
  const metrics = await daemon.metrics();
  assert.equal(metrics.sum('tracks'), 0);
  assert.equal(metrics.all('call_state', { call: 'demo' }).length, 0);
});
