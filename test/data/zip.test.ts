import test from 'ava';
import { zipSync } from 'fflate';
import { BlasnetError } from '#blasnet/core/errors';
import { ZipArchive } from '#blasnet/npz/zip';

const content = new Uint8Array(1000).map((_, i) => i >> 4);

/** An archive and where its first directory entry and its end record are. */
function archive(level: 0 | 6, names = ['a.npy']) {
  const bytes = zipSync(Object.fromEntries(names.map((name) => [name, content])), { level });
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes, view, entry: view.indexOf('PK\x01\x02'), end: view.lastIndexOf('PK\x05\x06') };
}

/** An archive of one member with another value in a field; `at` is the field's place in PKWARE's APPNOTE. */
function changed(record: 'entry' | 'end', at: number, bytes: 2 | 4, value: number, level: 0 | 6 = 6): Uint8Array {
  const zip = archive(level);
  zip.view.writeUIntLE(value, zip[record] + at, bytes);
  return zip.bytes;
}

async function unzip(bytes: Uint8Array) {
  const zip = new ZipArchive(bytes, "'x.npz'");
  const members: Record<string, Uint8Array> = {};
  for (const name of zip.names) members[name] = new Uint8Array(await zip.unpack(name));
  return members;
}

const refuses = test.macro({
  async exec(t, bytes: Uint8Array, message: RegExp) {
    const error = await t.throwsAsync(unzip(bytes), { instanceOf: BlasnetError, message });
    t.is(error?.code, 'ERR_BAD_FILE');
    t.regex(error?.message ?? '', /^Expected .* in .*'x\.npz' but received /);
  },
  title: (name) => `ZipArchive refuses ${name}`,
});

test('ZipArchive unpacks stored and deflated members', async (t) => {
  for (const level of [0, 6] as const) {
    t.deepEqual(await unzip(archive(level, ['a', 'ü/b']).bytes), { a: content, 'ü/b': content });
  }
  t.deepEqual(await unzip(zipSync({ empty: new Uint8Array() })), { empty: new Uint8Array() });
  t.deepEqual(await unzip(zipSync({})), {});
});

test('ZipArchive unpacks members larger than its chunks', async (t) => {
  const large = new Uint8Array(20_000_000);
  large[19_999_999] = 1;
  const { a } = await unzip(zipSync({ a: large }));
  t.true(Buffer.from(large.buffer).equals(a!));
});

test('ZipArchive unpacks only the members that are asked for', async (t) => {
  const { bytes } = archive(6, ['a', 'b']);
  const end = bytes.indexOf(0x50, 50); // the second member's header
  bytes.fill(0xff, end + 40, end + 60);
  const zip = new ZipArchive(bytes, "'x.npz'");
  t.deepEqual(zip.names, ['a', 'b']);
  t.deepEqual(new Uint8Array(await zip.unpack('a')), content);
  t.deepEqual([...(await zip.start('a', 10)).subarray(0, 10)], [...content.subarray(0, 10)]);
  await t.throwsAsync(zip.unpack('b'), { code: 'ERR_BAD_FILE' });
  await t.throwsAsync(zip.unpack('c'), { code: 'ERR_BAD_FILE', message: /^Expected a member 'c' in 'x.npz'/ });
});

test('ZipArchive shows the start of a large packed member before it unpacks the rest', async (t) => {
  const large = new Uint8Array(2 << 20).map((_, i) => i ^ (i >> 8) ^ (i >> 16));
  const bytes = zipSync({ large, small: content });
  bytes.fill(0xff, 1200, 1300); // behind the start: unpacking would fail
  const refuse = (start: Uint8Array, size: number, member: string) => {
    t.deepEqual([...start.subarray(0, 64)], [...large.subarray(0, 64)]);
    t.deepEqual([size, member], [large.length, "'large' of 'x.npz'"]);
    throw new Error('refused');
  };
  const unpacking = new ZipArchive(bytes, "'x.npz'").unpack('large', { bytes: 64, check: refuse });
  await t.throwsAsync(unpacking, { message: 'refused' });
});

