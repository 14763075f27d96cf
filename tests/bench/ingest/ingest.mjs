// What a publisher of 720p costs, 240 packets a second each: while nobody watches, beside Janus' VideoRoom and a floor that only
// reads and decrypts; and with a viewer each, how long a packet is inside.
//   tests/support/isolated.sh node tests/bench/ingest/ingest.mjs [--short] [--publishers N]… [--only NAME]…
//     [--daemon NAME=PATH]… [--guest] [--json]
// --daemon: further builds, beside the one in build/release. --only: Spillway, Janus, floor or such a NAME. --guest: instead, as
// guests of a Janus room where so many send. --json: the figures alone. Ends with 1 when a target is missed; with --only,
// --guest or --json nothing is judged.
import { join as path } from 'node:path';
import { parseArgs } from 'node:util';
import { buildGo } from '../../support/go.mjs';
import { cable, here, startHost } from '../../support/hosts.mjs';
import { root } from '../../support/spillwayd.mjs';
import { judge } from '../judge.mjs';
import { buildViewers } from '../viewers/viewers.mjs';
import { startFloor, startGuest, startJanusRoom, startSpillway } from './servers.mjs';
import { targetsOf } from './targets.mjs';
import { measureUnwatched, tellUnwatched } from './unwatched.mjs';
import { measureWatched, tellWatched } from './watched.mjs';

const flag = { type: 'boolean', default: false };
const list = { type: 'string', multiple: true, default: [] };
const { values: options } = parseArgs({ options: { short: flag, guest: flag, json: flag, publishers: list, only: list, daemon: list } });

const times = options.short ? { rounds: 3, rest: 300, steady: 1500 } : { rounds: 5, rest: 1000, steady: 4000 };
const crowds = options.short ? { unwatched: [10], watched: [10], alone: [] } : { unwatched: [1, 4, 10, 50], watched: [1, 50], alone: [100] };
const counts = options.publishers.map(Number);
const bad = counts.find((count) => !(count >= 1 && count <= 100));
if (bad !== undefined) throw new Error(`--publishers ${options.publishers[counts.indexOf(bad)]}: a number from 1 to 100`);
if (counts.length > 0) Object.assign(crowds, { unwatched: counts, watched: counts, alone: [] });

const builds = [{ name: 'Spillway' }, ...options.daemon.map((given) => {
  const [name, build] = given.split('=');
  if (!build) throw new Error(`--daemon ${given}: NAME=PATH`);
  return { name, build };
})];
const others = options.guest ? [] : [{ name: 'floor', start: startFloor }, { name: 'Janus', start: startJanusRoom }];
const names = [...builds, ...others].map(({ name }) => name);
const unknown = options.only.find((name) => !names.includes(name));
if (unknown) throw new Error(`--only ${unknown}: one of ${names.join(', ')}`);

const wanted = ({ name }) => options.only.length === 0 || options.only.includes(name);
const startBuild = options.guest ? startGuest : startSpillway;
const daemons = builds.filter(wanted).map((one) => (stage) => startBuild(stage, one));
const starts = [...daemons, ...others.filter(wanted).map(({ start }) => start)];

async function measureAll(stage) {
  const [unwatched, watched] = [[], []];
  const keep = (rows, tell) => (row) => {
    rows.push(row);
    if (!options.json) tell(row);
  };
  for (const count of crowds.unwatched) (await measureUnwatched(starts, stage, count, times)).forEach(keep(unwatched, tellUnwatched));
  if (options.guest) return { unwatched, watched };
  for (const count of crowds.alone) (await measureUnwatched(daemons.slice(0, 1), stage, count, times)).forEach(keep(unwatched, tellUnwatched));
  for (const count of crowds.watched)
    for (const start of daemons) keep(watched, tellWatched)(await measureWatched(start, stage, count, times));
  return { unwatched, watched };
}

const goOf = (name) => buildGo(path(root, `tests/bench/${name}`));
const floorOf = (name) => path(root, `build/release/tests/bench/bench_${name}_floor`);
const built = { publishers: await goOf('ingest/publishers'), viewers: await buildViewers(), tap: await goOf('egress/tap.go') };
const programs = Object.fromEntries(Object.entries(built).map(([name, { program }]) => [name, program]));
const far = await startHost();
let measured;
try {
  const [plug] = await cable(here, far, 'pub', '10.78.0');
  let port = 8189;
  measured = await measureAll({
    far, plug: plug.name, address: '10.78.0.1', farAddress: '10.78.0.2', nextPort: () => port++,
    programs: { ...programs, floor: floorOf('ingest'), lateness: floorOf('egress') },
  });
} finally {
  await Promise.all([far.end(), ...Object.values(built).map((one) => one.remove())]);
}
if (options.json) console.log(JSON.stringify(measured));
const judged = !options.json && !options.guest && options.only.length === 0;
process.exit(judged && !judge(targetsOf(measured), options) ? 1 : 0);
