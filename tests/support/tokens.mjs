// Signed tokens as any program makes and reads them that has the key: JWT (RFC 7519) with HS256.
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const signingKey = 'a-key-of-the-tests-with-32-bytes-or-more';
export const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signatureOf = (text, key) => createHmac('sha256', key).update(text).digest('base64url');

/// Gives a configuration signing keys, { id: key }.
export async function addKeys(config, directory, keys = { test: signingKey }) {
  config.http.signed_tokens = { keys: [] };
  for (const [id, key] of Object.entries(keys)) {
    const file = join(directory, `${id}.key`);
    await writeFile(file, `${key}\n`, { mode: 0o600 });
    config.http.signed_tokens.keys.push({ id, secret: { file } });
  }
}

/// A token for an hour, of what `claims` say.
export function sign(claims, { key = signingKey, header = { alg: 'HS256', typ: 'JWT', kid: 'test' } } = {}) {
  const text = `${base64(header)}.${base64({ aud: 'spillway', exp: inSeconds(3600), ...claims })}`;
  return `${text}.${signatureOf(text, key)}`;
}

/// { header, claims }; throws when the signature is another key's.
export function read(token, key = signingKey) {
  const [header, claims, signature] = token.split('.');
  if (signature !== signatureOf(`${header}.${claims}`, key)) throw new Error('another key signed this');
  const parse = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  return { header: parse(header), claims: parse(claims) };
}
