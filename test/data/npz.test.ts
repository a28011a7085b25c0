import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { zipSync } from 'fflate';
import { BlasnetError } from '#blasnet/core/errors';
import { encodeNpy } from '#blasnet/npz/npy';
import { NpzFile, readNpz, toTensor, writeNpz } from '#blasnet/npz/npz';
import { ZipArchive } from '#blasnet/npz/zip';
import { Tensor } from '#blasnet/tensor/tensor';
import { badArgument, untyped } from '../support/errors.js';

const FIXTURES = 'test/fixtures/npz';
const folder = () => mkdtemp(join(tmpdir(), 'blasnet-npz-'));

const expected = {
  float16: { shape: [6], data: Float32Array.of(0.5, -2, 65504, 2 ** -24, Infinity, -0) },
  float32: { shape: [2, 2], data: Float32Array.of(1.5, -2.25, 3e38, 1e-45) },
  float64: { shape: [4], data: Float64Array.of(Math.PI, -Infinity, NaN, 5e-324) },
  int8: { shape: [2], data: Int8Array.of(-128, 127) },
  int16: { shape: [2], data: Int16Array.of(-32768, 32767) },
  int32: { shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  int64: { shape: [4], data: Float64Array.of(-(2 ** 53) + 1, -1, 2 ** 53 - 1, 2 ** 32) },
  uint8: { shape: [1, 2], data: Uint8Array.of(0, 255) },
  uint16: { shape: [2], data: Uint16Array.of(0, 65535) },
  uint32: { shape: [2], data: Uint32Array.of(0, 2 ** 32 - 1) },
  uint64: { shape: [2], data: Float64Array.of(2 ** 53 - 1, 2 ** 32 + 1) },
  bool: { shape: [3], data: Uint8Array.of(1, 0, 1) },
  fortran2: { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => i) },
  fortran3: { shape: [2, 3, 4], data: Float64Array.from({ length: 24 }, (_, i) => i) },
  big2: { shape: [2], data: Int16Array.of(-2, 258) },
  big4: { shape: [2], data: Float32Array.of(1.5, -2.25) },
  big8: { shape: [1], data: Float64Array.of(Math.PI) },
  bigint8: { shape: [2], data: Float64Array.of(-(2 ** 40), 2 ** 40 + 1) },
  bigfortran: { shape: [3, 4], data: Uint32Array.from({ length: 12 }, (_, i) => 12 + i) },
  scalar: { shape: [], data: Float64Array.of(42.5) },
  empty: { shape: [0, 3], data: new Float32Array() },
};

for (const name of ['stored', 'deflated']) {
  test(`readNpz reads NumPy's ${name} arrays of every dtype and order`, async (t) => {
    const arrays = await readNpz(`${FIXTURES}/${name}.npz`);
    t.is(Object.getPrototypeOf(arrays), null);
    t.deepEqual({ ...arrays }, expected);
  });
}

test('readNpz reads a file without arrays', async (t) => {
  t.deepEqual(Object.keys(await readNpz(`${FIXTURES}/none.npz`)), []);
});

test('readNpz refuses an object array by its name', async (t) => {
  await t.throwsAsync(readNpz(`${FIXTURES}/object.npz`), {
    code: 'ERR_BAD_FILE',
    message: /in 'bad\.npy' of 'test\/fixtures\/npz\/object\.npz' but received pickled objects/,
  });
});

test('readNpz refuses, before it unpacks it, a member of a thousand times what its header says', async (t) => {
  t.true((await readFile(`${FIXTURES}/bomb.npz`)).length < 40_000);
  await t.throwsAsync(readNpz(`${FIXTURES}/bomb.npz`), {
    code: 'ERR_BAD_FILE',
    message: /^Expected 8 bytes of data for shape \(2\) in 'a.npy' of '.*bomb.npz' but received 33554432$/,
  });
});

test('readNpz refuses a path in the name of a member', async (t) => {
  await t.throwsAsync(readNpz(`${FIXTURES}/path.npz`), {
    code: 'ERR_BAD_FILE',
    message: /^Expected members named like 'weights.npy', without folders in '.*path.npz' but received '..\/a.npy'$/,
  });
});

