import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * Paths (relative to the package, with forward slashes, sorted) of the files under `folder` that `accept` takes; what
 * npm installed there is not looked at.
 */
export function filesUnder(folder, accept = () => true) {
  if (!existsSync(join(root, folder))) return [];
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.name === 'node_modules') continue;
    if (entry.isDirectory()) found.push(...filesUnder(path, accept));
    else if (accept(path)) found.push(path);
  }
  return found.sort();
}

/** Hash over the names and contents of files and over further strings; a missing file counts as such. */
export function hashOf(files, ...values) {
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(root, file);
    hash
      .update(`${file}\0`)
      .update(existsSync(path) ? readFileSync(path) : 'missing')
      .update('\0');
  }
  for (const value of values) hash.update(`${value}\0`);
  return hash.digest('hex');
}

/** Text of a file, or an empty string where it is missing. */
export function readOr(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
