// Plays /whep/{call}/{participant}[/{source}] for the page /watch/{call}/{participant}[?source=…][#token=…]. A token that
// expires and is for this alone may come as ?access_token=… too; the server has looked at it.
'use strict';

const answerWithin = 10_000; // a request
const connectWithin = 15_000; // from the answer to media
const lostAfter = 3_000; // how long an interrupted path may take to recover
const backoff = { first: 500, most: 10_000 };

const $ = (id) => document.getElementById(id);
const video = $('video');
// A proxy may put a prefix before /watch.
const [participant, call, , ...before] = location.pathname.split('/').reverse();
const root = before.reverse().join('/');
const source = new URLSearchParams(location.search).get('source');
const endpoint = [`${root}/whep`, call, participant, ...(source ? [encodeURIComponent(source)] : [])].join('/');

hideToken();
let token = tokenOfUrl();
let current = null; // the attempt that plays or tries to: {peer, session, timer}
let failures = 0;
let retryTimer = 0;

// Out of what the server, its logs and the browser's history see of the address.
function hideToken() {
  const query = new URLSearchParams(location.search);
  const given = query.get('access_token');
  if (given === null) return;
  query.delete('access_token');
  const rest = String(query);
  history.replaceState(null, '', `${location.pathname}${rest && `?${rest}`}#token=${encodeURIComponent(given)}`);
}

function tokenOfUrl() {
  return new URLSearchParams(location.hash.slice(1)).get('token');
}

function show(state, text) {
  document.body.dataset.state = state;
  $('state').textContent = text;
}

function request(method, url, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(url, { cache: 'no-store', ...options, method, headers });
}

// RFC 9725, section 4.6: <turn:…>; rel="ice-server"; username="…"; credential="…"
function iceServers(link) {
  const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
  const links = new RegExp(`<([^>]*)>((?:\\s*;\\s*[\\w-]+=${quoted})*)`, 'g');
  return [...(link ?? '').matchAll(links)].map(([, urls, parameters]) => {
    const server = { urls };
    for (const [, name, value] of parameters.matchAll(new RegExp(`([\\w-]+)=${quoted}`, 'g'))) {
      if (name === 'username' || name === 'credential') server[name] = value.replace(/\\(.)/g, '$1');
    }
    return server;
  });
}

// Says whether a retry may help, and when.
class Refusal extends Error {
  constructor(response, detail) {
    super(detail);
    this.status = response.status;
    this.retryAfter = 1000 * (Number(response.headers.get('Retry-After')) || 0);
    this.final = [400, 404, 406, 415].includes(response.status);
  }
}

async function refusalOf(response) {
  const problem = await response.json().catch(() => ({}));
  return new Refusal(response, problem.detail ?? `HTTP ${response.status}`);
}

function makePeer(attempt) {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const media = new MediaStream();
  for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
  peer.ontrack = ({ track }) => {
    media.addTrack(track);
    video.srcObject = media;
    video.play().catch(() => {});
  };
  peer.onconnectionstatechange = () => onConnection(attempt);
  return peer;
}

function onConnection(attempt) {
  if (attempt !== current) return;
  const state = attempt.peer.connectionState;
  if (state === 'connected') {
    clearTimeout(attempt.timer);
    failures = 0;
    show('live', 'live');
  } else if (state === 'disconnected') {
    clearTimeout(attempt.timer);
    show('wait', 'interrupted');
    attempt.timer = setTimeout(() => again(attempt), lostAfter);
  } else if (state === 'failed' || state === 'closed') {
    again(attempt);
  }
}

// Browsers decode both channels of Opus where their own offer says so (RFC 7587, section 7.1).
function inStereo({ type, sdp }) {
  return { type, sdp: sdp.replace(/^a=fmtp:\d+ (?=.*\bminptime=)(?!.*\bstereo=)/gm, '$&stereo=1;') };
}

