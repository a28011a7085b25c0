import { randomBytes } from 'node:crypto';
import { constants, fsync, type Stats } from 'node:fs';
import { appendFile, type FileHandle, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BlasnetError, badArgument, clipped } from './errors.js';

/** Waits until a file is on the disk. The file systems of Yarn's Plug'n'Play have no `FileHandle.sync`. */
const synchronize = promisify(fsync);

/**
 * Makes an `ERR_BAD_FILE` with the usual message: "Expected X in the file but received Y".
 * @param where - the file or the part of it, as the message names it; clip it where it comes from the file itself
 */
export function badFile(where: string, expected: string, received: string, cause?: unknown): BlasnetError {
  return new BlasnetError(
    'ERR_BAD_FILE',
    `Expected ${clipped(expected)} in ${where} but received ${clipped(received)}`,
    cause === undefined ? undefined : { cause },
  );
}

/** A file of this many bytes or more is not read as a whole: Node's limit for one buffer from a file. */
const maxWhole = 2 ** 31 - 1;

/**
 * Reads all bytes of a file.
 * @param what - the kind of file, for the message: `npz`, `IDX`
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing, unreadable, no plain file, or of 2 GiB or more
 */
export async function readFileBytes(path: string, what: string): Promise<Uint8Array> {
  const file = await openForReading(path, what);
  try {
    const { size } = await file.stat();
    if (size > maxWhole) throw badFile(`'${path}'`, 'a file of less than 2 GiB', `${size} bytes`);
    const bytes = new Uint8Array(size);
    await readFully(file, bytes, 0, `'${path}'`);
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * Opens a file to be read piece by piece; the caller closes it. Every reader of blasnet opens its files here: a pipe would
 * never answer, and a device such as `/dev/zero` never end.
 * @param what - the kind of file, for the message: `npz`, `IDX`
 * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing or unreadable, and for a folder, pipe, device or socket
 */
export async function openForReading(path: string, what: string): Promise<FileHandle> {
  requireFileName(path);
  let handle: FileHandle | undefined;
  try {
    // Before it is opened, since opening some devices has an effect of its own.
    requirePlain(await stat(path));
    // Without waiting for the other end, should a pipe have taken the file's place since then.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    requirePlain(await handle.stat());
    return handle;
  } catch (error) {
    await handle?.close();
    throw unreadable(path, what, error);
  }
}

/** @throws Error that names what is there instead of a plain file */
function requirePlain(found: Stats): void {
  if (!found.isFile()) throw new Error(kindOf(found));
}

/** Node reads less than 2 GiB at once. */
const maxRead = 2 ** 30;

/**
 * Fills `target` with bytes of a file.
 * @param position - of the first byte in the file
 * @param where - the file or the part of it, as the message names it
 * @throws BlasnetError `ERR_BAD_FILE` if the file ends before that
 */
export async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  where: string,
): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const size = Math.min(target.length - done, maxRead);
    const { bytesRead } = await handle.read(target, done, size, position + done);
    if (bytesRead === 0) throw badFile(where, 'as many bytes as it had when opened', `${position + done}`);
    done += bytesRead;
  }
}

/** Names what stands where a plain file is needed. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** The `ERR_BAD_FILE` for a file that cannot be read, with the system's reason. */
export function unreadable(path: string, what: string, cause: unknown): BlasnetError {
  const message = `Expected a readable ${what} file at '${path}' but received ${systemReasonOf(cause)}`;
  return new BlasnetError('ERR_BAD_FILE', message, { cause });
}

/**
 * Makes a folder, and those above it, unless it is there.
 * @throws BlasnetError `ERR_BAD_FILE` if it cannot be made
 */
export async function makeFolder(folder: string): Promise<void> {
  await makeFolders(folder).catch((cause: unknown) => {
    const message = `Expected a folder at '${folder}' but received ${systemReasonOf(cause)}`;
    throw new BlasnetError('ERR_BAD_FILE', message, { cause });
  });
}

