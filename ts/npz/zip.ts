// @internal
import { createInflateRaw } from 'node:zlib';
import { checksumOf, hexOf } from '../core/crc32.js';
import { clipped } from '../core/errors.js';
import { formatOf } from '../core/file-formats.js';
import { badFile } from '../core/files.js';
import { inflateStart, inflateTo, maxRatio } from './inflate.js';

// Libraries that unzip trust the archive's directory: fflate allocates what that promises, checks no checksum, reads past
// the end and does not tell of encryption. Hence this reader; the inflating is zlib's, off the event loop.
// Layout and names are those of PKWARE's APPNOTE 4.3; numbers are little-endian.

/** A file within a zip archive, as in the archive's directory. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes when unpacked. */
  readonly size: number;
  /** Where the local header starts. */
  readonly offset: number;
}

/** Checks the beginning of a large packed member before memory is taken for all of it. */
export interface StartCheck {
  /** Bytes that the check needs at most. */
  readonly bytes: number;
  /**
   * Throws to refuse the member.
   * @param start - so many bytes or more
   * @param size - bytes of the whole member when unpacked
   * @param member - its name, for messages
   */
  check(start: Uint8Array, size: number, member: string): void;
}

const END_SIGNATURE = 0x06054b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_LENGTH = 22;
const DIRECTORY_LENGTH = 46;
const LOCAL_LENGTH = 30;
const STORED = 0;
const DEFLATED = 8;
/** Deflate may make data that long longer, if it cannot make it shorter. */
const SLACK = 1024;
/** Unpacked bytes from which a member is looked at before it is unpacked as a whole. */
const LARGE = 1 << 20;

/**
 * A zip archive in memory, whose members are unpacked on demand. Sizes in the directory are not trusted: a member may have
 * no more bytes than its packed bytes can hold.
 */
export class ZipArchive {
  readonly #view: Buffer;
  readonly #entries: ReadonlyMap<string, ZipEntry>;
  readonly #where: string;

  /**
   * Reads the archive's directory.
   * @param where - the file's name for error messages
   * @throws BlasnetError `ERR_BAD_FILE` for damage, encryption, a second member of a name, zip64, split archives, and
   *   methods other than stored and deflated
   */
  constructor(bytes: Uint8Array, where: string) {
    this.#view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#entries = readDirectory(this.#view, where);
    this.#where = where;
  }

  /** The members' names in the order of the directory. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Unpacks a member, and checks its size and checksum.
   * @throws BlasnetError `ERR_BAD_FILE` if it is missing or damaged
   */
  async unpack(name: string, start?: StartCheck): Promise<Uint8Array> {
    const { entry, member, raw } = this.#find(name);
    const { method, size } = entry;
    if (start && method === DEFLATED && size > LARGE) start.check(await this.start(name, start.bytes), size, member);
    const data =
      method === STORED ? raw : await inflateTo(createInflateRaw, raw, size, { what: 'deflated data', where: member });
    if (data.length !== size) throw badFile(member, `${size} bytes when unpacked`, `${data.length}`);
    const [expected, crc] = [hexOf(entry.crc), await checksumOf(data)];
    if (crc !== expected) throw badFile(member, `checksum ${expected}`, `${crc}: the file is damaged`);
    return data;
  }

  /** Unpacks the first bytes of a member: `bytes` of them or more, if it has so many. */
  async start(name: string, bytes: number): Promise<Uint8Array> {
    const { entry, member, raw } = this.#find(name);
    if (entry.method === STORED) return raw.subarray(0, bytes);
    const packed = raw.subarray(0, bytes + SLACK);
    return inflateStart(createInflateRaw, packed, bytes, { what: 'deflated data', where: member });
  }

  /** Bytes of a member when unpacked. */
  sizeOf(name: string): number {
    return this.#find(name).entry.size;
  }

