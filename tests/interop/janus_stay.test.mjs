// Whatever becomes of the SFU or of the path to it, spillwayd is back in the call by itself: soon, once, with the same
// subscribers. SPILLWAY_LONG makes the outages as long as they get.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cut, here, stunOn, tcpPort, udpOn } from '../support/hosts.mjs';
import { janusPort } from '../support/janus.mjs';
import { aWindowOf, until } from '../support/wait.mjs';
import {
  assertDecodes, isInState, recordAll, room, startGuest, startRoom, trackOf, untilEnded, untilMedia, untilState,
} from './janus/scene.mjs';

const long = Boolean(process.env.SPILLWAY_LONG);
const seconds = (short, whole) => (long ? whole : short) * 1000;
const grace = 3000;
const worstBackoff = 30_000;
const attemptsPerMinute = 12;
const sources = ['camera', 'microphone'];
const tracks = sources.map((source) => trackOf('alice', source));

/// Asks all the time; `end()` judges that no subscriber was ever gone, or began to count from zero.
function watchSubscribers(daemon) {
  const last = new Map();
  const wrong = [];
  let running = true;
  const look = async () => {
    const metrics = await daemon.metrics();
    for (const track of tracks) {
      const [sample] = metrics.all('queue_received_total', { subscription: 'archive', track });
      if (!sample) wrong.push(`${track}: no subscriber`);
      else if (sample.value < (last.get(track) ?? 0)) wrong.push(`${track}: ${sample.value} after ${last.get(track)}`);
      else last.set(track, sample.value);
    }
  };
  const looking = (async () => {
    for (; running; await aWindowOf(200)) await look();
  })();
  return {
    end: async () => {
      running = false;
      await looking;
      assert.deepEqual([...new Set(wrong)], []);
    },
  };
}

/// Longest wait that was announced since `from` characters of the log.
function backoff(daemon, from) {
  const waits = [...daemon.log().slice(from).matchAll(/retry_in_ms=(\d+)/g)].map(([, wait]) => Number(wait));
  return Math.max(0, ...waits);
}

const delivered = (metrics, track) => metrics.sum('queue_delivered_total', { subscription: 'archive', track });

/// Handed over to the recorder: after a gap of video that is from a keyframe on.
async function untilDelivered(daemon, { more, deadline }) {
  const before = await daemon.metrics();
  await daemon.untilMetrics('media is recorded again', (metrics) => (
    tracks.every((track) => delivered(metrics, track) >= delivered(before, track) + more)
  ), { deadline });
}

/// Nobody but ours subscribes, and ours once.
async function assertOneSession(janus) {
  let found;
  await until('one subscription', async () => {
    found = await janus.subscribers();
    return found.length === 1 && found[0].handles.length === 1;
  }, { deadline: 5000 }).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(found.map(({ session, handles }) => [session, handles.length]))}`));
}

/// `outage` causes it, waits and ends it; media must flow `grace` and a backoff later.
async function survive(t, outage, { janus: options } = {}) {
  const scene = await startRoom(t, { janus: options });
  const daemon = await startGuest(t, { adapt: recordAll });
  await untilState(daemon, 'joined');
  scene.alice = await scene.crowd.publish('alice', sources);
  await untilMedia(daemon, tracks);
  await assertOneSession(scene.janus);
  const subscribers = watchSubscribers(daemon);
  const [from, begin] = [daemon.log().length, performance.now()];
  await outage(scene);
  const healed = performance.now();
  await untilDelivered(daemon, { more: 5, deadline: grace + worstBackoff });
  const took = performance.now() - healed;
  const wait = backoff(daemon, from);
  const metrics = await untilState(daemon, 'joined');
  const reconnects = metrics.sum('call_reconnects_total');
  t.diagnostic(`back after ${Math.round(took)} ms, backoff up to ${wait} ms, ${reconnects} reconnects`);
  await assertOneSession(scene.janus);
  await subscribers.end();
  assert.ok(took <= grace + wait, `${took} ms, with a backoff of ${wait} ms`);
  const minutes = Math.ceil((performance.now() - begin) / 60_000);
  assert.ok(reconnects <= attemptsPerMinute * minutes, `${reconnects} attempts in ${minutes} minutes`);
  await stayed(daemon, scene);
}

/// It is really back: still joined and fed after a while, and what was recorded decodes.
async function stayed(daemon, { alice }) {
  await untilMedia(daemon, tracks, { more: 60 });
  assert.ok(isInState(await daemon.metrics(), 'joined'));
  await alice.leave();
  await untilEnded(daemon, tracks);
  for (const track of tracks) await assertDecodes(daemon, track);
}

/// People whose connection was lost as well come again. Janus may take a minute to see that they are gone.
async function comeAgain(scene) {
  await scene.crowd.kill();
  await until('their places are free', async () => {
    const present = await scene.janus.participants(room).catch(() => null);
    const former = present?.filter(({ display }) => display === 'alice');
    for (const { id } of former ?? []) await scene.janus.room({ request: 'kick', room, id }).catch(() => null);
    return former?.length === 0;
  }, { deadline: 20_000 });
  scene.alice = await scene.newCrowd().publish('alice', sources);
}

test('Janus is killed and starts again after 5 s', (t) => survive(t, async (scene) => {
  await scene.janus.kill();
  await aWindowOf(5000);
  await scene.janus.start();
  await comeAgain(scene);
}));

test('Janus is frozen', (t) => survive(t, async (scene) => {
  const time = seconds(15, 60);
  scene.janus.freeze();
  await aWindowOf(time);
  scene.janus.thaw();
  if (time > 20_000) await comeAgain(scene); // theirs have given up by then
}));

/// The path to Janus loses what matches.
const losing = (rules, time) => async ({ plug }) => {
  const heal = await cut(here, rules(plug));
  await aWindowOf(time);
  await heal();
};

const outages = [
  ['the port of its WebSocket is cut', () => tcpPort(janusPort), seconds(15, 60)],
  ['UDP is cut', udpOn, seconds(6.4, 60)], // in the midst of an attempt, whose first checks are all lost
  ['STUN alone is cut', stunOn, seconds(12, 60)],
];
for (const [name, rules, time] of outages) test(name, (t) => survive(t, losing(rules, time)));

test('the WebSocket is cut where sessions can be reclaimed', (t) => (
  survive(t, losing(() => tcpPort(janusPort), seconds(10, 60)), { janus: { reclaimTimeout: 120 } })
));

for (const time of long ? [5, 20, 60] : [5]) {
  test(`the link is down for ${time} s`, (t) => survive(t, async ({ plug }) => {
    await plug.down();
    await aWindowOf(time * 1000);
    await plug.up();
  }));
}
