// A libwebrtc publisher as a process of its own, so that a test can end it in every way a process ends.
//   node publisher.mjs '{"endpoint": "http://…/whip/studio?participant=alice", "token": "…", "width": 320, …}'
// Comes in on stdin: the lines `stats` and `stop`. Goes out on stdout: one JSON object a line, its `event` is
// `connected`, `stats`, `state`, `stopped` or `failed`.
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import wrtc from '@roamhq/wrtc';
import { rtpStats } from './rtp_stats.mjs';
import { audioSource, videoSource } from './sources.mjs';
import * as whip from './whip.mjs';

const defaults = {
  width: 320, height: 240, fps: 15, audio: true, video: true,
  codec: '',               // the first in the offer; empty is libwebrtc's own order
  bitrate: 0,              // kbit/s; 0 leaves it to the bandwidth estimator
  grain: 0,                // of the picture, in steps of brightness; 0 is another picture, without
  trickle: false,          // candidates by PATCH instead of in the offer
  wrongFingerprint: false, // the offer names another certificate
};
const settings = { ...defaults, ...JSON.parse(process.argv[2]) };
const peer = new wrtc.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

function addSources() {
  const sources = [];
  if (settings.video) sources.push(videoSource(settings));
  if (settings.audio) sources.push(audioSource());
  for (const { track } of sources) peer.addTransceiver(track, { direction: 'sendonly' });
  return sources;
}

/// Puts one codec first, as setCodecPreferences would.
function prefer(sdp, codec) {
  if (!codec) return sdp;
  const lines = sdp.split('\r\n');
  const types = lines.map((line) => new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, 'i').exec(line)?.[1]).filter(Boolean);
  const at = lines.findIndex((line) => line.startsWith('m=video'));
  const [media, port, profile, ...rest] = lines[at].split(' ');
  lines[at] = [media, port, profile, ...types, ...rest.filter((type) => !types.includes(type))].join(' ');
  return lines.join('\r\n');
}

function mangleFingerprint(sdp) {
  return sdp.replace(/(a=fingerprint:\S+ )(..)/g, (_, name, byte) => name + (byte === '00' ? '11' : '00'));
}

/// libwebrtc's own switch for a fixed bitrate: without it a comparison would measure two bandwidth estimators.
function fixBitrate(answer, kilobits) {
  if (!kilobits) return answer;
  const parameters = `x-google-min-bitrate=${kilobits};x-google-start-bitrate=${kilobits};x-google-max-bitrate=${kilobits}`;
  const type = /^m=video \d+ \S+ (\d+)/m.exec(answer)[1];
  const existing = new RegExp(`^a=fmtp:${type} (.*?)\\r?$`, 'm');
  if (existing.test(answer)) return answer.replace(existing, `a=fmtp:${type} $1;${parameters}\r`);
  return answer.replace(new RegExp(`^(a=rtpmap:${type} .*?)\\r?$`, 'm'), `$1\r\na=fmtp:${type} ${parameters}\r`);
}

const gathered = () => new Promise((resolve) => {
  peer.addEventListener('icecandidate', ({ candidate }) => candidate || resolve());
});

async function negotiate() {
  const complete = gathered();
  const trickled = [];
  peer.addEventListener('icecandidate', ({ candidate }) => trickled.push(candidate));
  const offer = await peer.createOffer();
  await peer.setLocalDescription({ type: 'offer', sdp: prefer(offer.sdp, settings.codec) });
  if (!settings.trickle) await complete;
  const local = settings.trickle ? prefer(offer.sdp, settings.codec) : peer.localDescription.sdp;
  const sdp = settings.wrongFingerprint ? mangleFingerprint(local) : local;
  const opened = await whip.open(settings.endpoint, { token: settings.token, offer: sdp });
  await peer.setRemoteDescription({ type: 'answer', sdp: fixBitrate(opened.answer, settings.bitrate) });
  if (settings.trickle) await sendCandidates(opened, sdp, complete, trickled);
  return opened;
}

async function sendCandidates({ session, etag }, offer, complete, trickled) {
  await complete;
  for (const candidate of trickled) {
    const response = await whip.patch(session, { token: settings.token, etag, body: whip.fragment(offer, candidate) });
    if (response.status !== 204) throw new Error(`PATCH: ${response.status} ${await response.text()}`);
  }
}

const connected = () => new Promise((resolve, reject) => {
  peer.addEventListener('connectionstatechange', () => {
    say('state', { state: peer.connectionState });
    if (peer.connectionState === 'connected') resolve();
    if (peer.connectionState === 'failed') reject(new Error('the connection failed'));
  });
});

async function stats() {
  const entries = await rtpStats(peer, 'outbound-rtp');
  const of = (kind) => entries.find((entry) => entry.kind === kind) ?? {};
  const all = [...(await peer.getStats()).values()];
  const pair = all.find(({ availableOutgoingBitrate }) => availableOutgoingBitrate);
  const { dtlsState } = all.find(({ type }) => type === 'transport');
  return { video: of('video'), audio: of('audio'), available: pair?.availableOutgoingBitrate, dtlsState };
}

async function stop(stopSources, { session }) {
  stopSources.forEach((end) => end());
  const last = await settled();
  const response = await whip.remove(session, { token: settings.token });
  say('stopped', { ...last, status: response.status });
  process.exit(0);
}

/// What the encoder still holds goes out first: asks until two answers are alike.
async function settled() {
  for (let before = await stats(); ; ) {
    await pause(100);
    const now = await stats();
    if (now.video.framesSent === before.video.framesSent) return now;
    before = now;
  }
}

try {
  const sources = addSources();
  const up = connected();
  const session = await negotiate();
  await up;
  const stopSources = sources.map((source) => source.start());
  say('connected', { session: session.session, answer: session.answer });
  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line === 'stats') say('stats', await stats());
    if (line === 'stop') await stop(stopSources, session);
  });
} catch (error) {
  say('failed', { error: error.message });
  process.exit(1);
}
