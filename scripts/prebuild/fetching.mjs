// Programs that run an addon of another platform here: packages of npm, PyPI and Debian, in build/prebuild/.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, ScriptError, say, tryRun } from '../lib/run.mjs';
import { npmPack } from '../release/pack.mjs';
import { checkSum, fetchBytes, workFolder } from './sources.mjs';
import { python } from './zig.mjs';

/** Folder that `make` fills, where it is not there yet. An attempt that was ended leaves nothing in its place. */
export async function madeOnce(name, make) {
  const folder = join(workFolder, 'runtimes', name);
  if (existsSync(folder)) return folder;
  const beside = join(workFolder, 'runtimes', `.${process.pid}.${name}`);
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true });
  say(`fetching ${name} …`);
  await make(beside);
  renameSync(beside, folder);
  return folder;
}

/** Folder of an npm package for whatever platform, without what it depends on. */
export const npmPackage = (name, version) =>
  madeOnce(`${name.replace('/', '-')}-${version}`, (folder) => {
    const { filename } = npmPack([`${name}@${version}`, '--pack-destination', folder]);
    run('tar', ['-xzf', join(folder, filename), '-C', folder, '--strip-components=1']);
    rmSync(join(folder, filename));
  });

/** Folder of a wheel's files; `platform` is pip's name of one. */
export const wheel = (name, version, platform) =>
  madeOnce(`${name}-${version}-${platform}`, (folder) => {
    const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--platform', platform, '--dest', folder];
    run(python(), ['-m', 'pip', 'download', ...options, `${name}==${version}`], { what: `pip download ${name}` });
    const file = join(
      folder,
      readdirSync(folder).find((path) => path.endsWith('.whl')),
    );
    run(python(), ['-m', 'zipfile', '-e', file, folder]);
    rmSync(file);
  });

/** Folder of the files of a package of Debian, by its path in the archive's pool. */
export const debianPackage = (path, sha256) =>
  madeOnce(path.split('/').at(-1), async (folder) => {
    const bytes = await fetchBytes(`http://deb.debian.org/debian/pool/main/${path}`);
    checkSum(bytes, sha256, path);
    const file = join(folder, 'package.deb');
    writeFileSync(file, bytes);
    run('dpkg-deb', ['--extract', file, folder]);
    rmSync(file);
  });

/** Folder with a minimal Debian; that of a foreign processor is unpacked and not set up. */
export function debian(release, arch, { isForeign }) {
  if (process.getuid?.() !== 0) throw new ScriptError('debootstrap needs root');
  if (tryRun('debootstrap', ['--version']) === null) throw new ScriptError('debootstrap is not installed');
  return madeOnce(`debian-${release}-${arch}`, (folder) => {
    const options = ['--variant=minbase', `--arch=${arch}`, ...(isForeign ? ['--foreign'] : [])];
    run('debootstrap', [...options, release, folder, 'http://deb.debian.org/debian'], { what: 'debootstrap' });
  });
}
