// The WHEP server (draft-ietf-wish-whep, RFC 9725 where that says the same) rule by rule, by plain HTTP: no media flows.
import assert from 'node:assert/strict';
import test from 'node:test';
import { descriptorCount, residentBytes, threadCount } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { viewerOffer } from './viewer_offers.mjs';
import { assertProblem, endpointOf, sourcesOf, startStage, token as viewToken, untilViewers, viewers } from './viewing.mjs';
import * as whip from './whip.mjs';

const token = 'admin-secret'; // who may come as often as these tests do
const sdp = 'application/sdp';
const sections = (description) => description.split(/^(?=m=)/m).slice(1);
const attribute = (text, name) => [...text.matchAll(new RegExp(`^a=${name}(?::(.*?))?\\r?$`, 'gm'))].map(([, value]) => value ?? '');
const candidate = { candidate: 'candidate:1 1 udp 2122260223 10.77.0.9 50000 typ host', sdpMid: '0' };

let shared;

/// One daemon for all rules that leave nothing behind.
async function stage() {
  const kept = [];
  shared ??= startStage({ after: (end) => kept.push(end) }, { participants: 2 }).then((daemon) => ({
    daemon, end: async () => { for (const one of kept) await one(); },
  }));
  return (await shared).daemon;
}

test.after(async () => (await shared?.catch(() => {}))?.end());

async function openSession(t, participant = 'alice', { offer = viewerOffer(), source = '' } = {}) {
  const daemon = await stage();
  const opened = await whip.open(endpointOf(daemon, participant, source), { token, offer });
  t.after(() => whip.remove(opened.session, { token }));
  return { daemon, offer, ...opened };
}

async function post(offer, { participant = 'alice', source = '', type = sdp, as = token } = {}) {
  const daemon = await stage();
  return whip.post(endpointOf(daemon, participant, source), { token: as, offer, type });
}

