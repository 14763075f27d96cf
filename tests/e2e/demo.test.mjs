// The demo of the README shows a running call, a growing recording and queue depths, in a build that is there already.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { run } from '../support/process.mjs';
import { freePort, root } from '../support/spillwayd.mjs';
import { startRoom, room } from '../interop/janus/scene.mjs';
import { janusPort } from '../support/janus.mjs';

const script = join(root, 'daemon/demo.sh');

async function assertShows(options) {
  const port = await freePort();
  const { code, stdout, stderr } = await run(script, ['--once', '--port', String(port), ...options], { deadline: 120_000 });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /"demo\/[^/]+\/camera"|"demo\/[^/]+\/video"/);
  assert.match(stdout, /recordings: \d+ bytes, a moment later \d+ bytes/);
  assert.match(stdout, new RegExp(`^http://127.0.0.1:${port}/watch/demo/[^/]+$`, 'm'));
  assert.match(stdout, /^spillway_queue_buffers\{.*subscription="archive".*\} \d+/m);
}

test('daemon/demo.sh --once shows tracks, a growing recording and queue depths', () => assertShows([]));

test('the demo can be pointed at a Janus room', async (t) => {
  const { crowd } = await startRoom(t);
  await crowd.publish('alice', ['camera', 'microphone']);
  await assertShows(['--janus', `ws://10.78.0.2:${janusPort}/`, String(room)]);
});
