// The half of a publisher process that all in Node share. Lines on stdin: `answer` with the SDP as a JSON string, `stats`,
// `stop`. JSON lines on stdout: `offer` with all candidates, `connected`, `stats` and `stopped` with the video `packets` and
// `frames` that were sent, `failed`. WHIP is the test's.
import { createInterface } from 'node:readline';

export const settings = JSON.parse(process.argv[2]);
const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

/// `offer()` gives SDP, `accept(answer)` resolves once connected, with what `connected` says more; `stats()` reads the
/// counters; after `stop()`, which gives them too, nothing is sent any more.
export async function serve({ offer, accept, stats, stop }) {
  const commands = {
    answer: async (text) => say('connected', await accept(JSON.parse(text))),
    stats: async () => say('stats', await stats()),
    stop: async () => say('stopped', await stop()),
  };
  const fail = (error) => {
    say('failed', { error: error.message });
    process.exit(1);
  };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [, name, argument] = /^(\w+) ?(.*)$/.exec(line);
    commands[name](argument).catch(fail);
  }).on('close', () => process.exit(0));
  await offer().then((sdp) => say('offer', { sdp }), fail);
}
