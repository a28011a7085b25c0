// Downloads the sources of the packages into build/prebuild/, in fixed versions that are checked by SHA-256.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/root.mjs';
import { run, ScriptError, say } from '../lib/run.mjs';

/** Everything that the packages are made with: downloads, tools, libraries, objects. Git ignores it. */
export const workFolder = join(root, 'build/prebuild');

const mirrors = [
  'https://deb.debian.org/debian/pool/main/',
  'http://deb.debian.org/debian/pool/main/',
  'https://snapshot.debian.org/archive/debian/20250815T000000Z/pool/main/',
];

/** Source archives of Debian 13. `folder` is the one that an archive unpacks to. */
export const archives = {
  openblas: {
    version: '0.3.29',
    path: 'o/openblas/openblas_0.3.29+ds.orig.tar.xz',
    sha256: 'eb691e2cff83799400da22aa6ab93ebaa346ad317fea578b7ae119e226ce1b01',
    folder: 'OpenBLAS-0.3.29',
  },
  highway: {
    version: '1.2.0',
    path: 'h/highway/highway_1.2.0.orig.tar.gz',
    sha256: '7e0be78b8318e8bdbf6fa545d2ecb4c90f947df03f7aadc42c1967f019e63343',
    folder: 'highway-1.2.0',
  },
};

/** Throws ScriptError where the bytes are not those that are expected. */
export function checkSum(bytes, sha256, name) {
  const received = createHash('sha256').update(bytes).digest('hex');
  if (received !== sha256) throw new ScriptError(`Expected SHA-256 ${sha256} of ${name} but received ${received}`);
}

/**
 * Folder of an archive's sources, fetched and unpacked where they are not there yet.
 * @param {keyof typeof archives} name
 * @param {{ download?: typeof fetchBytes, folder?: string }} [options] - how and where, for tests
 */
export async function sourcesFrom(name, { download = fetchBytes, folder = workFolder } = {}) {
  const { path, sha256, folder: unpacked } = archives[name];
  const sources = join(folder, 'sources', unpacked);
  if (existsSync(sources)) return sources;
  const archive = join(folder, 'downloads', path.split('/').at(-1));
  if (!existsSync(archive)) {
    say(`fetching ${path.split('/').at(-1)} …`);
    const bytes = await firstOf(mirrors.map((mirror) => () => download(`${mirror}${path.replaceAll('+', '%2B')}`)));
    checkSum(bytes, sha256, path);
    mkdirSync(join(folder, 'downloads'), { recursive: true });
    writeFileSync(archive, bytes);
  }
  checkSum(readFileSync(archive), sha256, archive);
  // Unpacked beside its place and moved there whole, so that a run that was ended leaves no half of it.
  const beside = join(folder, 'sources', `.${unpacked}.${process.pid}`);
  mkdirSync(beside, { recursive: true });
  run('tar', ['-xf', archive, '-C', beside], { what: `unpacking ${archive}` });
  renameSync(join(beside, unpacked), sources);
  rmSync(beside, { recursive: true });
  return sources;
}

/** The first of several downloads that succeeds; throws ScriptError with all reasons where none does. */
async function firstOf(downloads) {
  const reasons = [];
  for (const download of downloads) {
    try {
      return await download();
    } catch (error) {
      reasons.push(error.message);
    }
  }
  throw new ScriptError(`no mirror answered:\n  ${reasons.join('\n  ')}`);
}

/** The bytes at an address; rejects with the reason. */
export async function fetchBytes(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`${url}: ${error.cause?.message ?? error.message}`);
  }
}
