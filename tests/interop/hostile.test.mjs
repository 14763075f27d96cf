// Requests that must be refused: the right status, nothing left behind, and a publisher beside them that loses nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { recordSubscription, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { assertNothingLeft, assertSame, finished, footprint } from './checks.mjs';
import { PeerProcess, publish } from './peer_process.mjs';

const sdp = { 'content-type': 'application/sdp' };
const sessionHead = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'];
const media = (mid) => [
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', 'a=rtpmap:96 VP8/90000', `a=mid:${mid}`, 'a=sendonly',
  'a=rtcp-mux', 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx', 'a=setup:actpass',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
];
/// As short as a line can be, so that the number of lines is what is wrong, not the size of the body.
const brief = (mid) => ['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=rtpmap:96 VP8/90000', `a=mid:${mid}`, 'a=sendonly', 'a=rtcp-mux'];
const transport = media(0).filter((line) => /^a=(ice|setup|fingerprint)/.test(line));
const offer = (lines) => [...sessionHead, ...lines, ''].join('\r\n');
const manyLines = offer([...transport, ...Array.from({ length: 300 }, (_, mid) => brief(mid)).flat()]);
const withoutFingerprint = offer(media(0).filter((line) => !line.startsWith('a=fingerprint')));

const whip = '/whip/studio?participant=mallory';
const gone = '/whip/studio/00000000000000000000000000000000';
const fragment = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '"x"' };

const cases = [
  ['no token', whip, { method: 'POST', token: '', headers: sdp, body: offer(media(0)) }, [401]],
  ['a wrong token', whip, { method: 'POST', token: 'wrong', headers: sdp, body: offer(media(0)) }, [401]],
  ['a token for viewing only', whip, { method: 'POST', token: 'view', headers: sdp, body: offer(media(0)) }, [403]],
  ['another content type', whip, { method: 'POST', token: 'publish', headers: { 'content-type': 'text/plain' }, body: 'v=0' }, [415]],
  ['garbage', whip, { method: 'POST', token: 'publish', headers: sdp, body: 'v=0 {"not": "an SDP"} \u0000' }, [400]],
  ['an empty body', whip, { method: 'POST', token: 'publish', headers: sdp, body: '' }, [400]],
  ['300 m-lines', whip, { method: 'POST', token: 'publish', headers: sdp, body: manyLines }, [400, 422]],
  ['no fingerprint', whip, { method: 'POST', token: 'publish', headers: sdp, body: withoutFingerprint }, [400, 422]],
  ['a body of 1 MiB', whip, { method: 'POST', token: 'publish', headers: sdp, body: 'a'.repeat(2 ** 20) }, [413]],
  ['a call that is not there', '/whip/nowhere', { method: 'POST', token: 'publish', headers: sdp, body: offer(media(0)) }, [404]],
  ['GET of an unknown session', gone, { token: 'publish' }, [404]],
  ['PATCH of an unknown session', gone, { method: 'PATCH', token: 'publish', headers: fragment, body: 'a=end-of-candidates\r\n' }, [404]],
  ['DELETE of an unknown session', gone, { method: 'DELETE', token: 'publish' }, [404]],
  ['DELETE without a token', gone, { method: 'DELETE', token: '' }, [401]],
  ['the API with a publish token', '/v1/subscriptions', { method: 'POST', token: 'publish', body: '{}' }, [403]],
  ['a subscription that is no JSON', '/v1/subscriptions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }, [400, 422]],
  ['DELETE of an unknown subscription', '/v1/subscriptions/nobody', { method: 'DELETE' }, [404]],
  ['an unknown path', '/v1/nothing', {}, [404]],
];

async function refused(t, daemon, [name, path, request, allowed]) {
  await t.test(name, async () => {
    const response = await daemon.request(path, request);
    const text = await response.text();
    assert.ok(allowed.includes(response.status), `${response.status}: ${text}`);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(JSON.parse(text).status, response.status);
  });
}

/// The certificate differs from the offer's fingerprint: the handshake may end, media must not pass.
async function wrongFingerprint(t, daemon) {
  const peer = new PeerProcess({
    endpoint: `${daemon.url}${whip}`, token: 'publish-secret', wrongFingerprint: true, audio: false,
  });
  t.after(() => peer.kill());
  await daemon.untilMetrics('the peer is refused', (metrics) => {
    assert.equal(metrics.sum('track_received_packets_total', { track: 'studio/mallory/video' }), 0, 'no packet passes');
    return metrics.sum('peer_lost_total', { cause: 'fingerprint' }) === 1;
  });
  await peer.kill();
}

test('hostile requests are refused, leave nothing and disturb nobody', async (t) => {
  const daemon = await startSpillwayd((config, directory) => {
    config.subscriptions.push(recordSubscription(directory, { tracks: 'studio/alice/video' }));
  });
  t.after(() => daemon.stop());
  const publisher = await publish(daemon, 'alice');
  t.after(() => publisher.kill());
  await until('media flows', async () => (await publisher.stats()).video.framesSent > 30);
  const settling = await publish(daemon, 'mallory', { audio: false });
  await settling.stop();
  await daemon.untilMetrics('one peer', (metrics) => metrics.sum('peers') === 1);
  const before = await footprint(daemon);

  for (const one of cases) await refused(t, daemon, one);
  await t.test('a wrong fingerprint', () => wrongFingerprint(t, daemon));

  await assertNothingLeft(daemon, before);
  assert.equal((await daemon.metrics()).sum('track_lost_packets_total', { track: 'studio/alice/video' }), 0);
  const sent = await publisher.stop();
  const video = await finished(daemon, 'studio/alice/video');
  assertSame(t, 'frames of the undisturbed publisher', video.frames, sent.video.framesSent);
  assert.equal(video.errors, '');
});