test('readNpz reads the arrays of those names only, whatever the others hold', async (t) => {
  const path = join(await folder(), 'x.npz');
  const large = Buffer.from(encodeNpy([1], Float64Array.of(0)));
  large.write('<i8', large.indexOf('<f8'));
  large.writeBigInt64LE(2n ** 60n, large.length - 8);
  const members = {
    'id.npy': large,
    'x.npy': encodeNpy([2], Float32Array.of(1, 2)),
    'notes.txt': Buffer.from('hello'),
  };
  await writeFile(path, zipSync(members));
  t.deepEqual({ ...(await readNpz(path, { arrays: ['x'] })) }, { x: { shape: [2], data: Float32Array.of(1, 2) } });
  t.deepEqual(Object.keys(await readNpz(path, { arrays: [] })), []);
  await t.throwsAsync(readNpz(path, { arrays: ['x', 'id'] }), {
    code: 'ERR_BAD_FILE',
    message: /64-bit integers within ±\(2\^53 − 1\) in 'id.npy' of '.*' but received about 1152921504606847000/,
  });
  // Without names all are read; the error says how to read the others.
  const { 'notes.txt': _, ...arrays } = members;
  const both = join(await folder(), 'both.npz');
  await writeFile(both, zipSync(arrays));
  await t.throwsAsync(readNpz(both), {
    code: 'ERR_BAD_FILE',
    message: /received about 1152921504606847000 .*; the option arrays names those to read$/,
  });
  await t.throwsAsync(readNpz(path, { arrays: ['y'] }), {
    code: 'ERR_BAD_FILE',
    message: /^Expected an array 'y' in '.*x.npz' but received id, x$/,
  });
  await t.throwsAsync(readNpz(path), { code: 'ERR_BAD_FILE', message: /members named like .* received 'notes.txt'$/ });
  await t.throwsAsync(readNpz(path, untyped({ arrays: 'x' })), badArgument(/a list of names for arrays/));
  await t.throwsAsync(
    readNpz(path, untyped({ array: ['x'] })),
    badArgument(/only arrays for options but received 'array'/),
  );
});

test('readNpz refuses a missing file', async (t) => {
  await t.throwsAsync(readNpz('none.npz'), {
    code: 'ERR_BAD_FILE',
    message: /readable npz file at 'none.npz'.*ENOENT/,
  });
});

test('what writeNpz writes readNpz reads', async (t) => {
  const dir = await folder();
  const path = join(dir, 'layer.npz');
  const weights = Tensor.from([
    [1, 2, 3],
    [4, 5, 6.5],
  ]);
  const row = Tensor.from([Math.PI, -0, NaN], undefined, 'float64');
  await writeNpz(path, { weights, bias: row, part: weights.slice(1), 'ä.npy': Tensor.zeros([0, 3]) });
  const read = await readNpz(path);
  t.deepEqual(
    { ...read },
    {
      weights: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6.5) },
      bias: { shape: [1, 3], data: Float64Array.of(Math.PI, -0, NaN) },
      part: { shape: [1, 3], data: Float32Array.of(4, 5, 6.5) },
      'ä.npy': { shape: [0, 3], data: new Float32Array() },
    },
  );
  t.deepEqual(await readdir(dir), ['layer.npz']);
});

test('writeNpz writes what NumPy reads', async (t) => {
  // make.py loads that file and compares the arrays; as long as the bytes are the same, so is what NumPy makes of them.
  const path = join(await folder(), 'written.npz');
  await writeNpz(path, {
    weights: Tensor.from([
      [1, 2.5, -3],
      [1e-45, 3e38, 0],
    ]),
    bias: Tensor.from([Math.PI, -0, NaN, Infinity], undefined, 'float64'),
    image: Tensor.from(
      Array.from({ length: 24 }, (_, i) => i),
      [1, 2, 3, 4],
    ),
    none: Tensor.zeros([0, 3]),
  });
  t.deepEqual(await readFile(path), await readFile(`${FIXTURES}/written.npz`));
});

