import { randomBytes } from 'node:crypto';
import { type FileHandle, link, readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { renameOver, replaceFile } from '../core/files.js';
import { isRunning } from '../core/processes.js';
import { SafetensorsFile } from '../safetensors/file.js';

/** Options of {@link writeKept}. */
export interface Keeping {
  /** The number of files to keep, with the newest. */
  readonly keep: number;
  /** True for a new run: the files that are there belong to another run, and are removed. */
  readonly isNew: boolean;
  /** True for the run's first file: killed processes may have left temporary files behind. */
  readonly isFirst: boolean;
  /** The state ({@link runStateAt}) in the file that may be replaced. A file with another state is not. */
  readonly replaces: string | undefined;
  /** Tells whether a file certainly is a checkpoint of this run, and may be removed if more were kept before. */
  readonly isOwn: (file: SafetensorsFile) => Promise<boolean>;
}

/**
 * Writes the newest of the kept files: `path`; the file before it becomes `path.1`, and so on. At any moment `path` is a
 * whole file, the new one or the old one. Two runs that write the same file are told apart by its content: the run that
 * finds a checkpoint of the other one gives up. If both look at the same moment, and then rename, neither notices before
 * its next file.
 * @throws BlasnetError `ERR_BAD_FILE` if the file cannot be written, or is another run's
 */
export async function writeKept(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { keep, isNew, isFirst, replaces, isOwn }: Keeping,
): Promise<void> {
  if (isFirst) await removeLeftovers(await realpath(path).catch(() => path));
  let stale: readonly string[] = [];
  await replaceFile(path, write, {
    temporaryName: (target) => `${basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`,
    beforeRename: async (target) => {
      const found = await runStateAt(target);
      if (found !== undefined && found !== replaces) {
        throw new Error('a checkpoint that another run has written meanwhile (each needs a checkpointFile of its own)');
      }
      if (isNew) stale = await olderThan(target);
      else {
        await rotate(target, keep);
        if (isFirst) stale = await surplus(target, keep, isOwn);
      }
    },
  });
  for (const file of stale) await rm(file, { force: true });
}

/** Reads the state of a run from a file, as text. It holds the time, so that no two are equal. Undefined for other files. */
export function runStateAt(path: string): Promise<string | undefined> {
  return readIfWhole(path, async (file) => file.metadata.get('training'));
}

/** Opens a safetensors file and calls `read`; resolves with undefined if either fails. */
async function readIfWhole<Result>(
  path: string,
  read: (file: SafetensorsFile) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    const file = await SafetensorsFile.open(path);
    try {
      return await read(file);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Removes temporary files of killed processes. */
async function removeLeftovers(target: string): Promise<void> {
  const [folder, base] = [dirname(target), `${basename(target)}.`];
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid] = (name.startsWith(base) && /^(\d{1,10})-[0-9a-f]{8}\.tmp$/.exec(name.slice(base.length))) || [];
    if (pid !== undefined && !isOtherProcess(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** Tells whether another process of that number runs. This one's own number means nothing: containers begin with 1. */
function isOtherProcess(pid: number): boolean {
  return pid !== process.pid && isRunning(pid);
}

/** Lists the files that may hold the newest checkpoint, the newest first. */
export async function candidatesFor(path: string): Promise<string[]> {
  const target = await realpath(path).catch(() => path);
  return [target, ...(await olderThan(target))];
}

/** Lists the run's own files beyond the number to keep. */
async function surplus(target: string, keep: number, isOwn: Keeping['isOwn']): Promise<string[]> {
  const files: string[] = [];
  for (const path of await olderThan(target, keep)) if (await readIfWhole(path, isOwn)) files.push(path);
  return files;
}

/** Lists the existing files `target.1`, `target.2`, …, from number `first` on. */
async function olderThan(target: string, first = 1): Promise<string[]> {
  const [folder, base] = [dirname(target), `${basename(target)}.`];
  const names = await readdir(folder).catch(() => []);
  const numbers = names
    .filter((name) => name.startsWith(base) && /^[1-9]\d{0,8}$/.test(name.slice(base.length)))
    .map((name) => Number(name.slice(base.length)));
  return numbers
    .filter((number) => number >= first)
    .sort((a, b) => a - b)
    .map((number) => join(folder, `${base}${number}`));
}

async function rotate(target: string, keep: number): Promise<void> {
  if (keep === 1) return;
  for (let number = keep - 2; number >= 1; number--) {
    await unlessMissing(renameOver(`${target}.${number}`, `${target}.${number + 1}`));
  }
  const previous = `${target}.1`;
  await rm(previous, { force: true });
  try {
    await link(target, previous); // under both names until the new file takes the first one
  } catch {
    // File systems without links: for a moment there is only `target.1`, which `candidatesFor` knows.
    await unlessMissing(renameOver(target, previous));
  }
}

async function unlessMissing(work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
