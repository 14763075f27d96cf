// A node that nobody reaches but by one UDP port of a gateway: `webrtc.announce` is all that publishers and viewers need. The
// gateway is a network namespace that does what a router or a container's host does (DNAT of nftables); it lets nothing through
// but that port and HTTP, in neither direction, so that no check of the node's own could open another way.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { cable, forwardOnly, here, startHost } from '../support/hosts.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';
import { until, within } from '../support/wait.mjs';
import { openBrowser, servePage } from './browser.mjs';
import { readPlaying, startPlaying, startPublishing, stopPlaying, stopPublishing } from './page.mjs';
import { PeerProcess } from './peer_process.mjs';
import { play } from './players/process.mjs';
import { assertProblem, token } from './viewing.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import * as whip from './whip.mjs';

const name = 'gateway.test';
const mediaPort = 8189;
const httpPort = 8080;
const frames = 30;
const publishToken = 'publish-secret';
const publisherOffer = () => viewerOffer(undefined, { direction: 'sendonly' });

const candidatesOf = (answer) => [...new Set([...answer.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+ \d+) typ host/gm)].map(([, at]) => at))];

let networks = 0;

/// A gateway, and a node behind it at `address`, which is reached from `outside` (here) by the gateway's plugs `outer` and `inner`.
async function startNetwork(t, network) {
  const number = networks++; // they are there at once
  const [gateway, node] = [await startHost(), await startHost()];
  t.after(() => Promise.all([gateway.end(), node.end()]));
  const [outside, outer] = await cable(here, gateway, `out${number}`, `10.78.${number}`);
  const [inner, plug] = await cable(gateway, node, `in${number}`, network);
  await node.run('ip', ['route', 'add', 'default', 'via', inner.address]);
  return { gateway, outside, outer, inner, node, address: plug.address };
}

async function startBehind(t, { gateway, outer, node, address }, { outerPort = mediaPort, calls = [], ...webrtc }) {
  await forwardOnly(gateway, outer, address, [
    { protocol: 'udp', outer: outerPort, inner: mediaPort }, { protocol: 'tcp', outer: httpPort, inner: httpPort },
  ]);
  const daemon = await startSpillwayd((config) => {
    config.http.listen = `0.0.0.0:${httpPort}`;
    config.webrtc = { listen: `0.0.0.0:${mediaPort}`, ...webrtc };
    config.calls.push(...calls);
  }, { host: node, url: `http://${outer.address}:${httpPort}` });
  t.after(() => daemon.stop());
  const { publishers } = await daemon.api('/v1/status');
  assert.deepEqual(publishers, { ice: 'lite', reason: 'webrtc.announce is set' });
  return daemon;
}

const untilFrames = (read) => until(`${frames} frames and their tone`, async () => {
  const { video, audio } = await read();
  return video.frames >= frames && audio.packets >= frames;
}, { deadline: 20_000, every: 200 });

/// Takes the machine's DNS away and makes the names that it knows by itself a file of the test's: `know(address)` makes `name`
/// one of them.
async function ownNames(t) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-names-'));
  t.after(() => rm(directory, { recursive: true }));
  const known = await readFile('/etc/hosts', 'utf8');
  for (const [file, text] of [['hosts', known], ['resolv.conf', 'nameserver 127.0.0.1\n']]) {
    await writeFile(join(directory, file), text);
    await here.run('mount', ['--bind', join(directory, file), `/etc/${file}`]);
    t.after(() => here.run('umount', [`/etc/${file}`]));
  }
  return (address) => writeFile(join(directory, 'hosts'), `${known}\n${address} ${name}\n`);
}

/// As Docker does it: the node's end of the cable is on a bridge, and the bridge has the address.
async function makeBridge({ gateway, inner }) {
  await gateway.run('ip', ['address', 'flush', 'dev', inner.name]);
  await gateway.run('ip', ['link', 'add', 'bridge', 'type', 'bridge']);
  await gateway.run('ip', ['link', 'set', inner.name, 'master', 'bridge']);
  await gateway.run('ip', ['address', 'add', `${inner.address}/24`, 'dev', 'bridge']);
  await gateway.run('ip', ['link', 'set', 'bridge', 'up']);
}

async function openPage(t, title) {
  const page = await openBrowser(t);
  await page.goto(await servePage(t, title));
  return page;
}

