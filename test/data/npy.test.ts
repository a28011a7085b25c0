import { readFile } from 'node:fs/promises';
import test from 'ava';
import { BlasnetError } from '#blasnet/core/errors';
import { decodeNpy, encodeNpy } from '#blasnet/npz/npy';

const FIXTURES = 'test/fixtures/npz';
const fixture = async (name: string) => new Uint8Array(await readFile(`${FIXTURES}/${name}`));

/** An NPY file of a given header, padded by nothing, and data. */
function npy(header: string, data: ArrayLike<number> = [], version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(header.length, 0, length.length);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
      length,
      Buffer.from(header),
      Uint8Array.from(data),
    ]),
  );
}

const dict = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const refuses = test.macro({
  exec(t, bytes: Uint8Array, message: RegExp) {
    const error = t.throws(() => decodeNpy(bytes, "'w.npy'"), { instanceOf: BlasnetError, message });
    t.is(error.code, 'ERR_BAD_FILE');
    t.regex(error.message, /^Expected .* in 'w\.npy' but received /s);
  },
  title: (name) => `decodeNpy refuses ${name}`,
});

test('decodeNpy reads versions 1, 2 and 3', async (t) => {
  for (const version of [1, 2, 3]) {
    const { shape, data } = decodeNpy(await fixture(`version${version}.npy`), 'x');
    t.deepEqual(shape, [2, 3, 4]);
    t.deepEqual(
      data,
      Float32Array.from({ length: 24 }, (_, i) => i),
    );
  }
});

test('decodeNpy reads a single number and what Python 2 wrote', async (t) => {
  t.deepEqual(decodeNpy(await fixture('scalar.npy'), 'x'), { shape: [], data: Int32Array.of(-7) });
  t.deepEqual(decodeNpy(npy(dict("'|u1'", '(2L, 1L)'), [5, 6]), 'x'), { shape: [2, 1], data: Uint8Array.of(5, 6) });
  const other = `{"shape":(1,),"fortran_order":True,"descr":"<u2"}`;
  t.deepEqual(decodeNpy(npy(other, [1, 2]), 'x'), { shape: [1], data: Uint16Array.of(513) });
});

test('decodeNpy reads empty arrays of any other lengths', (t) => {
  t.deepEqual(decodeNpy(npy(dict("'<f4'", '(0,)')), 'x'), { shape: [0], data: new Float32Array() });
  t.deepEqual(decodeNpy(npy(dict("'<f8'", '(3, 0, 5)', 'True')), 'x'), { shape: [3, 0, 5], data: new Float64Array() });
});

test('decodeNpy reads data at any address, and copies it', (t) => {
  const file = encodeNpy([2], Float64Array.of(1.5, -2));
  for (let shift = 0; shift < 8; shift++) {
    const moved = new Uint8Array(file.length + 8);
    moved.set(file, shift);
    const { data } = decodeNpy(moved.subarray(shift, shift + file.length), 'x');
    moved.fill(0);
    t.deepEqual(data, Float64Array.of(1.5, -2));
    t.is(data.buffer.byteLength, 16);
  }
});

test('decodeNpy reads Fortran order of any rank', (t) => {
  // Element [i, j, k, l] holds i + 2j + 6k + 12l, which is where Fortran order puts it.
  const { data } = decodeNpy(
    npy(
      dict("'|u1'", '(2, 3, 2, 2)', 'True'),
      Array.from({ length: 24 }, (_, i) => i),
    ),
    'x',
  );
  const expected: number[] = [];
  for (let i = 0; i < 2; i++)
    for (let j = 0; j < 3; j++)
      for (let k = 0; k < 2; k++) for (let l = 0; l < 2; l++) expected.push(i + 2 * j + 6 * k + 12 * l);
  t.deepEqual([...data], expected);
});

test('encodeNpy writes what NumPy writes, byte for byte', async (t) => {
  const grid = Float32Array.from({ length: 24 }, (_, i) => i);
  t.deepEqual(encodeNpy([2, 3, 4], grid), await fixture('version1.npy'));
  t.deepEqual(
    encodeNpy(
      [1000],
      Float64Array.from({ length: 1000 }, (_, i) => i),
    ),
    await fixture('float64-row.npy'),
  );
  t.deepEqual(encodeNpy([], Int32Array.of(-7)), await fixture('scalar.npy'));
});

