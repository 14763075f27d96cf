// The player page in a real browser: it plays, says so, waits for a track that is not there yet, and leaves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import test from 'node:test';
import { addKeys, sign } from '../support/tokens.mjs';
import { aWindowOf, until } from '../support/wait.mjs';
import { openBrowser } from './browser.mjs';
import { publish } from './peer_process.mjs';
import { startStage, token, untilViewers } from './viewing.mjs';

const playing = (page) => page.evaluate(() => {
  const video = document.getElementById('video');
  return { time: video.currentTime, width: video.videoWidth, state: document.getElementById('state').textContent };
});

async function assertPlays(page) {
  await until('a picture', async () => (await playing(page)).width > 0, { deadline: 20_000 });
  const before = await playing(page);
  await aWindowOf(2000);
  const { time, state } = await playing(page);
  assert.ok(time > before.time + 1.5, `${time} s, ${before.time} s two seconds before; ${state}`);
}

test('the page plays with the token of its fragment, and leaves with its tab', async (t) => {
  const daemon = await startStage(t);
  const page = await openBrowser(t);
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${daemon.url}/watch/demo/alice#token=${token}`);
  await assertPlays(page);
  await untilViewers(daemon, 1);
  assert.deepEqual(complaints, []);
  await page.goto('about:blank');
  await untilViewers(daemon, 0);
});

test('a link with a token plays, and hides it from the address', async (t) => {
  const daemon = await startStage(t, { adapt: (config, directory) => addKeys(config, directory) });
  const page = await openBrowser(t);
  const link = sign({ role: 'view', call: 'demo', participant: 'alice' });
  const answers = [];
  page.on('response', (response) => answers.push(response.url()));
  await page.goto(`${daemon.url}/watch/demo/alice?access_token=${link}`);
  await assertPlays(page);
  assert.equal(page.url(), `${daemon.url}/watch/demo/alice#token=${link}`);
  assert.equal(answers.filter((url) => url.includes('access_token')).length, 1, 'the page itself');
  for (const wrong of [token, sign({ role: 'view', call: 'demo', participant: 'bob' }), sign({ role: 'view' })]) {
    const response = await page.goto(`${daemon.url}/watch/demo/alice?access_token=${wrong}`);
    assert.ok([401, 403].includes(response.status()), wrong);
  }
});

/// A proxy that serves the daemon under /media: its URL.
async function proxy(t, { url }) {
  const server = createServer((asked, answer) => {
    const { hostname, port } = new URL(url);
    const path = asked.url.replace(/^\/media/, '');
    if (path === asked.url) return answer.writeHead(404).end();
    const passed = request({ hostname, port, path, method: asked.method, headers: asked.headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    return asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/media`;
}

test('the page plays behind a path prefix, and leaves there', async (t) => {
  const daemon = await startStage(t);
  const page = await openBrowser(t);
  await page.goto(`${await proxy(t, daemon)}/watch/demo/alice#token=${token}`);
  await assertPlays(page);
  assert.notEqual(await page.evaluate(() => document.styleSheets.length), 0);
  await page.goto('about:blank');
  await untilViewers(daemon, 0);
});

test('the page waits for somebody who is not there yet, and comes back when a publisher does', async (t) => {
  const daemon = await startStage(t);
  const page = await openBrowser(t);
  await page.goto(`${daemon.url}/watch/studio/dora#token=${token}`);
  await aWindowOf(1500);
  const first = await publish(daemon, 'dora');
  t.after(() => first.kill());
  await assertPlays(page);
  await first.kill();
  await aWindowOf(1000);
  const second = await publish(daemon, 'dora');
  t.after(() => second.kill());
  await until('the picture moves again', async () => {
    const { time } = await playing(page);
    await aWindowOf(500);
    return (await playing(page)).time > time + 0.3;
  }, { deadline: 30_000 });
});