describe('by the one port that is forwarded', { concurrency: 2 }, () => {
  test('behind NAT libwebrtc publishes and watches by the one port that is forwarded, once its name is found', async (t) => {
    const know = await ownNames(t);
    const network = await startNetwork(t, '10.79.0');
    const outerPort = 30189;
    const daemon = await startBehind(t, network, { outerPort, announce: `${name}:${outerPort}` });
    const endpoints = { whip: `${daemon.url}/whip/studio?participant=alice`, whep: `${daemon.url}/whep/studio/alice` };
    await until('the name is missed', () => daemon.log().includes('announced name not found'));
    for (const refused of [
      await whip.post(endpoints.whip, { token: publishToken, offer: publisherOffer() }),
      await whip.post(endpoints.whep, { token, offer: viewerOffer() }),
    ]) {
      assert.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
      assert.match((await assertProblem(refused, 503)).detail, /webrtc\.announce/);
    }
    await know(network.outer.address);
    await until('the name is found', () => daemon.log().includes(`name=${name} addresses=${network.outer.address}`), { deadline: 20_000 });
    assert.equal(daemon.log().split('announced name not found').length, 2, 'that it was not is logged once');

    const publisher = new PeerProcess({ endpoint: endpoints.whip, token: publishToken });
    t.after(() => publisher.kill());
    const { answer } = await publisher.connected();
    assert.deepEqual(candidatesOf(answer), [`${network.outer.address} ${outerPort}`]);
    const viewer = await play(t, 'wrtc', { endpoint: endpoints.whep, token });
    await untilFrames(() => viewer.stats());
    assert.equal((await viewer.stop()).status, 200);
    assert.equal((await publisher.stop()).status, 200);
  });

  test('with announce_local who is inside comes by the node\'s own address, and who is outside by the announced one', async (t) => {
    const network = await startNetwork(t, '10.79.0');
    const outerPort = 30189;
    const daemon = await startBehind(t, network, {
      outerPort, announce: `${network.outer.address}:${outerPort}`, announce_local: true,
      calls: [{ name: 'demo', join: { type: 'test', participants: 1, width: 320, height: 240, fps: 15 } }],
    });
    await until('somebody to watch', async () => (await daemon.metrics()).sum('tracks') === 2);
    const path = '/whep/demo/alice';
    const { answer } = await whip.open(daemon.url + path, { token, offer: viewerOffer() });
    assert.deepEqual(candidatesOf(answer), [`${network.outer.address} ${outerPort}`, `${network.address} ${mediaPort}`]);
    for (const [host, address, url] of [
      [here, network.outside.address, daemon.url], [network.gateway, network.inner.address, `http://${network.address}:${httpPort}`],
    ]) {
      const viewer = await play(t, 'wrtc', { endpoint: url + path, token }, host);
      await untilFrames(() => viewer.stats());
      assert.match(daemon.log(), new RegExp(`viewer connected viewer=\\d+ address=${address}:`));
      await viewer.stop();
    }
  });

  test('in a container\'s bridge network one browser publishes and another watches by the one port that is forwarded', async (t) => {
    const network = await startNetwork(t, '172.18.0');
    await makeBridge(network);
    const daemon = await startBehind(t, network, { announce: network.outer.address });
    const publisher = await openPage(t, 'publisher');
    const publishing = { endpoint: `${daemon.url}/whip/studio?participant=browser`, token: publishToken, fps: 15, codec: 'VP8' };
    await within('Chromium publishes', publisher.evaluate(startPublishing, publishing), 30_000);
    const viewer = await openPage(t, 'viewer');
    const playing = { endpoint: `${daemon.url}/whep/studio/browser`, token };
    await within('Chromium plays', viewer.evaluate(startPlaying, playing), 30_000);
    await untilFrames(() => viewer.evaluate(readPlaying));
    const { video } = await viewer.evaluate(readPlaying);
    assert.deepEqual([video.width, video.height], [320, 240]);
    assert.equal(await viewer.evaluate(stopPlaying), 200);
    assert.equal((await publisher.evaluate(stopPublishing, frames)).status, 200);
  });
});

test('a name is looked up every minute, for new sessions', { skip: !process.env.SPILLWAY_LONG }, async (t) => {
  const know = await ownNames(t);
  const network = await startNetwork(t, '10.79.0');
  const daemon = await startBehind(t, network, { announce: [name, `${name}:443`] });
  const offered = async () => {
    const { answer, session } = await whip.open(`${daemon.url}/whip/studio?participant=alice`, { token: publishToken, offer: publisherOffer() });
    await whip.remove(session, { token: publishToken });
    return candidatesOf(answer);
  };
  for (const address of [network.outer.address, network.outer.address.replace(/2$/, '3')]) {
    await know(address);
    const found = () => daemon.log().split(`name=${name} addresses=${address}`).length > 2;
    await until(`both are ${address}`, found, { deadline: 75_000, every: 500 });
    assert.deepEqual(await offered(), [`${address} ${mediaPort}`, `${address} 443`]);
  }
});
