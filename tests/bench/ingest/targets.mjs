// What the way in is held to.
import { ratio } from './unwatched.mjs';

/// Of the short run on a quiet machine the worst round beside the best of the other (4.4 and 0.9 times), and 15 %: they show when a
/// packet has become dearer.
const mostOfFloor = 5.1;
const mostOfJanus = 1.05;
/// Commit 607879d, before publishers came in by the node's port, when it is measured beside.
const before = '607879d';

/// Threads that come with the first publisher and serve all: GStreamer's clock, GLib's pool, and what starts its threads.
const shared = 3;

const worst = (rows, read) => Math.max(...rows.map(read));

function targetsOfCpu(rows, find) {
  return rows.flatMap((row) => {
    const beside = (name, most) => {
      const other = find(name, row.count, row.pacing);
      return other ? [{ what: `CPU for each packet of ${row.count} ${row.pacing} publishers, of ${name}`, value: ratio(row, other), ...most }] : [];
    };
    return [
      ...beside('Janus', { most: 0.8, guard: mostOfJanus }),
      ...beside('floor', { guard: mostOfFloor }),
      ...beside(before, row.count > 1 ? { most: 0.4 } : {}),
    ];
  });
}

function targetsOfUnwatched(rows) {
  const find = (name, count, pacing) => rows.find((row) => row.name === name && row.count === count && row.pacing === pacing);
  const ours = rows.filter(({ name }) => name === 'Spillway');
  const most = worst(ours, (row) => row.count);
  const largest = ours.filter(({ count }) => count === most);
  return [
    ...targetsOfCpu(ours, find),
    { what: `threads for each of ${most} publishers, beside ${shared} for all`, value: worst(largest, (row) => row.threads - shared / most), most: 4, guard: 4.5 },
    { what: `KiB for each of ${most} publishers`, value: worst(largest, (row) => row.memory), most: 2048 },
    { what: 'packets lost on the way', value: worst(ours, (row) => row.lost), most: 0 },
    { what: 'packets lost at the floor', value: worst(rows.filter(({ name }) => name === 'floor'), (row) => row.lost), most: 0 },
    { what: '% of the packets that were not sent in time', value: 100 * (1 - Math.min(...rows.map((row) => row.rate))), most: 5 },
  ];
}

function targetsOfWatched(rows) {
  return rows.filter(({ name }) => name === 'Spillway').flatMap((row) => {
    const old = rows.find(({ name, count }) => name === before && count === row.count);
    const with_ = `with ${row.count} publishers and a viewer each`;
    return [
      { what: `ms inside ${with_}, p99`, value: row.delay.p99, most: 5, guard: 40 },
      ...(old ? [{ what: `ms inside ${with_}, p50, of ${before}`, value: row.delay.p50 / old.delay.p50, ...(row.count === 1 ? { most: 0.7 } : {}) }] : []),
      { what: `viewers in whose packets the delay could not be read, ${with_}`, value: row.count - row.delay.flows, most: 0 },
      { what: `ms from POST to a packet ${with_}, p95`, value: row.first, most: 200, guard: 1000 },
    ];
  });
}

export const targetsOf = ({ unwatched, watched }) => [...targetsOfUnwatched(unwatched), ...targetsOfWatched(watched)];