  #find(name: string): { entry: ZipEntry; member: string; raw: Buffer } {
    const entry = this.#entries.get(name);
    const member = `'${clipped(name, 60)}' of ${this.#where}`;
    if (!entry) throw badFile(this.#where, `a member '${clipped(name, 60)}'`, 'none');
    return { entry, member, raw: packedBytes(this.#view, entry, member) };
  }
}

function readDirectory(view: Buffer, where: string): Map<string, ZipEntry> {
  const end = findEnd(view, where);
  const [disk, startDisk, onDisk, count] = [0, 1, 2, 3].map((i) => view.readUInt16LE(end + 4 + 2 * i));
  const length = view.readUInt32LE(end + 12);
  let at = view.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw badFile(where, 'a zip archive under 4 GiB', 'a zip64 archive');
  if (disk !== 0 || startDisk !== 0 || onDisk !== count) {
    throw badFile(where, 'a whole zip archive', 'one part of several');
  }
  if (at + length !== end) {
    throw badFile(where, `a zip directory that ends at byte ${end}`, `one that ends at ${at + length}`);
  }
  const entries = new Map<string, ZipEntry>();
  let packed = 0;
  for (let i = 0; i < count!; i++) {
    if (at + DIRECTORY_LENGTH > end || view.readUInt32LE(at) !== DIRECTORY_SIGNATURE) {
      throw badFile(where, `a zip directory of ${count} entries`, `${i} and then something else`);
    }
    const next = at + DIRECTORY_LENGTH + [28, 30, 32].reduce((sum, field) => sum + view.readUInt16LE(at + field), 0);
    if (next > end) throw badFile(where, `a zip directory that ends at byte ${end}`, `an entry up to byte ${next}`);
    const entry = readEntry(view, at, where);
    if (entries.has(entry.name)) throw badFile(where, 'members of different names', `two named '${entry.name}'`);
    entries.set(entry.name, entry);
    packed += entry.packed;
    at = next;
  }
  // Entries that share packed bytes would multiply what a small archive can claim.
  if (packed > view.length) throw badFile(where, `members of ${view.length} bytes at most`, `${packed} bytes`);
  return entries;
}

/** Where the record at the end starts; a comment of up to 65535 bytes may follow it, and nothing else. */
function findEnd(view: Buffer, where: string): number {
  const first = Math.max(0, view.length - END_LENGTH - 0xffff);
  for (let at = view.length - END_LENGTH; at >= first; at--) {
    if (view.readUInt32LE(at) === END_SIGNATURE && at + END_LENGTH + view.readUInt16LE(at + 20) === view.length) {
      return at;
    }
  }
  const isStart = view.length >= 4 && view.readUInt32LE(0) === LOCAL_SIGNATURE;
  throw badFile(
    where,
    'a whole zip archive',
    isStart ? 'one that is cut off' : (formatOf(view, 'npz') ?? 'another format'),
  );
}

function readEntry(view: Buffer, at: number, where: string): ZipEntry {
  const flags = view.readUInt16LE(at + 8);
  const nameAt = at + DIRECTORY_LENGTH;
  const name = view.toString(flags & 0x800 ? 'utf8' : 'latin1', nameAt, nameAt + view.readUInt16LE(at + 28));
  const [crc, packed, size, offset] = [16, 20, 24, 42].map((field) => view.readUInt32LE(at + field)) as [
    number,
    number,
    number,
    number,
  ];
  const member = `'${clipped(name, 60)}' of ${where}`;
  if (flags & 0x2041) throw badFile(member, 'a member without a password', 'an encrypted one');
  if (packed === 0xffffffff || size === 0xffffffff || offset === 0xffffffff) {
    throw badFile(member, 'a member under 4 GiB', 'a zip64 one');
  }
  const method = view.readUInt16LE(at + 10);
  if (method !== STORED && method !== DEFLATED) {
    throw badFile(member, 'a stored or deflated member', `compression method ${method}`);
  }
  const possible = method === STORED ? packed : packed * maxRatio;
  if (size > possible) {
    throw badFile(member, `at most ${possible} bytes from ${packed} packed ones`, `a claim of ${size}`);
  }
  return { name, method, crc, packed, size, offset };
}

/** The packed bytes of a member; shares memory. */
function packedBytes(view: Buffer, { offset, packed }: ZipEntry, member: string): Buffer {
  if (offset + LOCAL_LENGTH > view.length || view.readUInt32LE(offset) !== LOCAL_SIGNATURE) {
    throw badFile(member, `a member's header at byte ${offset}`, 'something else');
  }
  // The local header's own sizes may be zero or 2^32 − 1 (NumPy); only the directory's count.
  const start = offset + LOCAL_LENGTH + view.readUInt16LE(offset + 26) + view.readUInt16LE(offset + 28);
  if (start + packed > view.length) {
    throw badFile(member, `${packed} packed bytes`, `${Math.max(0, view.length - start)}`);
  }
  return view.subarray(start, start + packed);
}
