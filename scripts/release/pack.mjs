// Packs folders of packages into tarballs, and reads them again. The list of them travels with the tarballs, so that another
// machine can test what this one packed.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run, ScriptError } from '../lib/run.mjs';
import { npmCommand } from './install/tools.mjs';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} tarball - its path
 * @property {number} packed - bytes of the tarball
 * @property {number} unpacked - bytes of what it holds
 * @property {Record<string, unknown>} manifest - its package.json
 */

const listFile = 'packages.json';

/** Packs folders into `into`, which is emptied first, as npm would publish them. @returns {Packed[]} */
export function packFolders(folders, into) {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const packages = folders.map((folder) => packFolder(folder, into));
  const list = packages.map(({ tarball, ...others }) => ({ file: basename(tarball), ...others }));
  writeFileSync(join(into, listFile), `${JSON.stringify(list, null, 2)}\n`);
  return packages;
}

/** @returns {Packed} */
export function packFolder(folder, into) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { filename, size, unpackedSize } = npmPack([folder, '--ignore-scripts', '--pack-destination', into]);
  const { name, version } = manifest;
  const tarball = join(into, filename.replace(/^@/, '').replace('/', '-'));
  return { name, version, tarball, packed: size, unpacked: unpackedSize, manifest };
}

/** Bytes of a package that is not packed yet, and of its tarball. */
export function packSizes(folder) {
  const { unpackedSize: unpacked, size: packed } = npmPack([folder, '--ignore-scripts', '--dry-run']);
  return { unpacked, packed };
}

/** Calls npm pack for one package, and gives its answer. */
export function npmPack(args) {
  const [node, npm] = npmCommand();
  const answer = JSON.parse(run(node, [npm, 'pack', '--json', ...args], { what: `npm pack ${args[0]}` }));
  // A list, or from npm 12 on the packages by their names.
  return Object.values(answer)[0];
}

/** The packages whose tarballs lie in a folder. @returns {Packed[]} */
export function packedIn(folder) {
  const file = join(folder, listFile);
  if (!existsSync(file))
    throw new ScriptError(`Expected ${file}, which npm run release -- --dry-run writes, but found none`);
  return JSON.parse(readFileSync(file, 'utf8')).map(({ file: name, ...others }) => ({
    ...others,
    tarball: join(folder, name),
  }));
}
