import test from 'ava';
import { BlasnetError } from '#blasnet/core/errors';
import { decodeElements, elementTypeOf } from '#blasnet/npz/npy-elements';

/** The numbers that a dtype sees in bytes. */
const decode = (descr: string, bytes: ArrayLike<number>) =>
  decodeElements(Uint8Array.from(bytes), elementTypeOf(descr, 'x'), 'x');
const bytesOf = (array: Uint16Array | BigInt64Array) => new Uint8Array(array.buffer);

test('integers of every width, in both byte orders', (t) => {
  t.deepEqual(decode('|i1', [255, 1]), Int8Array.of(-1, 1));
  t.deepEqual(decode('|u1', [255, 1]), Uint8Array.of(255, 1));
  t.deepEqual(decode('<i2', [254, 255]), Int16Array.of(-2));
  t.deepEqual(decode('>i2', [255, 254]), Int16Array.of(-2));
  t.deepEqual(decode('>u2', [1, 2]), Uint16Array.of(258));
  t.deepEqual(decode('<i4', [0, 0, 0, 128]), Int32Array.of(-(2 ** 31)));
  t.deepEqual(decode('>u4', [255, 0, 0, 1]), Uint32Array.of(0xff000001));
  t.deepEqual(decode('<i8', [254, 255, 255, 255, 255, 255, 255, 255]), Float64Array.of(-2));
  t.deepEqual(decode('>u8', [0, 0, 1, 0, 0, 0, 0, 2]), Float64Array.of(2 ** 40 + 2));
});

test('float32 and float64 in both byte orders', (t) => {
  t.deepEqual(decode('<f4', [0, 0, 192, 191]), Float32Array.of(-1.5));
  t.deepEqual(decode('>f4', [191, 192, 0, 0]), Float32Array.of(-1.5));
  t.deepEqual(decode('>f8', [63, 248, 0, 0, 0, 0, 0, 0]), Float64Array.of(1.5));
});

test('float16 exactly: zeros, subnormals, infinities', (t) => {
  const halves = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
  const numbers = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, -2, 0.333251953125, 65504, Infinity, -Infinity, NaN];
  t.deepEqual(decode('<f2', bytesOf(Uint16Array.from(halves))), Float32Array.from(numbers));
});

test('bool is 0 or 1 whatever the byte', (t) => {
  t.deepEqual(decode('|b1', [0, 1, 7]), Uint8Array.of(0, 1, 1));
});

test('64-bit integers up to ±(2^53 − 1) and no further', (t) => {
  const most = 2n ** 53n - 1n;
  t.deepEqual(decode('<i8', bytesOf(BigInt64Array.of(most, -most))), Float64Array.of(Number(most), -Number(most)));
  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n]) {
    const bytes = bytesOf(BigInt64Array.of(0n, value));
    const error = t.throws(() => decode('<i8', bytes), { instanceOf: BlasnetError, code: 'ERR_BAD_FILE' });
    t.is(
      error?.message,
      `Expected 64-bit integers within ±(2^53 − 1) in x but received about ${Number(value)} at index 1`,
    );
  }
  t.throws(() => decode('<u8', Array(8).fill(255)), { message: /about 18446744073709552000 at index 0/ });
});

const refusals: readonly [descr: string, received: string][] = [
  ['|O', "pickled objects ('|O')"],
  ['<c8', "complex numbers ('<c8')"],
  ['|S3', "strings ('|S3')"],
  ['<U1', "strings ('<U1')"],
  ['<M8[ns]', "dates ('<M8[ns]')"],
  ['<m8', "time differences ('<m8')"],
  ['|V4', "a structured dtype ('|V4')"],
  ['<f16', "'<f16'"],
  ['<i3', "'<i3'"],
  ['f4', "'f4'"],
  ['|f4', "'|f4'"],
  ['=f4', "'=f4'"],
  ['<constructor', "'<constructor'"],
  ['', "''"],
];
for (const [descr, received] of refusals) {
  test(`elementTypeOf refuses '${descr}'`, (t) => {
    const error = t.throws(() => elementTypeOf(descr, 'x'), { instanceOf: BlasnetError, code: 'ERR_BAD_FILE' });
    t.true(error?.message.startsWith('Expected a dtype of bool, int8 to int64, '));
    t.true(error?.message.endsWith(` in x but received ${received}`));
  });
}
