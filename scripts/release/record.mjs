// Which published package has the addon for which C++ files: clones with the same files take it instead of compiling.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/root.mjs';

/** Read by scripts/lib/prebuilt.mjs. It is committed, since a checksum from the registry itself would prove nothing. */
export const publishedFile = join(root, 'scripts/prebuild/published.json');

/**
 * Writes the version, the hash of the C++ files and the checksums of the platform packages' tarballs.
 * @param packages - as packFolders returns them
 */
export function recordPublished(version, sources, packages, file = publishedFile) {
  const platforms = packages.filter(({ name }) => name.startsWith('@blasnet/'));
  const checksums = platforms.map(({ name, tarball }) => [name.slice('@blasnet/'.length), integrityOf(tarball)]);
  const record = { version, sources, packages: Object.fromEntries(checksums) };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** The checksum of a file, as npm writes it. */
const integrityOf = (file) => `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