/** Makes folders as `mkdir` with `recursive` does; that never returns where no folder can be made, as in `/proc`. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) return;
    const above = dirname(folder);
    if (found || (error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    await makeFolders(above);
    await mkdir(folder).catch(async (failure: unknown) => {
      if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw failure; // else made by another meanwhile
    });
  }
}

/**
 * Writes a file in one atomic step: at any moment the path holds all of the old content or all of the new.
 * Makes missing folders. Keeps an existing file's mode; where the path is a symbolic link, replaces the file behind it.
 * @param data - bytes, or text to be written as UTF-8
 * @throws BlasnetError `ERR_BAD_FILE` if it cannot be written; no temporary file is left behind
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await replaceFile(path, (file) => file.writeFile(data));
}

/** Does what {@link writeFileAtomic} does, with data that comes in pieces. */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { temporaryName, beforeRename }: ReplaceOptions = {},
): Promise<void> {
  requireFileName(path);
  let temporary: string | undefined;
  try {
    const { target, folder, mode } = await resolveTarget(path);
    // Same folder, because rename is atomic within one file system only.
    temporary = join(folder, temporaryName?.(target) ?? randomName());
    await withHandle(temporary, 'wx', async (file) => {
      await write(file);
      if (mode !== undefined) await file.chmod(mode);
      await synchronize(file.fd);
    });
    await beforeRename?.(target);
    await renameOver(temporary, target);
    // The new name itself must reach the disk; Windows cannot open folders, and does not need it.
    if (process.platform !== 'win32') await withHandle(folder, 'r', (handle) => synchronize(handle.fd));
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
}

/** Waits before each further try of {@link renameOver}, in milliseconds: two seconds in all. */
const renameWaits = [10, 20, 50, 100, 200, 300, 600, 720];

/**
 * Renames a file, also over another one. Windows refuses that as long as any program has one of the two open, such as a
 * virus scanner that looks at each new file: there it is tried again for two seconds.
 * @param system - what does it, and where; others than these are for tests
 */
export async function renameOver(
  from: string,
  to: string,
  system: { readonly rename: typeof rename; readonly platform: string } = { rename, platform: process.platform },
): Promise<void> {
  for (const wait of system.platform === 'win32' ? renameWaits : []) {
    try {
      return await system.rename(from, to);
    } catch (error) {
      if (!['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await setTimeout(wait);
    }
  }
  await system.rename(from, to);
}

/**
 * Checks that a file can be written at this path, before the work whose result it will hold. Makes missing
 * folders; writes and removes a temporary file in the folder. Changes nothing else: a file that is there stays as it is.
 * @throws BlasnetError `ERR_BAD_FILE` if it cannot be written, with the system's reason
 */
export async function requireWritable(file: string): Promise<void> {
  requireFileName(file);
  let temporary: string | undefined;
  try {
    const { folder } = await resolveTarget(file);
    temporary = join(folder, randomName());
    await withHandle(temporary, 'wx', async () => undefined);
  } catch (error) {
    throw unwritable(file, error);
  } finally {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/**
 * Adds text to the end of a file.
 * @throws BlasnetError `ERR_BAD_FILE` if it cannot be written
 */
export async function appendToFile(path: string, text: string): Promise<void> {
  await appendFile(path, text).catch((error: unknown) => {
    throw unwritable(path, error);
  });
}

function unwritable(path: string, cause: unknown): BlasnetError {
  const message = `Expected a writable file at '${path}' but received ${systemReasonOf(cause)}`;
  return new BlasnetError('ERR_BAD_FILE', message, { cause });
}

/** Options of {@link replaceFile}. */
export interface ReplaceOptions {
  /** Gives the name, unused so far, of the temporary file in the target's folder. */
  readonly temporaryName?: (target: string) => string;
  /** Called when the new file is whole and on the disk. If it throws, the old file stays. */
  readonly beforeRename?: (target: string) => Promise<void>;
}

/** Short, however long the target's name is. */
function randomName(): string {
  return `.blasnet-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
}

/** A place for a file: behind a symbolic link, in a folder that exists now, with the mode of the file that is there. */
async function resolveTarget(path: string): Promise<{ target: string; folder: string; mode?: number }> {
  if (/[/\\]$/.test(path) && (path.endsWith('/') || sep === '\\')) throw new Error('the name of a folder');
  try {
    const target = await realpath(path);
    const found = await stat(target);
    // A rename would replace a device or a pipe by a plain file.
    requirePlain(found);
    return { target, folder: dirname(target), mode: found.mode & 0o7777 };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const folder = dirname(path);
    await makeFolders(folder);
    return { target: path, folder };
  }
}

async function withHandle(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

/** Refuses what is no name of a folder, by `ERR_BAD_ARGUMENT`. */
export function requireFolder(folder: unknown): void {
  if (typeof folder !== 'string' || folder === '') throw badArgument('folder', 'the name of a folder', folder);
}

/** Refuses what is no name of a file, by `ERR_BAD_ARGUMENT`. */
export function requireFileName(path: unknown): void {
  if (typeof path !== 'string' || path === '') throw badArgument('path', 'the name of a file', path);
}

/** Refuses a layer's name that cannot be the name of its file in a folder, by `ERR_BAD_ARGUMENT`. */
export function requireLayerName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || /[/\\]|^\.\.?$/.test(name)) {
    throw badArgument('the name of a layer', 'one that can be a file name', name);
  }
}

/** `ENOENT: no such file or directory`, without the call and the path that Node appends. */
function systemReasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, '') : String(error);
}
