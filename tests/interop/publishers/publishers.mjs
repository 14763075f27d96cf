// Publishers that are not ours, as a test sees them. WHIP is the test's own, so that all of them can be told what to offer.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildGo } from '../../support/go.mjs';
import { here } from '../../support/hosts.mjs';
import { LineProcess } from '../../support/line_process.mjs';
import { kill } from '../../support/process.mjs';
import { root } from '../../support/spillwayd.mjs';
import { within } from '../../support/wait.mjs';
import { openBrowser, openFirefox, servePage } from '../browser.mjs';
import * as whip from '../whip.mjs';
import { detour, shape } from './offer.mjs';
import { acceptAnswer, makeOffer, readSent, stopSending } from './page.mjs';

const folder = join(root, 'tests/interop/publishers');
const encode = {
  VP8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-lag-in-frames', '0', '-b:v', '300k'],
  H264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
};

/// What ffmpeg encodes, as plain RTP to a port of this machine.
function feed(t, codec, port) {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=15', '-pix_fmt', 'yuv420p', '-g', '15', ...encode[codec]];
  const output = ['-f', 'rtp', `rtp://127.0.0.1:${port}?pkt_size=1200`];
  const child = spawn('ffmpeg', ['-v', 'fatal', '-re', ...picture, ...output], { stdio: 'ignore' });
  t.after(() => kill(child));
}

class ProcessPeer {
  #lines;

  constructor(t, [program, ...args], settings) {
    this.t = t;
    this.codec = settings.codec;
    this.#lines = new LineProcess(here, program, [...args, JSON.stringify(settings)]);
    t.after(() => this.#lines.end());
  }

  async offer() {
    return (await this.#next('offer')).sdp;
  }

  async accept(answer) {
    this.#lines.send(`answer ${JSON.stringify(answer)}`);
    const { port } = await this.#next('connected');
    if (port) feed(this.t, this.codec, port);
  }

  #next(event) {
    const failed = this.#lines.next('failed', { deadline: 30_000 }).then(({ error }) => {
      throw new Error(error);
    });
    failed.catch(() => {});
    return Promise.race([this.#lines.next(event, { deadline: 20_000 }), failed]);
  }

  stats() {
    return this.#lines.ask('stats');
  }

  /// The last counters.
  stop() {
    return this.#lines.ask('stop', 'stopped');
  }

  end() {
    return this.#lines.end();
  }
}

class PagePeer {
  #page;
  #settings;

  constructor(page, settings) {
    this.#page = page;
    this.#settings = settings;
  }

  offer() {
    return within('an offer', this.#page.evaluate(makeOffer, this.#settings), 20_000);
  }

  accept(answer) {
    return within('connected', this.#page.evaluate(acceptAnswer, answer), 20_000);
  }

  stats() {
    return this.#page.evaluate(readSent);
  }

  async stop() {
    await this.#page.evaluate(stopSending);
    return this.stats();
  }

  end() {
    return this.#page.goto('about:blank');
  }
}

/// Each time another page of another origin, so that what one was allowed is not the next one's.
const inBrowser = (open) => async (t) => {
  const page = await open(t);
  return async (settings) => {
    await page.goto(await servePage(t, 'publisher'));
    return new PagePeer(page, settings);
  };
};
const byProgram = (command) => async (t) => async (settings) => new ProcessPeer(t, command, settings);
const inNode = (name) => byProgram([process.execPath, join(folder, `${name}.mjs`)]);
const inPython = (name) => byProgram(['/usr/bin/python3', join(folder, `${name}_publisher.py`)]);

/// `open(t)` gives `start({ codec, camera })`, which gives a peer that can offer, of those with `alone` one at a time. Those
/// that have `pads` count their padding among the packets, in which there is no media.
export const kinds = {
  libdatachannel: { codecs: ['VP8', 'H264'], open: inNode('libdatachannel') },
  chromium: { codecs: ['VP8', 'H264'], pads: true, alone: true, open: inBrowser(openBrowser) },
  firefox: { codecs: ['VP8'], pads: true, alone: true, open: inBrowser(openFirefox) },
  libwebrtc: { codecs: ['VP8'], pads: true, open: inNode('wrtc') },
  aiortc: { codecs: ['VP8', 'H264'], open: inPython('aiortc') },
  werift: { codecs: ['VP8', 'H264'], open: inNode('werift') },
  gstreamer: { codecs: ['VP8', 'H264'], open: inPython('gstreamer') },
};

/// Pion's is a Go program: { codecs, open, remove() }.
export async function buildPion() {
  const { program, remove } = await buildGo(join(folder, 'pion.go'));
  return { codecs: ['VP8', 'H264'], open: byProgram([program]), remove };
}

/// Publishes: { peer, offer, answer, seconds, remove() }; `seconds` from the answer until connected. `setup` and `candidates`
/// as shape() has them; `port` is a forwarded one, used in place of the one that the answer names.
export async function publishAs(peer, { endpoint, token, setup = 'actpass', candidates, port }) {
  const { offer, trickled } = shape(await peer.offer(), { setup, candidates });
  const { answer, session, etag } = await whip.open(endpoint, { token, offer });
  const answered = performance.now();
  await peer.accept(port ? detour(answer, port) : answer);
  const seconds = (performance.now() - answered) / 1000;
  for (const candidate of trickled) await patch(session, { token, etag, offer, candidate });
  return { peer, offer, answer, seconds, remove: () => whip.remove(session, { token }) };
}

async function patch(session, { token, etag, offer, candidate }) {
  const response = await whip.patch(session, { token, etag, body: whip.fragment(offer, { candidate }) });
  if (response.status !== 204) throw new Error(`PATCH: ${response.status} ${await response.text()}`);
}

/// Light ones in a process of their own (crowd.mjs), that say what they do by ask().
export async function startCrowd(t, settings) {
  const crowd = new LineProcess(here, process.execPath, [join(folder, 'crowd.mjs'), JSON.stringify(settings)]);
  t.after(() => crowd.end());
  await crowd.next('ready', { deadline: 30_000 });
  return crowd;
}
