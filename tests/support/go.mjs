// Go programs on Debian's own packages of Go libraries: nothing is fetched.
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from './process.mjs';

async function sourcesOf(source) {
  if (!(await stat(source)).isDirectory()) return [source];
  return (await readdir(source)).filter((name) => name.endsWith('.go')).map((name) => join(source, name));
}

/// Builds one source file, or all of a folder: { program, remove() }. A go.mod beside it makes import paths with a major version resolve.
export async function buildGo(source) {
  const workspace = await mkdtemp(join(tmpdir(), 'go-test-'));
  const name = basename(source, '.go');
  const folder = join(workspace, 'src', name);
  await mkdir(folder, { recursive: true });
  for (const file of await sourcesOf(source)) await copyFile(file, join(folder, basename(file)));
  await writeFile(join(folder, 'go.mod'), `module ${name}\n`);
  const program = join(workspace, name);
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: `${workspace}:/usr/share/gocode`, GOFLAGS: '' };
  const { code, stderr } = await run('go', ['build', '-o', program, name], { env, cwd: folder, deadline: 300_000 });
  const remove = () => rm(workspace, { recursive: true, force: true });
  if (code !== 0) {
    await remove();
    throw new Error(`go build ${source}: ${stderr}`);
  }
  return { program, remove };
}