test('an offer is answered with 201, a session, an ETag and an answer that is complete', async (t) => {
  const daemon = await stage();
  const response = await post(viewerOffer());
  const answer = await response.text();
  assert.equal(response.status, 201, answer);
  assert.match(response.headers.get('content-type'), /^application\/sdp\b/);
  assert.match(response.headers.get('etag'), /^"[^"]+"$/);
  const session = new URL(response.headers.get('location'), endpointOf(daemon, 'alice'));
  t.after(() => whip.remove(session.href, { token }));
  assert.equal(session.origin, new URL(daemon.url).origin);
  assert.match(session.pathname, /[0-9A-Za-z_-]{22,}$/, '128 bits at least');
  assert.equal(attribute(answer, 'ice-lite').length, 1);
  assert.equal(attribute(answer, 'group')[0], 'BUNDLE 0 1');
  assert.ok(attribute(answer, 'candidate').length >= 1, 'a candidate');
  for (const text of attribute(answer, 'candidate')) assert.match(text, / typ host\b/);
  assert.equal(sections(answer).length, 2);
  for (const [i, kind] of ['video', 'audio'].entries()) {
    const section = sections(answer)[i];
    assert.match(section, new RegExp(`^m=${kind} [1-9]\\d* UDP/TLS/RTP/SAVPF ${96 + i}\\b`));
    assert.deepEqual(attribute(section, 'mid'), [String(i)]);
    for (const name of ['sendonly', 'rtcp-mux']) assert.equal(attribute(section, name).length, 1, name);
  }
  assert.deepEqual([...new Set(attribute(answer, 'setup'))], ['passive']);
  assert.match(attribute(answer, 'fingerprint')[0], /^sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

test('two sessions share neither name nor ICE credentials', async (t) => {
  const [first, second] = [await openSession(t), await openSession(t)];
  assert.notEqual(first.session, second.session);
  for (const name of ['ice-ufrag', 'ice-pwd']) assert.notEqual(attribute(first.answer, name)[0], attribute(second.answer, name)[0]);
});

test('one source alone is sent, and a line for anything else is refused', async (t) => {
  const { video } = await sourcesOf(await stage(), 'alice');
  const { answer } = await openSession(t, 'alice', { source: video });
  const [first, second] = sections(answer);
  assert.equal(attribute(first, 'sendonly').length, 1);
  assert.ok(/^m=audio 0 /.test(second) || attribute(second, 'inactive').length === 1, second);
});

test('an offer of video alone is answered with video alone', async (t) => {
  const { answer } = await openSession(t, 'alice', { offer: viewerOffer(['VP8']) });
  assert.equal(sections(answer).length, 1);
});

test('of several codecs the one that the track is in is answered', async (t) => {
  const offer = viewerOffer(['VP8']).replace(' 96\r', ' 97 96\r').replace('a=rtpmap:96', 'a=rtpmap:97 AV1/90000\r\na=rtpmap:96');
  const { answer } = await openSession(t, 'alice', { offer });
  assert.match(sections(answer)[0], /^m=video \d+ \S+ 96\b/);
});

for (const [name, offer] of [
  ['garbage', 'v=0 {"not": "an SDP"} \u0000'],
  ['an empty body', ''],
  ['an offer without ICE credentials', viewerOffer(undefined, { drop: /^a=ice-/ })],
  ['an offer without a fingerprint', viewerOffer(undefined, { drop: /^a=fingerprint/ })],
]) {
  test(`${name} is refused with 400`, async () => assertProblem(await post(offer), 400));
}

test('300 lines are refused with 406', async () => {
  await assertProblem(await post(viewerOffer(Array(300).fill('VP8'), { drop: /^(c=|a=rtcp-fb)/ })), 406);
});

for (const type of ['text/plain', 'application/json', 'application/trickle-ice-sdpfrag'])
  test(`an offer as ${type} is refused with 415`, async () => assertProblem(await post(viewerOffer(), { type }), 415));

test('the type may have parameters and capitals', async (t) => {
  const response = await post(viewerOffer(), { type: 'Application/SDP; charset=utf-8' });
  assert.equal(response.status, 201, await response.clone().text());
  t.after(async () => whip.remove(new URL(response.headers.get('location'), (await stage()).url).href, { token }));
});

test('an offer that cannot take the codec of the track is refused with 406, which names both', async () => {
  const { detail } = await assertProblem(await post(viewerOffer(['AV1', 'PCMU'])), 406);
  assert.match(detail, /VP8/i);
  assert.match(detail, /AV1/i);
});

test('an offer that wants to send is refused', async () => {
  const response = await post(viewerOffer(undefined, { direction: 'sendonly' }));
  assert.ok([400, 406].includes(response.status), `${response.status}`);
});

test('an offer of 1 MiB is refused with 413', async () => assertProblem(await post('a'.repeat(2 ** 20)), 413));

for (const [name, where] of [['a participant', { participant: 'nobody' }], ['a source', { source: 'screen' }]]) {
  test(`${name} that is not there now: 409, and when to come again`, async () => {
    const response = await post(viewerOffer(), where);
    assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    await assertProblem(response, 409);
  });
}

test('a call that is not there, but may come, is 409', async () => {
  const daemon = await stage();
  await assertProblem(await whip.post(`${daemon.url}/whep/nowhere/alice`, { token, offer: viewerOffer() }), 409);
});

test('OPTIONS says to anybody what is taken', async () => {
  const response = await fetch(endpointOf(await stage(), 'alice'), { method: 'OPTIONS' });
  assert.ok([200, 204].includes(response.status), `${response.status}`);
  assert.equal(response.headers.get('accept-post'), sdp);
  assert.match(response.headers.get('allow') ?? 'POST', /\bPOST\b/);
});

test('HEAD of an endpoint is 200 with a type, GET has no content', async () => {
  const daemon = await stage();
  const head = await daemon.request('/whep/demo/alice', { method: 'HEAD', token: 'view' });
  assert.equal(head.status, 200);
  assert.ok(head.headers.get('content-type'), 'Content-Type');
  const get = await daemon.request('/whep/demo/alice', { token: 'view' });
  assert.equal(Math.floor(get.status / 100), 2);
  assert.equal(await get.text(), '');
});

test('PUT of an endpoint is 405 and says what is allowed', async () => {
  const response = await (await stage()).request('/whep/demo/alice', { method: 'PUT', token: 'view', body: 'x' });
  assert.match(response.headers.get('allow'), /\bPOST\b/);
  await assertProblem(response, 405);
});

test('candidates are taken by PATCH: 204', async (t) => {
  const { session, etag, offer } = await openSession(t);
  for (const one of [candidate, null]) {
    const response = await whip.patch(session, { token, etag, body: whip.fragment(offer, one) });
    assert.equal(response.status, 204, await response.text());
  }
});

test('PATCH without If-Match is 428, with that of another session 412', async (t) => {
  const { session, offer } = await openSession(t);
  const body = whip.fragment(offer, candidate);
  await assertProblem(await whip.patch(session, { token, body }), 428);
  await assertProblem(await whip.patch(session, { token, etag: '"stale"', body }), 412);
});

test('an ICE restart is 422, or is done: 200 and another ETag', async (t) => {
  const { session, etag } = await openSession(t);
  const response = await whip.patch(session, { token, etag, body: whip.fragment(viewerOffer(), candidate) });
  if (response.status === 200) assert.notEqual(response.headers.get('etag'), etag);
  else await assertProblem(response, 422);
});

test('PATCH with anything but a fragment is refused', async (t) => {
  const { session, etag } = await openSession(t);
  const send = (type, body) => fetch(session, {
    method: 'PATCH', body, headers: { authorization: `Bearer ${token}`, 'content-type': type, 'if-match': etag },
  });
  await assertProblem(await send('text/plain', 'x'), 415);
  const nonsense = await send('application/trickle-ice-sdpfrag', 'a=candidate:nonsense\r\n');
  assert.ok([400, 422].includes(nonsense.status), `${nonsense.status}`);
});

test('a session ends by DELETE, once: 200, then 404', async (t) => {
  const { session, etag, offer } = await openSession(t);
  assert.equal((await whip.remove(session, { token })).status, 200);
  await assertProblem(await whip.remove(session, { token }), 404);
  await assertProblem(await whip.patch(session, { token, etag, body: whip.fragment(offer, candidate) }), 404);
});

test('viewing needs a token, of the view or the admin role', async () => {
  const none = await post(viewerOffer(), { as: '' });
  assert.match(none.headers.get('www-authenticate') ?? 'Bearer', /^Bearer/);
  await assertProblem(none, 401);
  await assertProblem(await post(viewerOffer(), { as: 'wrong' }), 401);
  await assertProblem(await post(viewerOffer(), { as: 'publish-secret' }), 403);
  for (const as of [viewToken, 'admin-secret']) {
    const response = await post(viewerOffer(), { as });
    assert.equal(response.status, 201, as);
    const session = new URL(response.headers.get('location'), (await stage()).url).href;
    assert.equal((await whip.remove(session, { token: as })).status, 200, as);
  }
});

test('a session is nobody else\'s: no token 401, of a publisher 403', async (t) => {
  const { session } = await openSession(t);
  await assertProblem(await whip.remove(session), 401);
  await assertProblem(await whip.remove(session, { token: 'wrong' }), 401);
  await assertProblem(await whip.remove(session, { token: 'publish-secret' }), 403);
  assert.equal((await whip.remove(session, { token })).status, 200);
});

test('guessed sessions are 404, whatever is asked of them', async (t) => {
  const { session, etag, offer } = await openSession(t);
  const last = session.at(-1) === '0' ? '1' : '0';
  for (const guess of [session.slice(0, -1) + last, session.slice(0, -1), `${session}0`, session.replace(/[^/]+$/, '0'.repeat(32))]) {
    // All of these may also be tracks that are not there, which cannot be deleted.
    for (const response of [await whip.remove(guess, { token }), await whip.patch(guess, { token, etag, body: whip.fragment(offer, candidate) })])
      assert.ok([404, 405].includes(response.status), `${guess}: ${response.status}`);
  }
  assert.equal((await whip.remove(session, { token })).status, 200, 'the real one is still there');
});

test('a page of another origin may post, patch and delete, and may read what it needs', async (t) => {
  const { daemon, session } = await openSession(t);
  const origin = 'https://player.example';
  for (const [url, method] of [[endpointOf(daemon, 'alice'), 'POST'], [session, 'PATCH'], [session, 'DELETE']]) {
    const response = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type,if-match' },
    });
    assert.ok(response.ok, `${method}: ${response.status}`);
    assert.ok([origin, '*'].includes(response.headers.get('access-control-allow-origin')));
    assert.match(response.headers.get('access-control-allow-methods'), new RegExp(`\\b${method}\\b`));
    for (const name of ['authorization', 'content-type', 'if-match'])
      assert.match(response.headers.get('access-control-allow-headers'), new RegExp(name, 'i'));
  }
  const posted = await fetch(endpointOf(daemon, 'alice'), {
    method: 'POST', body: viewerOffer(), headers: { origin, authorization: `Bearer ${token}`, 'content-type': sdp },
  });
  t.after(() => whip.remove(new URL(posted.headers.get('location'), daemon.url).href, { token }));
  for (const name of ['location', 'etag', 'link'])
    assert.match(posted.headers.get('access-control-expose-headers'), new RegExp(name, 'i'));
});

test('ICE servers of the configuration are named in Link', async (t) => {
  const daemon = await startStage(t, {
    adapt: (config) => { config.webrtc.ice_servers = [{ urls: 'stun:stun.example.org:3478' }]; },
  });
  const response = await whip.post(endpointOf(daemon, 'alice'), { token, offer: viewerOffer() });
  assert.equal(response.status, 201);
  assert.match(response.headers.get('link'), /<stun:stun\.example\.org:3478>; rel="ice-server"/);
});

test('announced addresses are the only ones that are offered', async (t) => {
  const daemon = await startStage(t, { adapt: (config) => { config.webrtc.announce = ['203.0.113.7']; } });
  const { answer } = await whip.open(endpointOf(daemon, 'alice'), { token, offer: viewerOffer() });
  assert.deepEqual([...new Set(attribute(answer, 'candidate').map((text) => text.split(' ')[4]))], ['203.0.113.7']);
});

test('a session that nobody connects to ends by itself', async (t) => {
  const daemon = await startStage(t);
  const { session } = await whip.open(endpointOf(daemon, 'alice'), { token, offer: viewerOffer() });
  await untilViewers(daemon, 1);
  await untilViewers(daemon, 0, { deadline: 60_000 });
  await assertProblem(await whip.remove(session, { token }), 404);
});

/// Opened and deleted, `together` at a time.
async function turnOver(daemon, sessions, together = 8) {
  let left = sessions;
  const one = async () => {
    while (left-- > 0) {
      const { session } = await whip.open(endpointOf(daemon, 'alice'), { token, offer: viewerOffer() });
      assert.equal((await whip.remove(session, { token })).status, 200);
    }
  };
  await Promise.all(Array.from({ length: together }, one));
}

/// Before it is measured the allocator is to have most of what it needs for eight at a time, then memory grows little.
const [sessionsBefore, sessionsToTurnOver, mostMebibytes] = process.env.SPILLWAY_LONG ? [2500, 10_000, 2] : [300, 1000, 4];

test(`${sessionsToTurnOver} sessions that come and go leave nothing`, { timeout: 300_000 }, async (t) => {
  const daemon = await startStage(t);
  await turnOver(daemon, sessionsBefore);
  await untilViewers(daemon, 0);
  const measure = async () => ({
    memory: await residentBytes(daemon.pid), threads: await threadCount(daemon.pid), descriptors: await descriptorCount(daemon.pid),
  });
  const before = await measure();
  const queues = (await daemon.metrics()).sum('queue_memory_bytes');
  await turnOver(daemon, sessionsToTurnOver);
  await untilViewers(daemon, 0);
  let after;
  await until('threads and descriptors are given back', async () => {
    after = await measure();
    return after.threads <= before.threads && after.descriptors <= before.descriptors + 8; // connections of this client
  }, { deadline: 15_000 }).catch((error) => assert.fail(`${error.message}: ${JSON.stringify({ before, after })}`));
  t.diagnostic(`memory grew by ${Math.round((after.memory - before.memory) / 1024)} KiB`);
  assert.ok(after.memory - before.memory < mostMebibytes * 2 ** 20, JSON.stringify({ before, after }));
  assert.equal(await viewers(daemon), 0);
  assert.equal((await daemon.metrics()).sum('queue_memory_bytes'), queues, 'no queue is left');
});