test('ZipArchive reads what streaming writers write, and comments', async (t) => {
  const { bytes, view, entry, end } = archive(6);
  // A writer that did not know checksum and sizes beforehand leaves them out of the local header.
  bytes.fill(0, 14, 26);
  view.writeUInt16LE(8, entry + 8);
  const commented = new Uint8Array([...bytes, 1, 2, 3]);
  commented[end + 20] = 3;
  t.deepEqual(await unzip(commented), { 'a.npy': content });
});

const whole = archive(6).bytes;
test('an empty file', refuses, new Uint8Array(), /whole zip archive.*an empty file/);
test('another format', refuses, content, /whole zip archive.*another format/);
test('a truncated archive', refuses, whole.slice(0, -30), /whole zip archive.*cut off/);
test('an archive without its start', refuses, whole.slice(10), /directory that ends at byte/);
test('bytes after the end', refuses, new Uint8Array([...whole, 0]), /whole zip archive/);

const twice = archive(6, ['a', 'b']);
twice.view.write('a', twice.view.lastIndexOf('b'));
test('two members of one name', refuses, twice.bytes, /different names.*two named 'a'/);

test(
  'a member that inflates to more',
  refuses,
  changed('entry', 24, 4, 999),
  /deflated data of 999 bytes.*more than that/,
);
test('a member that inflates to less', refuses, changed('entry', 24, 4, 1001), /1001 bytes when unpacked.*1000/);
test('a member that claims to be empty', refuses, changed('entry', 24, 4, 0), /deflated data of 0 bytes.*more/);
test(
  'a bomb by its claim',
  refuses,
  changed('entry', 24, 4, 2 ** 32 - 2),
  /at most \d+ bytes from \d+ packed.*4294967294/,
);
test('a stored member of less', refuses, changed('entry', 24, 4, 999, 0), /999 bytes when unpacked.*1000/);
test('a stored member of more', refuses, changed('entry', 24, 4, 1001, 0), /at most 1000 bytes from 1000/);
test('a wrong checksum', refuses, changed('entry', 16, 4, 1), /checksum 00000001.*damaged/);
test('a changed byte', refuses, archive(0).bytes.fill(9, 100, 101), /checksum [\da-f]{8} .*damaged/);
test(
  'broken deflated data',
  refuses,
  archive(6).bytes.fill(255, 35, 60),
  /deflated data of 1000 bytes.*received invalid/,
);
test('deflated data cut off', refuses, changed('entry', 20, 4, 20), /deflated data.*unexpected end of file/);
test('an encrypted member', refuses, changed('entry', 8, 2, 1), /without a password.*encrypted/);
test('an unknown method', refuses, changed('entry', 10, 2, 12), /stored or deflated.*method 12/);
test('zip64 sizes', refuses, changed('entry', 20, 4, 2 ** 32 - 1), /a zip64 one/);
test('a zip64 directory', refuses, changed('end', 16, 4, 2 ** 32 - 1), /a zip64 archive/);
test('one part of several', refuses, changed('end', 4, 2, 1), /one part of several/);
test('too high a count', refuses, changed('end', 8, 4, 0x00020002), /directory of 2 entries.*1 and then/);
test('an entry beyond the directory', refuses, changed('entry', 30, 2, 60000), /entry up to byte/);
test('a member beyond the file', refuses, changed('entry', 42, 4, 2 ** 31), /header at byte 2147483648/);
test('a member in another place', refuses, changed('entry', 42, 4, 1), /header at byte 1/);
test(
  'more packed bytes than there are',
  refuses,
  changed('entry', 20, 4, 1e6),
  /members of \d+ bytes at most.*1000000/,
);
test('a local header beyond the file', refuses, archive(6).bytes.fill(255, 28, 30), /packed bytes in .*received 0/);

test('ZipArchive refuses a thousand members that share their packed bytes', async (t) => {
  const { view, entry, end } = archive(6, ['000']);
  const entries = Array.from({ length: 1000 }, (_, i) => {
    const copy = Buffer.from(view.subarray(entry, end));
    copy.write(String(i).padStart(3, '0'), 46);
    return copy;
  });
  const ending = Buffer.from(view.subarray(end));
  ending.writeUInt32LE(0x03e803e8, 8);
  ending.writeUInt32LE((end - entry) * 1000, 12);
  const bomb = Buffer.concat([view.subarray(0, entry), ...entries, ending]);
  await t.throwsAsync(unzip(bomb), { code: 'ERR_BAD_FILE', message: /members of \d+ bytes at most/ });
});
