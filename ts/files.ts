import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlasnetError, badArgument, clipped } from './errors.js';

/**
 * An `ERR_BAD_FILE` in the form that all messages share.
 * @param where - the file, or the part of it, as the message should name it; what comes from a file is to be clipped
 */
export function badFile(where: string, expected: string, received: string, cause?: unknown): BlasnetError {
  return new BlasnetError(
    'ERR_BAD_FILE',
    `Expected ${clipped(expected)} in ${where} but received ${clipped(received)}`,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * All bytes of a file.
 * @param what - the kind of file, for the message: `npz`, `IDX`
 * @throws BlasnetError `ERR_BAD_FILE` if the file is missing, unreadable or a folder
 */
export async function readFileBytes(path: string, what: string): Promise<Uint8Array> {
  requireFileName(path);
  try {
    const buffer = await readFile(path);
    // A plain Uint8Array, because a Buffer's slice() shares memory where a Uint8Array's copies.
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    throw unreadable(path, what, error);
  }
}

/** A file to be read piece by piece; the caller closes it. Throws as {@link readFileBytes} does. */
export async function openForReading(path: string, what: string): Promise<FileHandle> {
  requireFileName(path);
  return open(path).catch((error: unknown) => {
    throw unreadable(path, what, error);
  });
}

/** Node reads less than 2 GiB at once. */
const maxRead = 2 ** 30;

/**
 * Reads all of `target`, in as many pieces as the system gives.
 * @param position - of the first byte in the file
 * @param where - the file, or the part of it, as the message should name it
 * @throws BlasnetError `ERR_BAD_FILE` for a file that ends before
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

/**
 * The size of an open file in bytes.
 * @param what - the kind of file, for the message
 * @throws BlasnetError `ERR_BAD_FILE` for a folder, or what else is no plain file
 */
export async function plainFileSize(handle: FileHandle, where: string, what: string): Promise<number> {
  const found = await handle.stat();
  if (!found.isFile()) throw badFile(where, what, kindOf(found));
  return found.size;
}

/** What stands where a plain file ought to. */
export function kindOf(found: Stats): string {
  return found.isDirectory() ? 'a folder' : 'a device, pipe or socket';
}

/** The error for a file that the system does not let us read. */
export function unreadable(path: string, what: string, cause: unknown): BlasnetError {
  const message = `Expected a readable ${what} file at '${path}' but received ${systemReasonOf(cause)}`;
  return new BlasnetError('ERR_BAD_FILE', message, { cause });
}

/**
 * Makes a folder, and those above it, where it is missing.
 * @throws BlasnetError `ERR_BAD_FILE` where that cannot be done
 */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new BlasnetError('ERR_BAD_FILE', `Expected a folder at '${folder}' but received ${systemReasonOf(cause)}`, {
      cause,
    });
  });
}

/**
 * Writes a file so that, whatever happens, the path holds either all of the old content or all of the new.
 * Folders on the way to it are made. An existing file's mode is kept, and a symbolic link goes on pointing at the file that changed.
 * @param data - bytes, or text to be written as UTF-8
 * @throws BlasnetError `ERR_BAD_FILE` if it cannot be written; no temporary file is left behind
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await replaceFile(path, (file) => file.writeFile(data));
}

/** As {@link writeFileAtomic}, where the data comes in pieces. */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { temporaryName, beforeRename }: ReplaceOptions = {},
): Promise<void> {
  requireFileName(path);
  let temporary: string | undefined;
  try {
    const { target, mode } = await resolveTarget(path);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true });
    // Same folder, because rename is atomic within one file system only.
    temporary = join(folder, temporaryName?.(target) ?? randomName());
    await withHandle(temporary, 'wx', async (file) => {
      await write(file);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    });
    await beforeRename?.(target);
    await rename(temporary, target);
    // The new name itself must reach the disk; Windows cannot open folders, and does not need it.
    if (process.platform !== 'win32') await withHandle(folder, 'r', (handle) => handle.sync());
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    const message = `Expected a writable file at '${path}' but received ${systemReasonOf(error)}`;
    throw new BlasnetError('ERR_BAD_FILE', message, { cause: error });
  }
}

/** How {@link replaceFile} goes about it. */
export interface ReplaceOptions {
  /** What the new file is called until it is whole, in the folder of the old one; a name that no file has. */
  readonly temporaryName?: (target: string) => string;
  /** Is called when the new file is whole and on the disk; what it throws is why the file cannot be written. */
  readonly beforeRename?: (target: string) => Promise<void>;
}

/** Short, however long the target's name is. */
function randomName(): string {
  return `.blasnet-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
}

/** The file behind a symbolic link, and its permission bits if it exists. */
async function resolveTarget(path: string): Promise<{ target: string; mode?: number }> {
  try {
    const target = await realpath(path);
    const found = await stat(target);
    // A rename would replace a device or a pipe by a plain file.
    if (!found.isFile()) throw new Error(kindOf(found));
    return { target, mode: found.mode & 0o7777 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { target: path };
    throw error;
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

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but the name of a folder */
export function requireFolder(folder: unknown): void {
  if (typeof folder !== 'string' || folder === '') throw badArgument('folder', 'the name of a folder', folder);
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but the name of a file */
export function requireFileName(path: unknown): void {
  if (typeof path !== 'string' || path === '') throw badArgument('path', 'the name of a file', path);
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what cannot be the name of a layer, and so of its file in a folder */
export function requireLayerName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || /[/\\]|^\.\.?$/.test(name)) {
    throw badArgument('the name of a layer', 'one that can be a file name', name);
  }
}

/** `ENOENT: no such file or directory`, without the call and the path that Node appends. */
function systemReasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, '') : String(error);
}
