// What the tests of viewers share: a daemon with egress whose synthetic people are alice (VP8) and bob (H.264).
import assert from 'node:assert/strict';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';

export const call = 'demo';
export const picture = { width: 640, height: 360, fps: 25 };
export const token = 'view-secret';

export const endpointOf = (daemon, participant, source = '') => (
  `${daemon.url}/whep/${call}/${participant}${source && `/${source}`}`
);

/// The names of the sources that a participant has now: { video, audio }.
export async function sourcesOf(daemon, participant) {
  const tracks = (await daemon.api('/v1/tracks')).tracks.filter((track) => track.call === call && track.participant === participant);
  const of = (kind) => tracks.find((track) => track.kind === kind)?.source;
  return { video: of('video'), audio: of('audio') };
}

/// Its people are there, with both tracks. `address` is what it listens on for everything; its log is printed at the end
/// with SPILLWAY_LOG=1 in the environment.
export async function startStage(t, { participants = 1, address = '127.0.0.1', media = '0.0.0.0', adapt = () => {} } = {}) {
  const daemon = await startSpillwayd(async (config, directory) => {
    config.http.listen = config.http.listen.replace('127.0.0.1', address);
    config.webrtc = { listen: `${media}:0` };
    config.calls.push({ name: call, join: { type: 'test', participants, ...picture } });
    await adapt(config, directory);
  });
  t.after(async () => {
    if (process.env.SPILLWAY_LOG) t.diagnostic(daemon.log());
    await daemon.stop();
  });
  await daemon.untilMetrics('everybody sends', (metrics) => (
    metrics.all('track_received_packets_total').filter(({ value }) => value > 10).length >= 2 * participants
  ), { deadline: 20_000 });
  return daemon;
}

/// Sessions: of those the metrics count the tracks.
export const viewers = async (daemon) => (await daemon.api('/v1/status')).counts.viewers;

export function untilViewers(daemon, count, options) {
  return until(`${count} viewers`, async () => (await viewers(daemon)) === count, options);
}

/// problem+json (RFC 9457) that says the same status.
export async function assertProblem(response, status) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = JSON.parse(text);
  assert.equal(problem.status, status);
  for (const key of ['type', 'title', 'detail']) assert.equal(typeof problem[key], 'string', key);
  return problem;
}
