import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { BlasnetError } from '#blasnet/core/errors';
import { decodeIdx, readIdx } from '#blasnet/data/idx';

function idx(shape: number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((length, i) => {
    header.writeUInt32BE(length, 4 + 4 * i);
  });
  return new Uint8Array([...header, ...Array.from(data)]);
}

const zipped = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
const numbers = (count: number) => Uint8Array.from({ length: count }, (_, i) => i % 251);
const images = idx([2, 3, 4], numbers(24));

const refuses = test.macro({
  async exec(t, bytes: Uint8Array, message: RegExp) {
    const path = join(await mkdtemp(join(tmpdir(), 'blasnet-idx-')), 'images');
    await writeFile(path, bytes);
    const error = await t.throwsAsync(readIdx(path), { instanceOf: BlasnetError, message });
    t.is(error?.code, 'ERR_BAD_FILE');
    t.true(error?.message.includes(`in '${path}' but received `));
  },
  title: (name) => `readIdx refuses ${name}`,
});

test('readIdx reads one to four dimensions, plain and gzipped', async (t) => {
  const path = join(await mkdtemp(join(tmpdir(), 'blasnet-idx-')), 'x');
  for (const shape of [[24], [4, 6], [2, 3, 4], [2, 3, 2, 2]]) {
    for (const bytes of [idx(shape, numbers(24)), zipped(idx(shape, numbers(24)))]) {
      await writeFile(path, bytes);
      t.deepEqual(await readIdx(path), { shape, data: numbers(24) });
    }
  }
});

test('decodeIdx reads empty files and files that inflate to far more than the packed bytes', async (t) => {
  t.deepEqual(await decodeIdx(idx([0, 28, 28], []), 'x'), { shape: [0, 28, 28], data: new Uint8Array() });
  const many = new Uint8Array(5_000_000);
  many[4_999_999] = 7;
  const read = await decodeIdx(zipped(new Uint8Array(Buffer.concat([idx([5_000_000], []), many]))), 'x');
  t.is(read.data.length, 5_000_000);
  t.is(read.data[4_999_999], 7);
});

test('the data is a plain Uint8Array, which slice() copies', async (t) => {
  const { data } = await decodeIdx(zipped(images), 'x');
  t.is(data.constructor, Uint8Array);
});

test('readIdx refuses a missing file', async (t) => {
  await t.throwsAsync(readIdx('none'), { code: 'ERR_BAD_FILE', message: /readable IDX file at 'none'.*ENOENT/ });
});

test('an empty file', refuses, new Uint8Array(), /starts with two zero bytes.*nothing/);
test('another format', refuses, numbers(50).fill(80, 0, 4), /two zero bytes.*0x50505050/);
for (const [type, name] of [
  [9, 'signed bytes'],
  [11, '16-bit integers'],
  [12, '32-bit integers'],
  [13, '32-bit floats'],
  [14, '64-bit floats'],
  [7, 'an unknown type'],
] as const) {
  test(`elements of ${name}`, refuses, idx([2], [1, 2], type), new RegExp(`unsigned bytes.*${name} \\(0x0`));
}
test('no dimensions', refuses, idx([], [1]), /1 to 4 IDX dimensions.*received 0/);
test('five dimensions', refuses, idx([1, 1, 1, 1, 1], [1]), /1 to 4 IDX dimensions.*received 5/);
test('a truncated header', refuses, images.slice(0, 10), /header of 16 bytes.*received 10/);
test('truncated data', refuses, images.slice(0, -1), /40 bytes for shape \[2, 3, 4\].*39/);
test('trailing bytes', refuses, new Uint8Array([...images, 0]), /40 bytes for shape \[2, 3, 4\].*41/);
test('a header of 2^60 bytes', refuses, idx([2 ** 30, 2 ** 30], []), /1152921504606847000 bytes.*at most 12/);
test(
  'a gzipped header of 2^60 bytes',
  refuses,
  zipped(idx([2 ** 30, 2 ** 30], [])),
  /1152921504606847000 bytes.*at most/,
);
test(
  'gzipped data that goes on',
  refuses,
  zipped(new Uint8Array([...images, 0])),
  /gzipped IDX data of 40 bytes.*more than that/,
);
test(
  'a gzip bomb',
  refuses,
  zipped(new Uint8Array(Buffer.concat([images, Buffer.alloc(20_000_000)]))),
  /40 bytes.*more than that/,
);
test('gzipped data that ends early', refuses, zipped(images.slice(0, -3)), /40 bytes for shape.*37/);
test('a truncated gzip', refuses, zipped(images).slice(0, -9), /gzipped IDX data.*unexpected end of file/);
test('a gzip cut off in its own header', refuses, zipped(images).slice(0, 5), /two zero bytes.*nothing/);
test('a gzip of something else', refuses, zipped(numbers(50).fill(80, 0, 4)), /two zero bytes.*0x50505050/);
test('a gzip with a wrong checksum', refuses, zipped(images).fill(1, -8, -4), /gzipped IDX data.*incorrect data check/);
test(
  'bytes after a gzip',
  refuses,
  new Uint8Array([...zipped(images), 1, 2]),
  /gzipped IDX data.*incorrect header check/,
);
test('broken gzip data', refuses, zipped(images).fill(255, 10, 20), /gzipped IDX data.*invalid/);
