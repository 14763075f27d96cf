// A guest at a WHEP server that is not ours: Pion. It joins, stays through what becomes of the server, and leaves.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { run } from '../support/process.mjs';
import { freePort, recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { inspect, recordings } from '../support/media.mjs';
import { holds, until } from '../support/wait.mjs';
import { buildServer, startServer } from './pion/server.mjs';

const token = 'whep-secret';
const tracks = ['gate/lobby/audio', 'gate/lobby/video'];
const mediaTimeout = 3000;

let build;
before(async () => (build = await buildServer()), { timeout: 300_000 });
after(() => build?.remove());

/// A server with these flags, and a daemon that is its guest in the call `gate` and records.
async function start(t, { flags = [], scheme = 'http', host = '127.0.0.1', secret = token } = {}) {
  const port = await freePort();
  const restart = async () => {
    const server = await startServer(build, port, ['--token', token, ...flags]);
    t.after(() => server.kill());
    return server;
  };
  const server = await restart();
  const daemon = await startSpillwayd(async (config, directory) => {
    const file = join(directory, 'whep-token');
    await writeFile(file, `${secret}\n`, { mode: 0o600 });
    config.calls = [{
      name: 'gate',
      join: { type: 'whep', url: `${scheme}://${host}:${port}/whep/gate`, token: { file }, participant: 'lobby' },
      media_timeout: `${mediaTimeout}ms`,
    }];
    config.subscriptions.push(recordSubscription(directory));
  });
  t.after(() => daemon.stop());
  return { server, daemon, restart };
}

const call = (daemon) => daemon.api('/v1/calls/gate');

const untilState = (daemon, state, deadline = 20_000) =>
  until(`the call is ${state}`, async () => ((await call(daemon)).state === state ? call(daemon) : null), { deadline });

const packets = (metrics, track) => metrics.sum('track_received_packets_total', { track });

/// Both tracks have `count` packets more than in `since`.
function media(daemon, count = 50, since = null, deadline = 20_000) {
  return daemon.untilMetrics('media of both tracks', (metrics) => {
    const enough = (track) => packets(metrics, track) >= (since ? packets(since, track) : 0) + count;
    return tracks.every(enough) && metrics;
  }, { deadline });
}

/// Every file of both tracks decodes without a complaint; gives the number of video frames.
async function assertRecorded(directory) {
  let frames = 0;
  for (const track of tracks) {
    const files = await recordings(join(directory, 'recordings'), track);
    assert.ok(files.length > 0, `recordings of ${track}`);
    for (const file of files) {
      const read = await inspect(file);
      assert.equal(read.errors, '', file);
      assert.equal(read.codec, track.endsWith('video') ? 'vp8' : 'opus');
      if (track.endsWith('video')) frames += read.frames;
    }
  }
  return frames;
}

/// SIGTERM: the recordings are closed and the folder is still there.
async function endDaemon(daemon) {
  daemon.signal('SIGTERM');
  assert.deepEqual(await daemon.ended(), { code: 0, signal: null });
}

for (const [how, flags, said] of [
  ['an answer', [], 'posted'],
  ['a counter-offer', ['--counter'], 'answered'],
  ['a redirect', ['--redirect'], 'posted'],
]) {
  test(`by ${how}: both tracks appear under the participant's name, are recorded, and the session is deleted at the end`, async (t) => {
    const { server, daemon } = await start(t, { flags });
    await untilState(daemon, 'joined');
    await media(daemon, 100);
    assert.equal(server.count(said), 1);
    const names = (await daemon.api('/v1/tracks')).tracks.map(({ name }) => name).sort();
    assert.deepEqual(names, tracks);
    await endDaemon(daemon);
    await server.untilEvent('deleted');
    assert.equal(server.sessions, 0);
    assert.equal(server.count('closed'), 0, 'no session had to time out');
    const frames = await assertRecorded(daemon.directory);
    assert.ok(frames > 10, `${frames} frames`);
  });
}

test('a server that is full is asked again when it said, and no more often', async (t) => {
  const { server, daemon } = await start(t, { flags: ['--busy', '2'] });
  const begin = performance.now();
  await media(daemon);
  assert.equal(server.count('refused'), 2);
  assert.equal(server.count('posted'), 1);
  t.diagnostic(`joined after ${Math.round(performance.now() - begin)} ms`);
  const metrics = await daemon.metrics();
  assert.equal(metrics.sum('call_reconnects_total', { call: 'gate' }), 2);
});

test('a wrong token is the end, with a reason, and no storm', async (t) => {
  const { server, daemon } = await start(t, { secret: 'wrong' });
  const { detail } = await untilState(daemon, 'left');
  assert.match(detail, /401/);
  assert.doesNotMatch(detail + daemon.log(), /wrong/);
  assert.equal(server.count('posted'), 0);
  const refused = server.count('refused'); // OPTIONS and POST
  await holds('nothing is asked any more', () => server.count('refused') === refused, { time: 2000 });
});

for (const [word, signal, back] of [['restarted', 'SIGKILL'], ['frozen for a while', 'SIGSTOP', 'SIGCONT']]) {
  test(`a server that is ${word} is joined again: same track names, same subscribers, one session`, async (t) => {
    const { server, daemon, restart } = await start(t);
    const before = await media(daemon);
    server.signal(signal);
    await daemon.untilMetrics('the loss is noticed', (metrics) => metrics.sum('call_reconnects_total', { call: 'gate' }) > 0, {
      deadline: mediaTimeout + 5000,
    });
    for (const track of tracks) assert.ok((await daemon.metrics()).has('track_subscribers', { track }), `${track} stays`);
    const now = back ? server : await restart();
    if (back) server.signal(back);
    const begin = performance.now();
    const after = await media(daemon, 50, before, 40_000);
    t.diagnostic(`media again after ${Math.round(performance.now() - begin)} ms`);
    await untilState(daemon, 'joined');
    await until('one session', () => now.sessions === 1, { deadline: 40_000 });
    assert.equal(now.mostSessions, 1, 'never two at a time');
    assert.equal(after.all('track_subscribers').length, tracks.length);
    for (const track of tracks) {
      assert.equal(after.sum('track_subscribers', { track }), 1);
      assert.ok(packets(after, track) > packets(before, track), 'counters go on');
    }
    await endDaemon(daemon);
    await until('no session', () => now.sessions === 0);
    await assertRecorded(daemon.directory);
  });
}

test('attempts at a server that is away go on, ten a minute at most', async (t) => {
  const { server, daemon, restart } = await start(t);
  await media(daemon);
  await server.kill();
  await untilState(daemon, 'reconnecting');
  let attempts = 0;
  await holds('ten losses at most', async () => {
    attempts = (await daemon.metrics()).sum('call_reconnects_total', { call: 'gate' });
    return attempts <= 10;
  }, { time: 15_000, every: 500 });
  t.diagnostic(`${attempts} losses in 15 s`);
  assert.ok(attempts > 1, 'it goes on trying');
  await restart();
  await untilState(daemon, 'joined', 40_000);
});

/// An authority of the test's own, and a certificate by it for this address.
async function makeCertificates(directory) {
  const at = (name) => join(directory, name);
  const openssl = async (...args) => {
    const { code, stderr } = await run('openssl', args);
    assert.equal(code, 0, stderr);
  };
  await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test authority', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', at('key.pem'), '-out', at('request.pem'));
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  await openssl('x509', '-req', '-in', at('request.pem'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names'), '-out', at('certificate.pem'));
  return ['--certificate', at('certificate.pem'), '--key', at('key.pem')];
}

const systemAuthorities = '/etc/ssl/certs/ca-certificates.crt';

/// The system's authorities and one more, for this mount namespace (isolated.sh) alone.
async function trust(t, directory) {
  const file = join(directory, 'authorities.pem');
  await writeFile(file, (await readFile(systemAuthorities, 'utf8')) + (await readFile(join(directory, 'ca.pem'), 'utf8')));
  const { code, stderr } = await run('mount', ['--bind', file, systemAuthorities]);
  assert.equal(code, 0, stderr);
  t.after(() => run('umount', [systemAuthorities]));
}

for (const trusted of [false, true]) {
  test(`over https a server whose authority is ${trusted ? 'known is joined' : 'unknown is refused'}`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'whep-certificates-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const flags = await makeCertificates(directory);
    if (trusted) await trust(t, directory);
    const { server, daemon } = await start(t, { flags, scheme: 'https' });
    if (trusted) {
      await media(daemon);
      await endDaemon(daemon);
      await server.untilEvent('deleted');
    } else {
      const { detail } = await untilState(daemon, 'reconnecting');
      assert.match(detail, /certificate/);
      assert.equal(server.count('posted') + server.count('refused'), 0);
    }
  });
}
