// The certificate of the HTTP server: what cannot be served is found before, and a renewed one is served after a reload.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { connect } from 'node:tls';
import { run } from '../support/process.mjs';
import { freePort, program, startSpillwayd } from '../support/spillwayd.mjs';
import { until } from '../support/wait.mjs';

// Nobody vouches for the certificates of this test.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

/// `NAME.pem` and `NAME.key` of a certificate of their own.
async function make(directory, name) {
  const at = (end) => join(directory, `${name}.${end}`);
  const flags = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const { code, stderr } = await run('openssl', [...flags, '-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('pem')]);
  assert.equal(code, 0, stderr);
  return { certificate: at('pem'), key: at('key') };
}

async function folder(t) {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-certificate-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('a certificate or key that cannot be served is a bad configuration', async (t) => {
  const directory = await folder(t);
  const one = await make(directory, 'one');
  const two = await make(directory, 'two');
  const other = join(directory, 'other.pem');
  await writeFile(other, 'no certificate\n');
  const locked = join(directory, 'locked.key');
  await run('openssl', ['pkey', '-in', one.key, '-aes256', '-passout', 'pass:hunter2', '-out', locked]);
  const file = join(directory, 'spillway.yaml');
  const check = async (tls, flags = ['--check-config']) => {
    await writeFile(file, JSON.stringify({ http: { listen: '127.0.0.1:0', tls }, webrtc: { listen: [] } }));
    const { code, stdout, stderr } = await run(program, ['--config', file, ...flags], { deadline: 20_000 });
    return { code, text: stdout + stderr };
  };
  assert.equal((await check(one)).code, 0);
  for (const [tls, why] of [
    [{ certificate: one.certificate, key: two.key }, /two\.key: this is not the key of the first certificate in .*one\.pem/],
    [{ certificate: other, key: one.key }, /other\.pem: there is no certificate in PEM form/],
    [{ certificate: one.certificate, key: other }, /other\.pem: there is no private key in PEM form/],
    [{ certificate: one.certificate, key: locked }, /locked\.key: the key is protected by a password/],
  ]) {
    const { code, text } = await check(tls);
    assert.equal(code, 78, text);
    assert.match(text, why);
    assert.match(text, /http\.tls/);
  }
  assert.equal((await check({ certificate: other, key: one.key }, [])).code, 78);
});

test('a renewed certificate is served after a reload; a wrong one changes nothing', async (t) => {
  const directory = await folder(t);
  const [first, second] = [await make(directory, 'first'), await make(directory, 'second')];
  const served = { certificate: join(directory, 'served.pem'), key: join(directory, 'served.key') };
  const serve = async ({ certificate, key }) => {
    await copyFile(certificate, served.certificate);
    await copyFile(key, served.key);
  };
  await serve(first);
  const port = await freePort();
  const daemon = await startSpillwayd((config) => {
    config.http.listen = `127.0.0.1:${port}`;
    config.http.tls = served;
  }, { url: `https://127.0.0.1:${port}` });
  t.after(() => daemon.stop());
  const subject = () => new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on('error', reject);
  });
  const reload = async (expected) => {
    const reloads = () => daemon.log().match(/configuration (not )?reloaded/g) ?? [];
    const before = reloads().length;
    daemon.signal('SIGHUP');
    await until('the reload', () => reloads().length > before);
    assert.equal(reloads().at(-1), expected);
  };
  assert.equal(await subject(), 'first');
  await serve(second);
  await reload('configuration reloaded');
  assert.equal(await subject(), 'second');
  assert.match(daemon.log(), /http certificate file=.*served\.pem expires=20\d\d-/);

  await serve({ certificate: first.certificate, key: second.key });
  await reload('configuration not reloaded');
  assert.match(daemon.log(), /served\.key: this is not the key/);
  assert.equal(await subject(), 'second');
});