test("encodeNpy writes the members of NumPy's savez byte for byte", async (t) => {
  const arrays = await readNpz(`${FIXTURES}/stored.npz`);
  const same = ['float32', 'float64', 'int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'scalar', 'empty'];
  const members = new ZipArchive(await readFile(`${FIXTURES}/stored.npz`), 'x');
  const compared: string[] = [];
  for (const name of members.names) {
    const key = name.slice(0, -'.npy'.length);
    if (!same.includes(key)) continue;
    t.true(Buffer.from(await members.unpack(name)).equals(encodeNpy(arrays[key]!.shape, arrays[key]!.data)), key);
    compared.push(key);
  }
  t.deepEqual(compared.toSorted(), same.toSorted());
});

test('writeNpz makes equal files of equal tensors, with names that objects have', async (t) => {
  const dir = await folder();
  const arrays = { ['__proto__']: Tensor.from([1]), constructor: Tensor.from([2]) };
  await writeNpz(join(dir, 'a.npz'), arrays);
  await writeNpz(join(dir, 'b.npz'), arrays);
  t.deepEqual(await readFile(join(dir, 'a.npz')), await readFile(join(dir, 'b.npz')));
  const read = await readNpz(join(dir, 'a.npz'));
  t.deepEqual(Object.keys(read), ['__proto__', 'constructor']);
  t.deepEqual(Object.values(read)[0], { shape: [1, 1], data: Float32Array.of(1) });
});

test('writeNpz refuses names with a path, and more than a file can hold', async (t) => {
  const dir = await folder();
  for (const name of ['a/b', 'a\\b', '..']) {
    await t.throwsAsync(writeNpz(join(dir, 'x.npz'), { [name]: Tensor.from([1]) }), {
      code: 'ERR_BAD_ARGUMENT',
      message: /array name/,
    });
  }
  // Never touched, so it takes no memory.
  const big = Tensor.zeros([2 ** 28]);
  await t.throwsAsync(writeNpz(join(dir, 'x.npz'), { big, again: big }), {
    code: 'ERR_BAD_ARGUMENT',
    message: /under 2 GiB/,
  });
  t.deepEqual(await readdir(dir), []);
});

test('writeNpz refuses what is no tensor, and takes what readNpz gives', async (t) => {
  const dir = await folder();
  const path = join(dir, 'x.npz');
  for (const value of [new Float32Array(2), 5, undefined, null, [1, 2], { shape: [2] }, { shape: [2], data: [1, 2] }]) {
    await t.throwsAsync(writeNpz(path, { a: untyped(value) }), badArgument(/^Expected a Tensor for array 'a' but/));
  }
  for (const value of [undefined, null, 5]) {
    await t.throwsAsync(writeNpz(path, untyped(value)), badArgument(/^Expected tensors by name for arrays but/));
  }
  t.deepEqual(await readdir(dir), []);
  await writeNpz(path, { a: Tensor.from([[1], [2]]) });
  const read = await readNpz(path);
  await writeNpz(join(dir, 'again.npz'), untyped(read));
  t.deepEqual(await readNpz(join(dir, 'again.npz')), read);
});

test('writeNpz makes a missing folder', async (t) => {
  const path = join(await folder(), 'none', 'x.npz');
  await writeNpz(path, { a: Tensor.from([1]) });
  t.deepEqual(Object.keys(await readNpz(path)), ['a']);
});

test('toTensor shares memory where the dtype fits and converts where not', (t) => {
  const floats = Float32Array.of(1, 2);
  const same = toTensor({ shape: [2, 1], data: floats }, 'float32');
  t.is(same.data, floats);
  t.deepEqual(same.shape, [2, 1]);
  t.deepEqual(toTensor({ shape: [2], data: floats }, 'float64').data, Float64Array.of(1, 2));
  t.deepEqual(toTensor({ shape: [], data: Uint8Array.of(255) }, 'float32').toArray(), [255]);
});

const rejects = test.macro({
  async exec(t, bytes: Uint8Array, message: RegExp) {
    await t.throwsAsync(async () => new NpzFile(bytes, 'x').readAll(), {
      instanceOf: BlasnetError,
      code: 'ERR_BAD_FILE',
      message,
    });
  },
  title: (name) => `readNpz refuses ${name}`,
});
const array = encodeNpy([2], Float32Array.of(1, 2));
const zip = (name: string, data = array) => zipSync({ [name]: data });
for (const name of ['../a.npy', 'a/b.npy', '/a.npy', 'a\\b.npy', '...npy']) {
  test(`the member name ${name}`, rejects, zip(name), /without folders.*received '/);
}
test('a folder', rejects, zip('a/', new Uint8Array()), /without folders/);
test('a member that is not .npy', rejects, zipSync({ 'a.npy': array, 'readme.txt': array }), /received 'readme\.txt'/);
test('a member that is no NPY', rejects, zip('a.npy', new Uint8Array(20)), /NPY array.*in 'a\.npy' of x/);
