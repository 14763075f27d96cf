// Signed tokens with real peers: other programs sign and read them, publishers are who they say, players come with a link,
// and all of it ends in time.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { followEvents } from '../support/events.mjs';
import { run } from '../support/process.mjs';
import { program, startSpillwayd } from '../support/spillwayd.mjs';
import { addKeys, inSeconds, read, sign, signingKey } from '../support/tokens.mjs';
import { until } from '../support/wait.mjs';
import { PeerProcess } from './peer_process.mjs';
import { play } from './players/process.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { assertProblem, startStage, untilViewers, viewers } from './viewing.mjs';
import * as whip from './whip.mjs';

const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });
const statusOf = async (url, token) => (await fetch(url, token ? bearer(token) : {})).status;
const curl = async (...args) => {
  const { stdout, stderr } = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', ...args]);
  assert.equal(stderr, '');
  return Number(stdout);
};

/// The answer of Debian's python3 to a program of standard modules.
async function python(text, ...args) {
  const { code, stdout, stderr } = await run('/usr/bin/python3', ['-c', text, ...args]);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

const pythonSign = `
import base64, hashlib, hmac, json, sys, time
text = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
claims = {"aud": ["spillway"], "exp": time.time() + 60.5, "role": "view", "call": "studio"}
signed = text(b'{"alg": "HS256", "kid": "test"}') + b"." + text(json.dumps(claims).encode())
mac = hmac.new(sys.argv[1].encode(), signed, hashlib.sha256).digest()
print((signed + b"." + text(mac)).decode())`;
const pythonRead = `
import base64, hashlib, hmac, sys
data = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
header, claims, signature = sys.argv[2].split(".")
mac = hmac.new(sys.argv[1].encode(), f"{header}.{claims}".encode(), hashlib.sha256).digest()
assert hmac.compare_digest(mac, data(signature))
print(data(claims).decode())`;

let shared;

/// One daemon, with a key and a TURN server, for all but the last.
async function stage() {
  const kept = [];
  const adapt = async (config, directory) => {
    await addKeys(config, directory);
    await writeFile(join(directory, 'turn'), 'sesame\n');
    const login = { username: 'turner', password: { file: join(directory, 'turn') } };
    Object.assign(config.webrtc, { publishers: 'lite', ice_servers: [{ urls: 'turn:192.0.2.7', ...login }] });
  };
  shared ??= startStage({ after: (end) => kept.push(end) }, { adapt }).then((daemon) => ({
    daemon, end: async () => { for (const one of kept) await one(); },
  }));
  return (await shared).daemon;
}

test.after(async () => (await shared?.catch(() => {}))?.end());

test('what Node and Python sign is taken, and they read what the daemon and its program sign', async () => {
  const daemon = await stage();
  const calls = `${daemon.url}/v1/calls`;
  assert.equal(await statusOf(calls, sign({ role: 'view' })), 200);
  assert.equal(await statusOf(calls, await python(pythonSign, signingKey)), 200);
  assert.equal(await statusOf(calls, sign({ role: 'view' }, { key: `${signingKey}!` })), 401);
  assert.equal(await statusOf(calls, await python(pythonSign, `${signingKey}!`)), 401);
  for (const wrong of [{ exp: inSeconds(-1) }, { exp: undefined }, { aud: 'other' }, { aud: undefined }, { nbf: inSeconds(60) }]) {
    assert.equal(await statusOf(calls, sign({ role: 'view', ...wrong })), 401, JSON.stringify(wrong));
  }

  const wanted = { role: 'publish', call: 'studio', participant: 'alice', starts_in: '10s', expires_in: '1h' };
  const made = await daemon.api('/v1/tokens', wanted);
  const flags = ['--config', join(daemon.directory, 'spillway.yaml'), '--make-token'];
  const printed = await run(program, [...flags, '{role: publish, call: studio, participant: alice, starts_in: 10s, expires_in: 1h}']);
  assert.equal(printed.code, 0, printed.stderr);
  for (const token of [made.token, printed.stdout.trim()]) {
    const { header, claims } = read(token);
    assert.deepEqual(header, { alg: 'HS256', typ: 'JWT', kid: 'test' });
    assert.deepEqual(JSON.parse(await python(pythonRead, signingKey, token)), claims);
    const { exp, nbf, ...rest } = claims;
    assert.deepEqual(rest, { aud: 'spillway', role: 'publish', call: 'studio', participant: 'alice' });
    assert.ok(Math.abs(exp - inSeconds(3600)) < 30, 'exp');
    assert.ok(Math.abs(nbf - inSeconds(10)) < 30, 'nbf');
  }
  const refused = await run(program, [...flags, '{role: owner}']);
  assert.equal(refused.code, 1);
  for (const why of [/role: unknown value "owner"/, /expires_in: this key is missing/]) assert.match(refused.stderr, why);
  assert.equal(refused.stdout, '');
  assert.match(daemon.log(), /token signed role=publish scope=studio\/alice\/\* key=test/);
  assert.ok(!daemon.log().includes(made.token.split('.')[2]), 'no token in the log');
});

test('a publisher, a player with a link and who follows events have what the token says, and until it expires', async (t) => {
  const daemon = await stage();
  const exp = inSeconds(11);
  const link = (claims) => `access_token=${sign({ role: 'view', exp, ...claims })}`;
  const ofAlice = link({ call: 'demo', participant: 'alice' });

  const studio = `${daemon.url}/whip/studio`;
  const token = sign({ role: 'publish', call: 'studio', participant: 'carol', exp });
  await assertProblem(await whip.post(`${studio}?participant=dave`, { token, offer: viewerOffer() }), 403);
  const publisher = new PeerProcess({ endpoint: studio, token });
  t.after(() => publisher.kill());
  const endpoint = `${daemon.url}/whep/demo/alice`;
  const [player, fixed] = await Promise.all([
    play(t, 'gstreamer', { endpoint: `${endpoint}?${ofAlice}` }), play(t, 'gstreamer', { endpoint, token: 'view-secret' }),
    publisher.connected(),
  ]);
  assert.ok(!player.session.includes('access_token'), player.session);
  const people = async () => (await daemon.api('/v1/calls/studio')).participants.map(({ name }) => name);
  assert.deepEqual(await people(), ['carol']);

  for (const wrong of ['access_token=view-secret', link({ call: 'demo', participant: 'bob' }), link({}), `${ofAlice}x`,
    link({ role: 'admin', call: 'demo' })]) {
    const response = await whip.post(`${endpoint}?${wrong}`, { offer: viewerOffer() });
    assert.ok([401, 403].includes(response.status), `${response.status} for ${wrong}`);
  }
  await until('a picture', async () => (await player.stats()).video.frames > 0, { deadline: 10_000 });
  assert.equal(await viewers(daemon), 2);
  const events = await followEvents(daemon, bearer(sign({ role: 'view', call: 'studio', exp })).headers);
  assert.equal(events.response.status, 200);
  assert.ok(Date.now() / 1000 < exp, 'all of them came in time');

  await events.ended;
  await untilViewers(daemon, 1);
  await until('nobody publishes', async () => (await people()).length === 0);
  assert.ok(Date.now() / 1000 >= exp, 'nothing ended before its time');
  assert.ok(events.seen.every(({ call }) => call === 'studio'));
  assert.equal((await fixed.stop()).status, 200, 'who has a fixed token stays');
  assert.doesNotMatch(daemon.log(), /eyJ/, 'no token in the log');
  assert.doesNotMatch(await (await daemon.request('/metrics')).text(), /eyJ/, 'nor in a metric');
});

test('a player that knows Basic alone plays with a signed token as the password, and is never asked for it', async () => {
  const daemon = await stage();
  const endpoint = `${daemon.url}/whep/demo/alice`;
  const post = (user) => curl('-u', user, '-H', 'Content-Type: application/sdp', '--data-binary', viewerOffer(), endpoint);
  const token = sign({ role: 'view', call: 'demo' });
  assert.equal(await post(`anybody:${token}`), 201);
  assert.equal(await post('anybody:view-secret'), 401);
  assert.equal(await curl('-u', `anybody:${token}`, `${daemon.url}/v1/calls`), 401);
  assert.equal(await curl('-u', `anybody:${token}`, `${endpoint}?access_token=${token}`), 400);
  const refused = await fetch(endpoint);
  assert.equal(refused.status, 401);
  assert.doesNotMatch(refused.headers.get('www-authenticate'), /basic/i);
});

test('the monitor sees counts: no media, no address and no credential', async (t) => {
  const daemon = await stage();
  const { session } = await whip.open(`${daemon.url}/whep/demo/alice`, { token: 'view-secret', offer: viewerOffer() });
  t.after(() => whip.remove(session, { token: 'view-secret' }));
  for (const token of ['monitor-secret', sign({ role: 'monitor' })]) {
    const ask = (path, options = {}) => fetch(daemon.url + path, { ...options, ...bearer(token) });
    for (const path of ['/metrics', '/v1/status', '/healthz', '/readyz']) {
      const response = await ask(path);
      assert.equal(response.status, 200, path);
      assert.doesNotMatch(await response.text(), /\b\d{1,3}(\.\d{1,3}){3}\b|turner|sesame/, path);
    }
    for (const path of ['/', '/v1/calls', '/v1/calls/demo', '/v1/tracks', '/v1/tracks/demo/alice/camera', '/v1/subscriptions',
      '/v1/events', '/whep/demo/alice', '/whip/studio', new URL(session).pathname]) {
      assert.equal((await ask(path)).status, 403, path);
    }
    for (const path of ['/whep/demo/alice', '/whip/studio']) {
      await assertProblem(await whip.post(daemon.url + path, { token, offer: viewerOffer() }), 403);
    }
    assert.equal((await ask('/v1/tokens', { method: 'POST' })).status, 403);
  }
});

test('SIGHUP takes a key away and brings another, and who follows events goes on', async (t) => {
  const daemon = await startSpillwayd((config, directory) => addKeys(config, directory, { old: signingKey }));
  t.after(() => daemon.stop());
  const calls = `${daemon.url}/v1/calls`;
  const byOld = sign({ role: 'view' }, { header: { alg: 'HS256', kid: 'old' } });
  const fresh = `another ${signingKey}`;
  const byNew = sign({ role: 'view' }, { key: fresh, header: { alg: 'HS256', kid: 'new' } });
  const reload = async (keys) => {
    const file = join(daemon.directory, 'spillway.yaml');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await addKeys(config, daemon.directory, keys);
    await writeFile(file, JSON.stringify(config));
    const read = async () => (await daemon.metrics()).sum('config_last_reload_timestamp_seconds');
    const before = await read();
    daemon.signal('SIGHUP');
    await until('the reload', async () => (await read()) > before);
  };
  assert.deepEqual([await statusOf(calls, byOld), await statusOf(calls, byNew)], [200, 401]);
  const { response, close } = await followEvents(daemon, bearer(byOld).headers);
  assert.equal(response.status, 200);
  await reload({ new: fresh, old: signingKey });
  assert.deepEqual([await statusOf(calls, byOld), await statusOf(calls, byNew)], [200, 200]);
  assert.equal((await daemon.api('/v1/tokens', { role: 'view', expires_in: '1m' })).key, 'new');
  await reload({ new: fresh });
  assert.deepEqual([await statusOf(calls, byOld), await statusOf(calls, byNew)], [401, 200]);
  assert.doesNotMatch(daemon.log(), /needs a restart/);
  await close();
});
