// What the tests of a Janus room share: Janus on a host of its own, people on another, and spillwayd on this one. Cutting
// the cable `spill` cuts spillwayd off and nobody else.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { cable, here, startHost } from '../../support/hosts.mjs';
import { janusPort, startJanus } from '../../support/janus.mjs';
import { inspect, recordings } from '../../support/media.mjs';
import { recordSubscription, startSpillwayd } from '../../support/spillwayd.mjs';
import { until } from '../../support/wait.mjs';
import { Crowd } from './crowd.mjs';

export const room = 1234;
export const call = 'standup';
export const mediaTimeout = 3000;
export const trackOf = (participant, source) => `${call}/${participant}/${source}`;

/// Janus and the people's side of it: { sfu, plug, janus, crowd, newCrowd }. `plug` is spillwayd's end of the cable.
export async function startRoom(t, { janus: options = {}, rooms = [{ room, publishers: 50 }] } = {}) {
  const [sfu, people] = [await startHost(), await startHost()];
  t.after(() => Promise.all([sfu.end(), people.end()]));
  const [plug] = await cable(here, sfu, 'spill', '10.78.0');
  await cable(sfu, people, 'people', '10.79.0');
  const janus = await startJanus(sfu, { interfaces: ['10.78.', '10.79.'], createdRooms: rooms, ...options });
  t.after(() => janus.stop());
  const newCrowd = () => {
    const crowd = new Crowd(people, { url: `ws://10.79.0.1:${janusPort}/`, room });
    t.after(() => crowd.kill());
    return crowd;
  };
  return { sfu, plug, janus, newCrowd, crowd: newCrowd() };
}

/// spillwayd as a guest of the room. `settings` go into the call, `join` into its join; `adapt` as in startSpillwayd. Its log is
/// printed at the end with SPILLWAY_LOG=1 in the environment.
export async function startGuest(t, { join: more = {}, adapt = () => {}, ...settings } = {}) {
  const daemon = await startSpillwayd(async (config, directory) => {
    const target = { type: 'janus', url: `ws://10.78.0.2:${janusPort}/`, room, display: 'spillway', ...more };
    config.calls = [{ name: call, join: target, media_timeout: `${mediaTimeout}ms`, ...settings }];
    await adapt(config, directory);
  });
  t.after(async () => {
    if (process.env.SPILLWAY_LOG) t.diagnostic(daemon.log());
    await daemon.stop();
  });
  return daemon;
}

export const recordAll = (config, directory) => config.subscriptions.push(recordSubscription(directory));

export const isInState = (metrics, state) => metrics.sum('call_state', { call, state }) === 1;

export function untilState(daemon, state, options = { deadline: 20_000 }) {
  return daemon.untilMetrics(`the call is ${state}`, (metrics) => isInState(metrics, state) && metrics, options);
}

export const received = (metrics, track) => metrics.sum('track_received_packets_total', { track });

/// Until `more` further packets of every track have come.
export async function untilMedia(daemon, tracks, { more = 20, deadline = 15_000 } = {}) {
  const before = await daemon.metrics();
  return daemon.untilMetrics(`media of ${tracks}`, (metrics) => (
    tracks.every((track) => received(metrics, track) >= received(before, track) + more) && metrics
  ), { deadline });
}

export function untilEnded(daemon, tracks, { deadline = 15_000 } = {}) {
  return daemon.untilMetrics(`the end of ${tracks}`, (metrics) => (
    tracks.every((track) => !metrics.has('track_subscribers', { track }))
  ), { deadline });
}

export async function participantsOf(daemon) {
  return (await daemon.api(`/v1/calls/${call}`)).participants;
}

/// Every file of a track that has ended; each must be decodable from its first frame to its last.
export async function assertDecodes(daemon, track, files = 1) {
  const found = await until(`${files} closed recordings of ${track}`, async () => {
    const names = await recordings(join(daemon.directory, 'recordings'), track);
    if (names.length < files) return null;
    const read = await Promise.all(names.map(inspect));
    return read.every(({ duration }) => duration > 0) && read;
  });
  for (const file of found) {
    assert.equal(file.errors, '', track);
    assert.ok(file.frames > 0, `${track}: no frame`);
  }
  return found;
}
