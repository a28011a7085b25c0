// @internal
import { checksumOf } from '../core/crc32.js';
import { badArgument } from '../core/errors.js';

const LOCAL_SIGNATURE = 0x04034b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
/** Version 2.0 of the format. */
const VERSION = 20;
const UTF8_NAME = 0x800;
/** The format's first day, 1 January 1980, as NumPy writes it: equal arrays make equal files. */
const DATE = 0x21;
const MOST = 0xfffe;

/**
 * Makes a zip archive of members that are stored as they are. Layout and names are those of PKWARE's APPNOTE 4.3.
 * @param members - bytes by name, less than 4 GiB together
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for more members or longer names than the format holds
 */
export async function storedZip(members: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const entries = Object.entries(members);
  if (entries.length > MOST) throw badArgument('arrays', `at most ${MOST} arrays in one npz file`, entries.length);
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [text, data] of entries) {
    const name = Buffer.from(text);
    if (name.length > MOST) throw badArgument('array name', `a name of at most ${MOST} bytes`, text);
    const fields = fieldsOf(name, data, Number.parseInt(await checksumOf(data), 16));
    directory.push(directoryHeader(fields, offset), name);
    parts.push(localHeader(fields), name, data);
    offset += 4 + fields.length + name.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([...parts, ...directory, endRecord(entries.length, size, offset)]);
}

/** The fields that the header of a member and its entry in the directory share, from the version that readers need on. */
function fieldsOf(name: Buffer, data: Uint8Array, crc: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(name.some((byte) => byte > 0x7f) ? UTF8_NAME : 0, 2);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(data.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function localHeader(fields: Buffer): Buffer {
  const header = Buffer.alloc(4 + fields.length);
  header.writeUInt32LE(LOCAL_SIGNATURE);
  header.set(fields, 4);
  return header;
}

function directoryHeader(fields: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(DIRECTORY_SIGNATURE);
  header.writeUInt16LE(VERSION, 4);
  header.set(fields, 6);
  header.writeUInt32LE(offset, 42);
  return header;
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(END_SIGNATURE);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
