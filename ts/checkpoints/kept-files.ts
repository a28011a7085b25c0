import { randomBytes } from 'node:crypto';
import { type FileHandle, link, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../files.js';
import { SafetensorsFile } from '../safetensors/file.js';

/** How a file joins those that are kept. */
export interface Keeping {
  /** How many are kept, the newest included. */
  readonly keep: number;
  /** Whether the files that are there are of another run, and go. */
  readonly isNew: boolean;
  /** Whether the run has written none yet, so that processes that were killed may have left something behind. */
  readonly isFirst: boolean;
  /** What {@link runStateAt} gave for the file that may be replaced; any other run's is not. */
  readonly replaces: string | undefined;
  /** Whether a file's checkpoint is certainly of this run, so that it goes where more were kept before than now. */
  readonly isOwn: (file: SafetensorsFile) => Promise<boolean>;
}

/**
 * Writes the newest of the files that are kept: `path`; the one before it becomes `path.1`, and so on. At any moment
 * `path` is a whole file, the new one or the old one. Two runs that write the same file are told apart by what is in it:
 * the one that finds a checkpoint of the other's gives up. That both look in the same moment, and then rename, could hide
 * it until the next time that they look.
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

/** The state of a run in a file, as text: no two files have the same, since it says the time. Undefined for other files. */
export function runStateAt(path: string): Promise<string | undefined> {
  return readIfWhole(path, async (file) => file.metadata.get('training'));
}

/** What is read of a safetensors file; undefined for what is none, and for what fails. */
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

/** Removes what processes that were killed had begun to write. */
async function removeLeftovers(target: string): Promise<void> {
  const [folder, base] = [dirname(target), `${basename(target)}.`];
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid] = (name.startsWith(base) && /^(\d{1,10})-[0-9a-f]{8}\.tmp$/.exec(name.slice(base.length))) || [];
    if (pid !== undefined && !isOtherProcess(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** Whether another process of that number runs. The number alone tells nothing of this one: containers begin with 1. */
function isOtherProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The files that may hold the newest checkpoint, the likeliest first. */
export async function candidatesFor(path: string): Promise<string[]> {
  const target = await realpath(path).catch(() => path);
  return [target, ...(await olderThan(target))];
}

/** Files that the run kept when it was to keep more than now. */
async function surplus(target: string, keep: number, isOwn: Keeping['isOwn']): Promise<string[]> {
  const files: string[] = [];
  for (const path of await olderThan(target, keep)) if (await readIfWhole(path, isOwn)) files.push(path);
  return files;
}

/** `target.1`, `target.2`, … as far as they are there, or from another number on. */
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