test('encodeNpy writes the header of format 1.0', (t) => {
  const file = encodeNpy([3, 4], new Float32Array(12));
  const text = Buffer.from(file).toString('latin1', 10, 128);
  t.true(text.startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"));
  t.true(text.endsWith(' \n'));
  t.is(file.length, 128 + 48);
});

test('encodeNpy refuses a shape that does not fit', (t) => {
  t.throws(() => encodeNpy([2, 3], new Float32Array(5)), { code: 'ERR_SHAPE_MISMATCH', message: /product of 5.*2,3/ });
  t.throws(() => encodeNpy(Array(65).fill(1), new Float32Array(1)), {
    code: 'ERR_BAD_ARGUMENT',
    message: /64 dimensions/,
  });
});

test('what encodeNpy writes decodeNpy reads, for every type', (t) => {
  const types = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Type of types) {
    const data = Type.of(0, 1, 100, 7, 5, 3);
    t.deepEqual(decodeNpy(encodeNpy([3, 2], data), 'x'), { shape: [3, 2], data });
  }
});

const ok = npy(dict("'<f4'", '(2,)'), [0, 0, 128, 63, 0, 0, 0, 64]);
test('an empty file', refuses, new Uint8Array(), /starts with '\\x93NUMPY' in .* received ""/);
test('another format', refuses, new Uint8Array(Buffer.from('PK\x03\x04 and more')), /NPY array.*PK/);
test('version 4', refuses, npy(dict("'<f4'", '()'), [0, 0, 0, 0], 4), /version 1, 2 or 3.*version 4/);
test('a file that ends in the header length', refuses, ok.slice(0, 9), /whole NPY header.*9 bytes/);
test('a file that ends in the header', refuses, ok.slice(0, 40), /header of \d+ bytes.*30 bytes/);
test('truncated data', refuses, ok.slice(0, -1), /8 bytes of data for shape \(2\).*received 7/);
test('trailing bytes', refuses, new Uint8Array([...ok, 0]), /8 bytes of data.*received 9/);
test('a header of 2^60 numbers', refuses, npy(dict("'<f4'", `(${2n ** 60n},)`)), /fewer than 2\^53/);
test('a header of 2^30 × 2^30 numbers', refuses, npy(dict("'<f4'", `(${2 ** 30}, ${2 ** 30})`)), /fewer than 2\^53/);
test('a header of 2^50 numbers', refuses, npy(dict("'<f8'", `(${2 ** 50},)`)), /9007199254740992 bytes.*received 0/);
test('an absurd length beside a zero', refuses, npy(dict("'<f4'", `(0, ${'9'.repeat(400)})`)), /fewer than 2\^53/);
test('a header of 4 GiB', refuses, npy('', [], 2).fill(255, 8, 12), /at most 10000 bytes.*4294967295/);
test('65 dimensions', refuses, npy(dict("'|u1'", `(${'1,'.repeat(65)})`), [1]), /at most 64 lengths/);
test('a negative length', refuses, npy(dict("'<f4'", '(-1,)')), /lengths ≥ 0.*\(-1,\)/);
test('a shape that is a number', refuses, npy(dict("'<f4'", '(1)'), [0, 0, 0, 0]), /lengths ≥ 0/);
test('a shape with a hole', refuses, npy(dict("'<f4'", '(1,,1)'), [0, 0, 0, 0]), /lengths ≥ 0/);

test('pickled objects', refuses, npy(dict("'|O'", '(1,)'), [0x80]), /dtype of bool.*pickled objects \('\|O'\)/);
test('a structured dtype', async (t) => {
  const bytes = await fixture('structured.npy');
  t.throws(() => decodeNpy(bytes, 'x'), {
    code: 'ERR_BAD_FILE',
    message: /plain numeric dtype in x .*structured dtype/,
  });
});

const garbage = /header with descr, fortran_order and shape/;
test('garbage for a header', refuses, npy('\x00\x01 rubbish'), garbage);
test('an empty header', refuses, npy(''), garbage);
test('an empty dict', refuses, npy('{}'), garbage);
test('a missing key', refuses, npy("{'descr': '<f4', 'shape': ()}"), garbage);
test('a key twice', refuses, npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}"), garbage);
test('another key', refuses, npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': True}"), garbage);
test('values of other kinds', refuses, npy("{'descr': True, 'fortran_order': '<f4', 'shape': ()}"), garbage);
test('code', refuses, npy(dict("'<f4'", "__import__('os').getpid()")), garbage);
test('text after the dict', refuses, npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()} }"), garbage);
test('entries without commas', refuses, npy("{'descr': '<f4' 'fortran_order': False 'shape': ()}"), garbage);
test('a long header of spaces and quotes', refuses, npy(`{'descr': ${"' ".repeat(4900)}`), garbage);
