// The daemon under the sandbox of its own unit file: what is served, and that the sandbox forbids what the unit says.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { run } from '../support/process.mjs';
import { recordSubscription, sandboxed, shippedUnit, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';
import { assertSame, finished } from './checks.mjs';
import { publish } from './peer_process.mjs';
import { play } from './players/process.mjs';

const fps = 15;
const seconds = 2;
const letsBatchThrough = 'SystemCallFilter=sched_setscheduler\n';
const refusals = /not permitted|denied|read-only file system|not supported by protocol|cannot allocate/i;

async function folder(t) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-sandbox-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/// A copy of the shipped unit that `change` has rewritten.
async function unitWith(t, change) {
  const text = await readFile(shippedUnit, 'utf8');
  const changed = change(text);
  assert.notEqual(changed, text, 'the unit has what the test takes off');
  const file = join(await folder(t), 'spillway.service');
  await writeFile(file, changed);
  return file;
}

async function start(t, sandbox) {
  const daemon = await startSpillwayd((config, directory) => {
    config.subscriptions.push(recordSubscription(directory));
  }, { sandbox });
  t.after(() => daemon.stop());
  return daemon;
}

/// libwebrtc publishes, libwebrtc watches, and the recording has what was sent.
async function serveACall(t, daemon) {
  const publisher = await publish(daemon, 'alice', { fps });
  t.after(() => publisher.kill());
  const viewer = await play(t, 'wrtc', { endpoint: `${daemon.url}/whep/studio/alice`, token: 'view-secret' });
  await until('the viewer shows a picture', async () => (await viewer.stats()).video.frames >= fps, { every: 200 });
  await until('enough is sent', async () => (await publisher.stats()).video.framesSent >= seconds * fps, { every: 200 });
  assert.equal((await viewer.stop()).status, 200);
  const sent = await publisher.stop();
  const video = await finished(daemon, 'studio/alice/video');
  assertSame(t, 'video frames', video.frames, sent.video.framesSent);
  assert.equal(video.errors, '');
}

const refused = (daemon) => daemon.log().split('\n').filter((line) => refusals.test(line));

describe('a call is served', { concurrency: 2 }, () => {
  test('under the sandbox of the unit a call is served and recorded, and GStreamer runs SCHED_BATCH', async (t) => {
    const daemon = await start(t, true);
    const status = await readFile(`/proc/${daemon.pid}/status`, 'utf8');
    assert.match(status, /^NoNewPrivs:\s1$/m);
    assert.match(status, /^Seccomp:\s2$/m);
    assert.match(status, /^CapBnd:\s0+$/m);
    await serveACall(t, daemon);
    assert.equal((await daemon.metrics()).sum('batch_scheduling'), 1);
    assert.match(daemon.log(), /GStreamer's threads run SCHED_BATCH/);
    assert.deepEqual(refused(daemon), []);
    assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
  });

  test('without the line that lets sched_setscheduler through the same call is served, and the log says so', async (t) => {
    const daemon = await start(t, await unitWith(t, (text) => text.replace(letsBatchThrough, '')));
    await serveACall(t, daemon);
    const metrics = await daemon.metrics();
    assert.ok(metrics.has('batch_scheduling'));
    assert.equal(metrics.sum('batch_scheduling'), 0);
    const lines = refused(daemon);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], /GStreamer's threads cannot run SCHED_BATCH.*Operation not permitted/);
  });
});

function runSandboxed(unit, directory, command) {
  const [program, ...args] = sandboxed(unit, directory, command);
  return run(program, args);
}

/// What each of these says in the sandbox: the name of an errno, or `done`.
const attempts = `
import ctypes, errno, json, mmap, os, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1: raise OSError(ctypes.get_errno(), name)
def written(path): os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
def writable(path):
    if os.statvfs(path).f_flag & os.ST_RDONLY: raise OSError(errno.EROFS, path)
tried = {
    'state': lambda: written(sys.argv[1] + '/file'),
    'temporary': lambda: written('/tmp/file'),
    'netlink': lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    'batch': lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
    'fifo': lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    'nice': lambda: os.setpriority(os.PRIO_PROCESS, 0, 1),
    'packet': lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    'executable': lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC),
    'namespace': lambda: call('unshare', 0x10000000),
    'personality': lambda: call('personality', 0x0040000),
    'setuid': lambda: os.chmod(sys.argv[1] + '/file', 0o4755),
    'mount': lambda: call('mount', b'none', b'/tmp', b'tmpfs', 0, None),
    'owner': lambda: os.chown(sys.argv[1] + '/file', 1, 1),
    'system': lambda: written('/etc/file'),
    'tunables': lambda: writable('/proc/sys'),
}
said = {}
for name, attempt in tried.items():
    try: attempt(); said[name] = 'done'
    except OSError as error: said[name] = errno.errorcode[error.errno]
print(json.dumps(said))
`;

test('the sandbox forbids what the unit forbids, and nothing that it allows', async (t) => {
  const directory = await folder(t);
  const { code, stdout, stderr } = await runSandboxed(true, directory, ['/usr/bin/python3', '-c', attempts, directory]);
  assert.equal(code, 0, stderr);
  t.diagnostic(stderr.trim());
  const allowed = { state: 'done', temporary: 'done', netlink: 'done', batch: 'done' };
  const forbidden = Object.fromEntries(
    ['fifo', 'nice', 'executable', 'namespace', 'personality', 'setuid', 'mount', 'owner'].map((name) => [name, 'EPERM']));
  assert.deepEqual(JSON.parse(stdout), {
    ...allowed, ...forbidden, packet: 'EAFNOSUPPORT', system: 'EROFS', tunables: 'EROFS',
  });
});

for (const [what, line, named] of [
  ['an option', 'ProtectTimeMachine=yes', 'ProtectTimeMachine'],
  ['a set of system calls', 'SystemCallFilter=@imaginary', '@imaginary'],
  ['a system call', 'SystemCallFilter=sched_imagine', 'sched_imagine'],
  ['a value', 'ProtectSystem=full', 'ProtectSystem=strict full'],
  ['an address family', 'RestrictAddressFamilies=AF_IMAGINARY', 'AF_IMAGINARY'],
]) {
  test(`${what} that the sandbox does not know is an error that names it`, async (t) => {
    const unit = await unitWith(t, (text) => text.replace('\n[Install]', `${line}\n\n[Install]`));
    const { code, stderr } = await runSandboxed(unit, await folder(t), ['/bin/true']);
    assert.equal(code, 1, stderr);
    assert.ok(stderr.startsWith('sandbox: ') && stderr.includes(named), stderr);
  });
}
