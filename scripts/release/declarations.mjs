// The type declarations that are published: those that an entry point reaches.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root } from '../lib/root.mjs';

const specifier = /(?:from|import)\s*\(?\s*'(\.[^']*)\.js'/g;

/** Paths of the declarations that these and their imports need. */
export function declarationsOf(entries) {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path)) return;
    if (!existsSync(join(root, path))) throw new Error(`Expected ${path} to be compiled`);
    found.add(path);
    for (const [, name] of readFileSync(join(root, path), 'utf8').matchAll(specifier)) {
      visit(posix.join(dirname(path), `${name}.d.ts`));
    }
  };
  for (const entry of entries) visit(entry);
  return [...found].sort();
}
