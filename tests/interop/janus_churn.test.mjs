// People come, go, mute and share at random, from a fixed seed: at the end nothing is held that a fresh join would not
// hold. SPILLWAY_LONG: 20 people and 2000 doings; in the first thousand the lines come to be as many as there ever are.
import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../support/wait.mjs';
import { descriptorCount, residentBytes, threadCount, threadNames } from '../support/process.mjs';
import { recordAll, room, startGuest, startRoom, trackOf, untilMedia, untilState } from './janus/scene.mjs';

const long = Boolean(process.env.SPILLWAY_LONG);
const [crowdSize, doings] = long ? [20, 2000] : [6, 60];
const seed = 20;
const sources = ['camera', 'microphone'];
const cheap = { engine: 'packets' };

/// Numbers below `below`, the same on every run (a linear congruential generator, by Numerical Recipes).
function dice(state) {
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/// One who is in the room or not, and what he may do next.
class Person {
  constructor(crowd, name) {
    this.crowd = crowd;
    this.name = name;
    this.reset(null);
  }

  reset(participant) {
    this.participant = participant;
    this.relayed = true;
    this.camera = true;
    this.screen = false;
  }

  async come() {
    this.reset(await this.crowd.publish(this.name, sources, cheap));
  }

  async go() {
    await this.participant.leave();
    this.reset(null);
  }

  get doings() {
    if (!this.participant) return [() => this.come()];
    return [
      () => this.go(),
      () => this.participant.vanish().then(() => this.reset(null)),
      () => this.participant.setRelayed('microphone', (this.relayed = !this.relayed)),
      () => this.participant.setActive('camera', (this.camera = !this.camera)),
      () => this.participant[this.screen ? 'remove' : 'add']('screen').then(() => (this.screen = !this.screen)),
      () => this.participant.unpublish().then(() => this.participant.publish(sources)).then(() => this.reset(this.participant)),
    ];
  }

  get tracks() {
    return sources.map((source) => trackOf(this.name, source));
  }
}

/// Two at a time, each of whom does one thing.
async function commotion(people, onTurn) {
  const roll = dice(seed);
  for (let done = 0; done < doings; done += 2) {
    const first = roll(people.length);
    const both = [people[first], people[(first + 1 + roll(people.length - 1)) % people.length]];
    await Promise.all(both.map(({ doings: possible }) => possible[roll(possible.length)]()));
    await onTurn();
  }
}

async function holdings(daemon) {
  const metrics = await daemon.metrics();
  return {
    tracks: metrics.sum('tracks'),
    draining: metrics.sum('tracks_draining'),
    subscribers: metrics.sum('subscribers'),
    peers: metrics.sum('peers'),
    threads: await threadCount(daemon.pid),
    descriptors: await descriptorCount(daemon.pid),
  };
}

/// No more than the fresh one, and of what has a name exactly as much.
async function assertAsFresh(t, worn, fresh) {
  let pair;
  const alike = async () => {
    pair = { worn: await holdings(worn), fresh: await holdings(fresh) };
    return Object.entries(pair.fresh).every(([what, count]) => (
      ['threads', 'descriptors'].includes(what) ? pair.worn[what] <= count : pair.worn[what] === count
    ));
  };
  const error = await until('as a fresh join', alike, { deadline: 40_000, every: 500 }).then(() => null, (late) => late);
  t.diagnostic(JSON.stringify(pair));
  const named = error && JSON.stringify([await threadNames(worn.pid), await threadNames(fresh.pid)]);
  assert.equal(error, null, `${error?.message}: ${JSON.stringify(pair)}; threads: ${named}`);
}

/// Flat: what the last quarter needed at most is what the third did.
function assertFlat(t, sizes) {
  const quarter = Math.floor(sizes.length / 4);
  const most = (from) => Math.max(...sizes.slice(from, from + quarter)) / 2 ** 20;
  const [third, last] = [most(2 * quarter), most(3 * quarter)];
  t.diagnostic(`RSS in MiB: ${most(0).toFixed(1)}, ${most(quarter).toFixed(1)}, ${third.toFixed(1)}, ${last.toFixed(1)} by quarter`);
  assert.ok(last <= third * 1.05, `${last} MiB after ${third} MiB`);
}

const everybody = (people) => people.flatMap(({ tracks }) => tracks);

test(`${crowdSize} people in ${doings} doings leave nothing behind`, async (t) => {
  const { crowd } = await startRoom(t);
  const worn = await startGuest(t, { adapt: recordAll });
  await untilState(worn, 'joined');
  const people = Array.from({ length: crowdSize }, (_, i) => new Person(crowd, `person-${i + 1}`));
  const sizes = [];
  await commotion(people, async () => sizes.push(await residentBytes(worn.pid)));
  for (const person of people) {
    if (person.participant) await person.go();
  }
  await worn.untilMetrics('an empty room', (metrics) => metrics.sum('tracks') === 0, { deadline: 20_000 });
  for (const person of people) await person.come();
  await untilMedia(worn, everybody(people), { more: 10, deadline: 30_000 });
  assert.equal((await worn.metrics()).sum('call_reconnects_total'), 0, 'one peer all the time');

  const fresh = await startGuest(t, { adapt: recordAll, join: { display: 'fresh' } });
  await untilMedia(fresh, everybody(people), { more: 10, deadline: 30_000 });
  assertFlat(t, sizes);
  await assertAsFresh(t, worn, fresh);
});

test('ten publish at once, all change at once, and all are there', async (t) => {
  const { crowd, janus } = await startRoom(t);
  const daemon = await startGuest(t, { adapt: recordAll });
  await untilState(daemon, 'joined');
  const people = Array.from({ length: 10 }, (_, i) => new Person(crowd, `person-${i + 1}`));
  for (const storm of ['come', 'publish anew', 'share a screen', 'go']) {
    const start = performance.now();
    await Promise.all(people.map(async (person) => {
      if (storm === 'come') return person.come();
      if (storm === 'share a screen') return person.participant.add('screen');
      if (storm === 'go') return person.go();
      await person.participant.unpublish();
      return person.participant.publish(sources);
    }));
    const screens = storm === 'share a screen' ? people.map(({ name }) => trackOf(name, 'screen')) : [];
    if (storm !== 'go') await untilMedia(daemon, [...everybody(people), ...screens], { more: 5, deadline: 20_000 });
    t.diagnostic(`${storm}: all there after ${Math.round(performance.now() - start)} ms`);
  }
  await daemon.untilMetrics('an empty room', (metrics) => metrics.sum('tracks') === 0, { deadline: 20_000 });
  assert.equal((await janus.participants(room)).filter(({ display }) => display.startsWith('person')).length, 0);
  const metrics = await daemon.metrics();
  assert.equal(metrics.sum('call_reconnects_total'), 0);
  assert.equal(metrics.sum('peers'), 1);
});
