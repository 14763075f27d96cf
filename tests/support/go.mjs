// Go programs on Debian's own packages of Go libraries: nothing is fetched.
import { copyFile, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';

/// The packages that several programs import, by the names of the folders in it.
const packages = fileURLToPath(new URL('./go/', import.meta.url));

async function sourcesOf(source) {
  if (!(await stat(source)).isDirectory()) return [source];
  return (await readdir(source)).filter((name) => name.endsWith('.go')).map((name) => join(source, name));
}

/// Builds one source file, or all of a folder: { program, remove() }.
export async function buildGo(source) {
  const workspace = await mkdtemp(join(tmpdir(), 'go-test-'));
  const name = basename(source, '.go');
  const folder = join(workspace, 'src', name);
  await mkdir(folder, { recursive: true });
  for (const file of await sourcesOf(source)) await copyFile(file, join(folder, basename(file)));
  await cp(packages, join(workspace, 'src'), { recursive: true });
  // Makes import paths with a major version resolve.
  for (const module of [name, ...(await readdir(packages))])
    await writeFile(join(workspace, 'src', module, 'go.mod'), `module ${module}\n`);
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
