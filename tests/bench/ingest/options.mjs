// The command line of ingest.mjs.
import { parseArgs } from 'node:util';

const flag = { type: 'boolean', default: false };
const list = { type: 'string', multiple: true, default: [] };
const most = 100;
/// The servers that need no option.
const always = ['Spillway', 'floor', 'Janus'];

function countOf(given) {
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Error(`--publishers ${given}: a number from 1 to ${most}`);
}

function partsOf(option, given, pattern, form) {
  const parts = pattern.exec(given);
  if (!parts) throw new Error(`--${option} ${given}: ${form}`);
  return parts.slice(1);
}

function crowdsOf({ short, publishers }) {
  if (publishers.length > 0) return { unwatched: publishers.map(countOf), watched: publishers.map(countOf), alone: [] };
  return short ? { unwatched: [10], watched: [10], alone: [] } : { unwatched: [1, 4, 10, 50], watched: [1, 50], alone: [100] };
}

/// { short, guest, realtime, json, judged }, { crowds, times }, `builds` { name, build } and `peers` { name, url, command }, and
/// wanted({ name }). Throws on a mistake, naming it.
export function readOptions() {
  const { values } = parseArgs({
    options: { short: flag, guest: flag, realtime: flag, json: flag, publishers: list, only: list, daemon: list, peer: list },
  });
  const { short, guest, realtime, json, only } = values;
  const builds = values.daemon.map((given) => {
    const [name, build] = partsOf('daemon', given, /^([^=]+)=(.+)$/, 'NAME=PATH');
    return { name, build };
  });
  const peers = values.peer.map((given) => {
    const [name, url, command] = partsOf('peer', given, /^([^=]+)=(\S+) (.+)$/, 'NAME=URL COMMAND');
    return { name, url, command };
  });
  const names = [...always, ...[...builds, ...peers].map(({ name }) => name)];
  const unknown = only.find((name) => !names.includes(name));
  if (unknown) throw new Error(`--only ${unknown}: one of ${names.join(', ')}`);
  return {
    short, guest, realtime, json, judged: !guest && !json && only.length === 0, crowds: crowdsOf(values),
    times: short ? { rounds: 3, rest: 300, steady: 1500 } : { rounds: 5, rest: 1000, steady: 4000 },
    builds: [{ name: 'Spillway' }, ...builds], peers, wanted: ({ name }) => only.length === 0 || only.includes(name),
  };
}
