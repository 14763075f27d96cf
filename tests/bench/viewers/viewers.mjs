// The viewers (main.go) as benchmarks and tests see them.
import { join } from 'node:path';
import { buildGo } from '../../support/go.mjs';
import { LineProcess } from '../../support/line_process.mjs';
import { root } from '../../support/spillwayd.mjs';

/// { program, remove() }
export const buildViewers = () => buildGo(join(root, 'tests/bench/viewers'));

/// Viewers on a host: `ready` is what they said once each had a packet or had failed.
export async function startViewers(host, program, args) {
  const viewers = new LineProcess(host, program, args);
  try {
    viewers.ready = await viewers.next('ready', { deadline: 90_000 });
  } catch (error) {
    await viewers.end();
    throw error;
  }
  return viewers;
}
