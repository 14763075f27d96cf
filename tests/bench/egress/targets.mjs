// What the egress is held to.

export function targetsOf({ floor, janus, spillway }) {
  const [smallest, largest] = [spillway[0], spillway.at(-1)];
  const worst = (read) => Math.max(...spillway.map(read));
  return [
    { what: 'CPU per packet, of that of Janus', value: smallest.perPacket / janus.perPacket, most: 0.25, guard: 0.6 },
    { what: 'CPU per packet, of the floor with sendto', value: smallest.perPacket / floor.sendto, most: 1.6, guard: 4 },
    { what: 'CPU per packet at its best, of the floor with sendto', value: Math.min(...spillway.map((row) => row.perPacket)) / floor.sendto, most: 1, guard: 4 },
    // The goal is 1.3 of the first, which sendto itself does not reach when a packet comes every 4 ms: that is the second.
    { what: 'CPU per packet of a paced sender, of the floor with sendto (goal 1.3)', value: smallest.delay.paced.perPacket / floor.sendto, most: 2.2, guard: 5.5 },
    { what: 'CPU per packet of a paced sender, of the floor that is paced too', value: smallest.delay.paced.perPacket / floor.paced, most: 1.4, guard: 1.9 },
    { what: 'threads that more viewers add', value: largest.threads - smallest.threads, most: 0, guard: 0 },
    { what: 'KiB for each viewer', value: largest.memory, most: 150, guard: 400 },
    { what: 'ms of CPU for a join', value: worst((row) => row.join), most: 5, guard: 20 },
    { what: 'packets lost on the way', value: worst((row) => row.lost - row.dropped), most: 0, guard: largest.packets / 200 },
    { what: 'viewers without a frame', value: worst((row) => row.count - row.withFrame), most: 0, guard: 0 },
    { what: 'ms to the first packet, p95', value: worst((row) => row.first), most: 150, guard: 1000 },
    { what: 'ms to the first decodable frame, p95', value: worst((row) => row.frame), most: 400, guard: 2500 },
    { what: 'viewers in whose packets the delay could not be read', value: smallest.delay.paced.flows > 0 ? 0 : 1, most: 0, guard: 0 },
    { what: `ms of delay with ${smallest.count} viewers, p99, beyond that of any wake`, value: smallest.delay.paced.p99 - smallest.delay.late.p99, most: 3, guard: 50 },
  ];
}
