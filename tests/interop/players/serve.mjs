// The half of a player process that all in Node share: lines on stdin (`stats`, `stop`), JSON lines on stdout.
import { createInterface } from 'node:readline';
import * as whip from '../whip.mjs';

export const settings = JSON.parse(process.argv[2]);
const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

/// `offer()` gives SDP, `accept(answer)` resolves once connected, `stats()` reads the counters.
export async function serve({ offer, accept, stats }) {
  const { endpoint, token } = settings;
  try {
    const { answer, session } = await whip.open(endpoint, { token, offer: await offer() });
    await accept(answer);
    say('connected', { session });
    createInterface({ input: process.stdin }).on('line', async (line) => {
      if (line === 'stats') say('stats', await stats());
      if (line === 'stop') {
        const last = await stats();
        say('stopped', { ...last, status: (await whip.remove(session, { token })).status });
        process.exit(0);
      }
    }).on('close', () => process.exit(0));
  } catch (error) {
    say('failed', { error: error.message });
    process.exit(1);
  }
}
