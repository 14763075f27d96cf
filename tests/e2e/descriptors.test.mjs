// Few file descriptors, and requests that are too long: every client learns why.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import test from 'node:test';
import { run } from '../support/process.mjs';
import { startSpillwayd } from '../support/spillwayd.mjs';

const demo = { name: 'demo', join: { type: 'test', participants: 1 } };

test('with few descriptors left sessions are refused with 503, and every request is answered', async (t) => {
  const daemon = await startSpillwayd((config) => config.calls.push(demo));
  t.after(() => daemon.stop());
  await daemon.untilMetrics('media comes', (metrics) => metrics.sum('track_received_packets_total') > 50, { deadline: 20_000 });
  // The kernel limits the number of a descriptor, not how many there are.
  const limit = async (free) => {
    const used = new Set((await readdir(`/proc/${daemon.pid}/fd`)).map(Number));
    let end = 0;
    for (let left = free; left > 0 || used.has(end); end += 1) left -= used.has(end) ? 0 : 1;
    const { code, stderr } = await run('prlimit', ['--pid', String(daemon.pid), `--nofile=${end}:`]);
    assert.equal(code, 0, stderr);
  };
  await limit(8);
  const post = () => daemon.request('/whep/demo/alice', {
    method: 'POST', headers: { 'content-type': 'application/sdp' }, body: 'v=0\r\n',
  });
  const refused = await post();
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /LimitNOFILE/);
  assert.equal((await daemon.request('/healthz')).status, 200);

  await limit(0);
  const answers = await Promise.all(Array.from({ length: 4 }, post));
  assert.deepEqual(answers.map(({ status }) => status), [503, 503, 503, 503]);
  await limit(100);
  assert.equal((await post()).status, 406);
});

test('a long path is answered with 414', async (t) => {
  const daemon = await startSpillwayd();
  t.after(() => daemon.stop());
  assert.equal((await daemon.request(`/${'a'.repeat(10_000)}`)).status, 414);
});