// Sends the offer before applying it: the answer brings the ICE servers in time for gathering, and the server needs none
// of our candidates.
async function negotiate(attempt) {
  const { peer } = attempt;
  const offer = inStereo(await peer.createOffer());
  const response = await request('POST', endpoint, {
    body: offer.sdp,
    headers: { 'Content-Type': 'application/sdp' },
    signal: AbortSignal.timeout(answerWithin),
  });
  if (response.status !== 201) throw await refusalOf(response);
  attempt.session = new URL(response.headers.get('Location'), response.url).href;
  if (attempt !== current) return leave(attempt);
  const answer = await response.text();
  if (attempt !== current) return;
  try {
    peer.setConfiguration({ ...peer.getConfiguration(), iceServers: iceServers(response.headers.get('Link')) });
  } catch {
    // This browser cannot use one of them; most networks need none.
  }
  await peer.setLocalDescription(offer);
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  const transport = peer.getReceivers()[0]?.transport;
  if (transport) transport.onstatechange = () => transport.state === 'closed' && again(attempt);
  if (attempt !== current || peer.connectionState === 'connected') return;
  attempt.timer = setTimeout(() => again(attempt), connectWithin);
}

async function play() {
  clearTimeout(retryTimer);
  retryTimer = 0;
  stop();
  const attempt = { peer: null, session: null, timer: 0 };
  current = attempt;
  try {
    attempt.peer = makePeer(attempt);
    await negotiate(attempt);
  } catch (error) {
    if (attempt === current) onRefused(attempt, error);
  }
}

function onRefused(attempt, error) {
  if (error.status === 401 || error.status === 403) return askForToken(error);
  if (error.final) {
    stop();
    return show('failed', error.message);
  }
  return again(attempt, error);
}

function again(attempt, error) {
  if (attempt !== current) return;
  stop();
  const most = Math.min(backoff.most, backoff.first * 2 ** failures);
  const delay = (error?.retryAfter ?? 0) + most * (0.5 + Math.random() / 2);
  failures = Math.min(failures + 1, 10);
  show('wait', waitingText(error?.status));
  retryTimer = setTimeout(play, delay);
}

function waitingText(status) {
  if (status === 409) return 'waiting for the stream';
  if (status === 503 || status === 429) return 'the server is busy';
  return 'reconnecting';
}

function askForToken(error) {
  stop();
  show('failed', token ? error.message : 'a token is required');
  $('ask').hidden = false;
  $('token').focus();
}

function leave(attempt) {
  if (!attempt.session) return;
  request('DELETE', attempt.session, { keepalive: true }).catch(() => {});
  attempt.session = null;
}

function stop() {
  const attempt = current;
  current = null;
  if (!attempt) return;
  clearTimeout(attempt.timer);
  leave(attempt);
  attempt.peer?.close();
}

// Retries at once when something has changed for the better.
function hurry() {
  if (!retryTimer) return;
  failures = 0;
  play();
}

function readable(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

let idleTimer = 0;
function wake() {
  document.body.classList.remove('idle');
  clearTimeout(idleTimer);
  idleTimer = setTimeout(() => document.body.classList.add('idle'), 3000);
}

function showSound() {
  $('sound').textContent = video.muted ? 'Unmute' : 'Mute';
  $('sound').setAttribute('aria-pressed', String(!video.muted));
}

$('name').textContent = [readable(call), readable(participant), ...(source ? [source] : [])].join(' / ');
document.title = `${$('name').textContent} – Spillway`;
$('sound').addEventListener('click', () => {
  video.muted = !video.muted;
  video.play().catch(() => {});
});
$('full').addEventListener('click', () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.documentElement.requestFullscreen) document.documentElement.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.(); // iPhones
});
$('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value.trim();
  $('ask').hidden = true;
  play();
});
video.addEventListener('volumechange', showSound);
for (const event of ['pointermove', 'pointerdown', 'keydown']) addEventListener(event, wake);
addEventListener('hashchange', () => {
  token = tokenOfUrl() ?? token;
  play();
});
addEventListener('online', hurry);
document.addEventListener('visibilitychange', () => document.hidden || hurry());
addEventListener('pagehide', () => {
  clearTimeout(retryTimer);
  stop();
});
addEventListener('pageshow', (event) => event.persisted && play());

wake();
play();
