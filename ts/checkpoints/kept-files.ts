import { type FileHandle, link, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../files.js';

/** How a file joins those that are kept. */
export interface Keeping {
  /** How many are kept, the newest included. */
  readonly keep: number;
  /** Whether the files that are there are of another run, and go. */
  readonly isNew: boolean;
}

/**
 * Writes the newest of the files that are kept: `path`; the one before it becomes `path.1`, and so on. At any moment
 * `path` is a whole file, the new one or the old one.
 */
export async function writeKept(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { keep, isNew }: Keeping,
): Promise<void> {
  let stale: readonly string[] = [];
  await replaceFile(path, write, {
    // Always the same name, so that processes that are killed leave one at the most.
    temporaryName: (target) => `${basename(target)}.tmp`,
    beforeRename: async (target) => {
      if (isNew) stale = await olderThan(target);
      else await rotate(target, keep);
    },
  });
  for (const file of stale) await rm(file, { force: true });
}

/** The files that may hold the newest checkpoint, the likeliest first. */
export async function candidatesFor(path: string): Promise<string[]> {
  const target = await realpath(path).catch(() => path);
  return [target, ...(await olderThan(target))];
}

/** `target.1`, `target.2`, … as far as they are there. */
async function olderThan(target: string): Promise<string[]> {
  const [folder, base] = [dirname(target), `${basename(target)}.`];
  const names = await readdir(folder).catch(() => []);
  const numbers = names
    .filter((name) => name.startsWith(base) && /^[1-9]\d{0,8}$/.test(name.slice(base.length)))
    .map((name) => Number(name.slice(base.length)));
  return numbers.sort((a, b) => a - b).map((number) => join(folder, `${base}${number}`));
}

async function rotate(target: string, keep: number): Promise<void> {
  if (keep === 1) return;
  for (let number = keep - 2; number >= 1; number--) {
    await unlessMissing(rename(`${target}.${number}`, `${target}.${number + 1}`));
  }
  const previous = `${target}.1`;
  await rm(previous, { force: true });
  try {
    await link(target, previous); // under both names until the new file takes the first one
  } catch {
    // File systems without links: for a moment there is only `target.1`, which `candidatesFor` knows.
    await unlessMissing(rename(target, previous));
  }
}

async function unlessMissing(work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
