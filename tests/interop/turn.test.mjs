// STUN and TURN by Debian's coturn. The direct path to the SFU carries no UDP, so that what arrives came by the relay.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { cable, cut, here, startHost, udpOn } from '../support/hosts.mjs';
import { kill, run } from '../support/process.mjs';
import { addKeys, inSeconds, sign } from '../support/tokens.mjs';
import { until } from '../support/wait.mjs';
import { startGuest, startRoom, trackOf, untilMedia, untilState } from './janus/scene.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { startStage } from './viewing.mjs';
import * as whip from './whip.mjs';

const stunPort = 3478;
const user = 'spill';
const password = 'sesame';
const fixedLogin = ['--lt-cred-mech', `--user=${user}:${password}`];
const madeLogins = ['--use-auth-secret', `--static-auth-secret=${password}`];

/// Listens for clients on 10.80.0.2 and relays from 10.81.0.2: { log(), requests() }, the packets that clients sent.
async function startCoturn(t, sfu, logins = fixedLogin) {
  const relay = await startHost();
  t.after(() => relay.end());
  await cable(here, relay, 'turn', '10.80.0');
  // Answers find the way back whichever of our addresses was asked.
  await relay.run('ip', ['route', 'add', 'default', 'via', '10.80.0.1']);
  await cable(sfu, relay, 'relay', '10.81.0');
  const child = relay.spawn('turnserver', [
    '-n', '--listening-ip=10.80.0.2', `--listening-port=${stunPort}`, '--relay-ip=10.81.0.2', '--realm=test', ...logins, '--no-tls', '--no-dtls', '--no-cli', '--log-file=stdout', '--verbose', '--pidfile=/dev/null',
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (data) => (log += data));
  child.stderr.on('data', (data) => (log += data));
  t.after(() => kill(child));
  await until('coturn listens', async () => (await relay.run('ss', ['-lun'])).includes(`10.80.0.2:${stunPort}`));
  const chain = `chain input {\ntype filter hook input priority 0\nudp dport ${stunPort} counter\n}\n`;
  await relay.run('nft', ['-f', '-'], { input: `table inet seen {\n${chain}}\n` });
  const requests = async () => Number(/packets (\d+)/.exec(await relay.run('nft', ['list', 'table', 'inet', 'seen']))[1]);
  return { log: () => log, requests };
}

const withServers = (servers) => async (config, directory) => {
  const file = join(directory, 'turn-password');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  config.webrtc = { ice_servers: servers(file) };
};

const guestOfTurn = (logins, login) => async (t) => {
  const { sfu, plug, crowd } = await startRoom(t, { janus: { interfaces: ['10.78.', '10.79.', '10.81.'] } });
  const coturn = await startCoturn(t, sfu, logins);
  t.after(await cut(here, udpOn(plug)));
  const daemon = await startGuest(t, {
    adapt: withServers((file) => [{ urls: `turn:10.80.0.2:${stunPort}`, ...login(file) }]),
  });
  await untilState(daemon, 'joined');
  await crowd.publish('alice', ['camera', 'microphone']);
  await untilMedia(daemon, [trackOf('alice', 'camera'), trackOf('alice', 'microphone')], { deadline: 25_000 });
  assert.match(coturn.log(), /ALLOCATE processed, success/);
  assert.match(coturn.log(), /CREATE_PERMISSION processed, success|CHANNEL_BIND processed, success/);
  assert.doesNotMatch(daemon.log(), new RegExp(password), 'the password is in no log');
};

test('media comes over a TURN relay when there is no other path',
  guestOfTurn(fixedLogin, (file) => ({ username: user, password: { file } })));

test('media comes over a TURN relay that shares a secret with this node', { skip: !process.env.SPILLWAY_LONG },
  guestOfTurn(madeLogins, (file) => ({ secret: { file } })));

/// The login in the answer to a viewer's POST: [user, password].
async function loginOf(daemon, token) {
  const response = await whip.post(`${daemon.url}/whep/demo/alice`, { token, offer: viewerOffer() });
  assert.equal(response.status, 201);
  return /<turn:.*?>.*username="(.*?)"; credential="(.*?)"/.exec(response.headers.get('link')).slice(1);
}

test('each viewer has a TURN login of its own, which the server takes while its time lasts', async (t) => {
  const sfu = await startHost();
  t.after(() => sfu.end());
  const coturn = await startCoturn(t, sfu, madeLogins);
  const daemon = await startStage(t, {
    adapt: async (config, directory) => {
      await withServers((file) => [{ urls: `turn:10.80.0.2:${stunPort}`, secret: { file } }])(config, directory);
      await addKeys(config, directory);
    },
  });
  const [first, second] = [await loginOf(daemon, 'view-secret'), await loginOf(daemon, 'view-secret')];
  assert.notEqual(first[0], second[0]);
  const expires = (login) => Number(login[0].split(':')[0]);
  assert.ok(expires(first) <= inSeconds(3600) && expires(first) > inSeconds(3500));
  const exp = inSeconds(60);
  assert.equal(expires(await loginOf(daemon, sign({ role: 'view', call: 'demo', exp }))), exp);

  const allocate = async ([name, word]) => {
    await run('turnutils_uclient', ['-y', '-c', '-n', '1', '-u', name, '-w', word, '10.80.0.2'], { deadline: 4000 });
    return new RegExp(`user <${name}>.*ALLOCATE processed, success`).test(coturn.log());
  };
  const stale = `${inSeconds(-60)}:anybody`;
  assert.equal(await allocate(first), true, coturn.log());
  assert.equal(await allocate([stale, createHmac('sha1', password).update(stale).digest('base64')]), false);
  assert.equal(await allocate([second[0].replace(/^\d/, '9'), second[1]]), false, 'a later end needs the secret');
});

test('a STUN server is asked', async (t) => {
  const { sfu, crowd } = await startRoom(t);
  const coturn = await startCoturn(t, sfu);
  const daemon = await startGuest(t, {
    adapt: withServers(() => [{ urls: `stun:10.80.0.2:${stunPort}` }]),
  });
  await untilState(daemon, 'joined');
  await crowd.publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')], { more: 10 });
  await until('a binding request', async () => (await coturn.requests()) > 0);
});

test('of several STUN servers each connection asks the next, so that a dead one costs no call', async (t) => {
  const { janus, sfu, crowd, newCrowd } = await startRoom(t);
  const coturn = await startCoturn(t, sfu);
  const daemon = await startGuest(t, {
    adapt: withServers(() => [{ urls: ['stun:10.78.0.77:3478', `stun:10.80.0.2:${stunPort}`] }]),
  });
  await untilState(daemon, 'joined');
  await crowd.publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')], { more: 10 });
  assert.equal(await coturn.requests(), 0, 'the first connection asks the first server');
  await janus.kill();
  await crowd.kill();
  await janus.start();
  await newCrowd().publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')], { more: 10, deadline: 40_000 });
  assert.ok((await coturn.requests()) > 0, 'the next one asks the other');
});

test('a STUN server that does not answer does not keep us out of a call', async (t) => {
  const { crowd } = await startRoom(t);
  const daemon = await startGuest(t, { adapt: withServers(() => [{ urls: 'stun:10.78.0.77:3478' }]) });
  await untilState(daemon, 'joined');
  const start = performance.now();
  await crowd.publish('alice', ['camera'], { engine: 'packets' });
  await untilMedia(daemon, [trackOf('alice', 'camera')], { more: 1 });
  t.diagnostic(`media after ${Math.round(performance.now() - start)} ms`);
});
