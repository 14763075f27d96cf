// Those who ask to watch and never connect: they take nothing from recordings, from who watches, and from who comes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import test from 'node:test';
import { recordSubscription } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { play } from './players/process.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { endpointOf, startStage, token, untilViewers, viewers } from './viewing.mjs';

const [asked, addresses] = [1000, 50];
const mayWait = 256; // of all that do not connect

/// The status of one POST from this address.
async function ask(endpoint, localAddress) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' };
  const post = request(endpoint, { method: 'POST', localAddress, headers, agent: false });
  post.end(viewerOffer());
  const [response] = await once(post, 'response');
  response.resume();
  return response.statusCode;
}

async function askFromMany(endpoint, count, beginAt) {
  const statuses = [];
  for (let i = 0; i < count; i += addresses) {
    const round = Array.from({ length: addresses }, (_, n) => ask(endpoint, `127.0.1.${n + 1}`));
    if (i === beginAt.round) round.push(beginAt.run());
    statuses.push(...(await Promise.all(round)).filter((status) => typeof status === 'number'));
  }
  return statuses;
}

test('a thousand viewers that never connect, while a recording begins and a viewer comes', { timeout: 120_000 }, async (t) => {
  const daemon = await startStage(t, {
    // Of these, 56 viewers' queues would fill it.
    adapt: (config) => Object.assign(config, { limits: { queue_memory: '32MiB' } }),
  });
  let player;
  const begin = async () => {
    await daemon.api('/v1/subscriptions', recordSubscription(daemon.directory));
    player = await play(t, 'wrtc', { endpoint: endpointOf(daemon, 'alice'), token });
    return 'begun';
  };
  const statuses = await askFromMany(endpointOf(daemon, 'alice'), asked, { round: asked / 2, run: begin });
  assert.deepEqual([...new Set(statuses)], [201]);
  assert.equal(statuses.length, asked);
  assert.ok((await viewers(daemon)) <= mayWait + 1);

  const delivered = (metrics) => metrics.all('queue_delivered_total').filter(({ value }) => value > 10).length === 2;
  await daemon.untilMetrics('both tracks are recorded', delivered);
  await until('it shows a picture', async () => (await player.stats()).video.frames > 0);
  await untilViewers(daemon, 1, { deadline: 15_000 }); // who does not connect within 10 s is forgotten
  assert.equal((await player.stop()).status, 200);
});
