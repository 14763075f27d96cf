// The other programs of this benchmark.
import { LineProcess } from '../../support/line_process.mjs';

/// `bench_egress_floor`: { sendto, gso, paced }, µs for each packet.
export async function measureFloor(program, near, far, address, { packets, viewers }) {
  const crowd = ['--viewers', String(viewers)];
  const receiver = new LineProcess(far, program, ['--receive', ...crowd]);
  try {
    const { port } = await receiver.next(undefined);
    return JSON.parse(await near.run(program, ['--to', address, String(port), '--packets', String(packets), ...crowd], { deadline: 60_000 }));
  } finally {
    await receiver.end();
  }
}

/// By how many ms the first in line for a core wakes too late: { p50, p99 }.
export async function measureLateness(program, host, seconds) {
  const args = ['--rr', '2', program, '--late', String(seconds)];
  return JSON.parse(await host.run('chrt', args, { deadline: seconds * 1000 + 10_000 }));
}

export async function startTap(host, program, args) {
  const tap = new LineProcess(host, program, args);
  await tap.next('ready');
  return tap;
}

export async function startSource(host, program, args) {
  const source = new LineProcess(host, program, args);
  await source.next('connected');
  return source;
}
