// What a publisher of 720p costs, 240 packets a second each: while nobody watches, beside Janus' VideoRoom and a floor that only
// reads and decrypts; and with a viewer each, how long a packet is inside.
//   tests/support/isolated.sh node tests/bench/ingest/ingest.mjs [--short] [--publishers N]… [--only NAME]…
//     [--daemon NAME=PATH]… [--peer 'NAME=URL COMMAND']… [--guest] [--realtime] [--json]
// --daemon: further builds, beside the one in build/release. --peer: any server that takes WHIP at URL, where %d is a publisher's
// number, on 10.78.0.1. --only: Spillway, Janus, floor or such a NAME. --guest: instead, as guests of a Janus room where so many
// send. --realtime: servers go before everything else, not only as our unit has it. --json: the figures alone.
// Ends with 1 when a target is missed; with --only, --guest or --json nothing is judged.
import { join as path } from 'node:path';
import { buildGo } from '../../support/go.mjs';
import { cable, here, startHost } from '../../support/hosts.mjs';
import { root } from '../../support/spillwayd.mjs';
import { judge } from '../judge.mjs';
import { buildViewers } from '../viewers/viewers.mjs';
import { readOptions } from './options.mjs';
import { startFloor, startGuest, startJanusRoom, startPeer, startSpillway } from './servers.mjs';
import { targetsOf } from './targets.mjs';
import { measureUnwatched, tellUnwatched } from './unwatched.mjs';
import { measureWatched, tellWatched } from './watched.mjs';

const { short, guest, realtime, json, judged, crowds, times, builds, peers, wanted } = readOptions();
const daemons = builds.filter(wanted).map((one) => (stage) => (guest ? startGuest : startSpillway)(stage, one));
const others = guest ? [] : [
  { name: 'floor', start: startFloor },
  { name: 'Janus', start: startJanusRoom },
  ...peers.map((one) => ({ name: one.name, start: (stage) => startPeer(stage, one) })),
].filter(wanted).map(({ start }) => start);

async function measureAll(stage) {
  const [unwatched, watched] = [[], []];
  const keep = (rows, tell) => (row) => {
    rows.push(row);
    if (!json) tell(row);
  };
  const measure = async (starts, counts) => {
    for (const count of counts) (await measureUnwatched(starts, stage, count, times)).forEach(keep(unwatched, tellUnwatched));
  };
  await measure([...daemons, ...others], crowds.unwatched);
  if (guest) return { unwatched, watched };
  await measure(daemons.slice(0, 1), crowds.alone);
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
    realtime, far, plug: plug.name, address: '10.78.0.1', farAddress: '10.78.0.2', nextPort: () => port++,
    programs: { ...programs, floor: floorOf('ingest'), lateness: floorOf('egress') },
  });
} finally {
  await Promise.all([far.end(), ...Object.values(built).map((one) => one.remove())]);
}
if (json) console.log(JSON.stringify(measured));
process.exit(judged && !judge(targetsOf(measured), { short }) ? 1 : 0);
