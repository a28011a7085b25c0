import { mkdir } from 'node:fs/promises';
import test from 'ava';
import { readNpz, readSafetensors } from 'blasnet';
import { badArgument, badFile, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { safetensorsFile } from '../support/safetensors.js';

const fixtures = 'test/fixtures/safetensors';

test('what Python wrote', async (t) => {
  const { tensors, metadata } = await readSafetensors(`${fixtures}/numpy.safetensors`);
  t.deepEqual({ ...metadata }, { format: 'np', größe: 'a "quoted"\ntext' });
  t.is(Object.getPrototypeOf(tensors), null);
  // The same arrays as NumPy saved them.
  const npz = await readNpz('test/fixtures/npz/stored.npz');
  for (const name of Object.keys(tensors).filter((key) => key !== 'scalar' && Object.hasOwn(npz, key))) {
    t.deepEqual(tensors[name]!.data, npz[name]!.data, name);
    t.deepEqual(tensors[name]!.shape, npz[name]!.shape, name);
  }
  t.deepEqual(tensors.scalar, { shape: [], data: Float32Array.of(7) });
  t.deepEqual(tensors.empty, { shape: [0, 3], data: new Float32Array() });
  t.deepEqual(tensors['naïve "name"'], { shape: [1, 2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
  t.is(Object.keys(tensors).length, 15);
});

test('bfloat16, and float8, which is refused when it is asked for', async (t) => {
  const path = `${fixtures}/others.safetensors`;
  const { tensors, metadata } = await readSafetensors(path, ['bfloat16']);
  t.deepEqual({ ...metadata }, {});
  t.deepEqual(tensors.bfloat16, {
    shape: [2, 2],
    data: Float32Array.of(1.5, -2.25, Number.POSITIVE_INFINITY, 2 ** -133),
  });
  await t.throwsAsync(
    readSafetensors(path),
    badFile(/a dtype that blasnet reads in 'float8' of '.*' but received F8_E4M3/),
  );
  await t.throwsAsync(readSafetensors(path, ['x']), badArgument(/for tensor but received 'x'/));
});

test('names of tensors are a list of texts', async (t) => {
  const path = `${fixtures}/numpy.safetensors`;
  t.deepEqual(Object.keys((await readSafetensors(path, ['scalar'])).tensors), ['scalar']);
  for (const names of [5, 'scalar', null, {}, ['scalar', 7]]) {
    await t.throwsAsync(readSafetensors(path, untyped(names)), badArgument(/^Expected a list of names for names but/));
  }
});

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const one = entry('F32', '[1]', '[0,4]');

test('whatever JSON allows', async (t) => {
  const folder = await temporaryFolder(t);
  const headers = [
    `{"a":${one}}   \n`,
    `{ "a" :\t{"data_offsets" : [ 0 , 4 ] ,\r\n "shape":[1], "dtype":"\\u004632"} }`,
    `{"\\u0061":${one},"__metadata__":{}}`,
  ];
  for (const header of headers) {
    const path = await write(folder, 'a', safetensorsFile(header, Buffer.from(Float32Array.of(3).buffer)));
    t.deepEqual({ ...(await readSafetensors(path)).tensors }, { a: { shape: [1], data: Float32Array.of(3) } });
  }
  t.deepEqual({ ...(await readSafetensors(await write(folder, 'b', safetensorsFile('{}')))).tensors }, {});
});

const hostile: readonly (readonly [Uint8Array, RegExp])[] = [
  [Buffer.alloc(0), /a safetensors file in '.*' but received an empty file$/],
  [Buffer.alloc(7), /at least 8 bytes/],
  [safetensorsFile('{}', 0, 3), /a header of 3 bytes in .* a file that ends 1 bytes before that/],
  [
    safetensorsFile('{}', 0, 2n ** 64n - 1n),
    /a safetensors file, with a header of at most 16777216 bytes, in .* 18446744073709551615, or another format/,
  ],
  [safetensorsFile('{}', 0, 2n ** 24n + 1n), /a header of at most/],
  [Buffer.from('PK\u0003\u0004 as npz begins'), /a safetensors file in .* but received a zip archive$/],
  [Buffer.from('a,b,price\n1,2,3\n'), /a safetensors file in .* but received text$/],
  [
    Buffer.from('\u0001\u0002\u0003\u0004ABCD'),
    /another format: the file begins with "\\u0001\\u0002\\u0003\\u0004ABCD"$/,
  ],
  [safetensorsFile('{}', 0, 0), /a header that starts with '\{'/],
  [safetensorsFile(' {}'), /a header that starts with '\{'/],
  [safetensorsFile('[]'), /a header that starts with '\{'/],
  [safetensorsFile(Buffer.from([0x7b, 0xff, 0x7d])), /UTF-8 in the header/],
  [safetensorsFile('{}', 1), /0 bytes of data behind the header in .* but received 1/],
  [safetensorsFile('{'), /a string in the header of .*, character 1,? but received its end/],
  [safetensorsFile('{}x'), /the end in the header .* but received "x"/],
  [safetensorsFile('{"a"}'), /':' in the header/],
  [safetensorsFile('{"a":1}'), /'\{' in the header/],
  [safetensorsFile('{"a":{}}'), /dtype, shape and two data_offsets in 'a' of/],
  [safetensorsFile(`{"a":${one},}`, 4), /a string in the header/],
  [safetensorsFile(`{"a":${one} "b":${one}}`, 4), /'\}' in the header/],
  [safetensorsFile(`{"a":${one},"a":${one}}`, 4), /different keys in its header in .* 'a' twice/],
  [safetensorsFile(`{"a":${one},"\\u0061":${one}}`, 4), /'a' twice/],
  [safetensorsFile('{"__metadata__":{"k":"v","k":"w"}}'), /'k' twice/],
  [safetensorsFile('{"__metadata__":{},"__metadata__":{}}'), /'__metadata__' twice/],
  [safetensorsFile(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), /'dtype' twice/],
  [safetensorsFile('{"__metadata__":{"k":1}}'), /a string in the header/],
  [safetensorsFile('{"__metadata__":null}'), /'\{' in the header/],
  [safetensorsFile('{"a\u0001":{}}'), /a string in the header/],
  [safetensorsFile('{"a\\x":{}}'), /a string in the header/],
  [safetensorsFile('{"a\\'), /a string in the header/],
  [safetensorsFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":"y"}}', 4), /but received 'x'/],
  [safetensorsFile(`{"a":${entry('F33', '[1]', '[0,4]')}}`, 4), /a dtype of BOOL, .* in 'a' of .* but received 'F33'/],
  [safetensorsFile(`{"a":${entry('toString', '[1]', '[0,4]')}}`, 4), /a dtype of BOOL/],
  [safetensorsFile(`{"a":${entry('F32', '[1]', '[0]')}}`, 4), /two data_offsets/],
  [safetensorsFile(`{"a":${entry('F32', '[1]', '[0,4,4]')}}`, 4), /at most 2 numbers in a list/],
  [safetensorsFile(`{"a":${entry('F32', `[${'1,'.repeat(64)}1]`, '[0,4]')}}`, 4), /at most 64 numbers in a list/],
  [safetensorsFile(`{"a":${entry('F32', '[2]', '[0,4]')}}`, 4), /8 bytes for F32 of shape \[2\] in 'a' .* received 4/],
  [safetensorsFile(`{"a":${entry('F32', '[1]', '[4,0]')}}`, 4), /4 bytes for F32 .* but received -4/],
  [safetensorsFile(`{"a":${entry('F32', '[0]', '[0,4]')}}`, 4), /0 bytes for F32/],
  [
    safetensorsFile(`{"a":${entry('F32', '[9007199254740991,9007199254740991]', '[0,4]')}}`, 4),
    /fewer than 2\^53 bytes/,
  ],
  [safetensorsFile(`{"a":${entry('F32', '[9007199254740991,0,2]', '[0,0]')}}`), /fewer than 2\^53 bytes/],
  [safetensorsFile(`{"a":${entry('F32', '[4294967296,1048576]', '[0,0]')}}`), /fewer than 2\^53 bytes/],
  [
    safetensorsFile(`{"a":${entry('F32', '[1]', '[4,8]')}}`, 8),
    /data from byte 0 on in 'a' of .* but received from 4 on/,
  ],
  [
    safetensorsFile(`{"a":${entry('F32', '[2]', '[0,8]')},"b":${entry('F32', '[2]', '[4,12]')}}`, 12),
    /data from byte 8 on in 'b' of .* from 4 on/,
  ],
  [safetensorsFile(`{"a":${one},"b":${one}}`, 4), /data from byte 4 on in 'b'/],
  [safetensorsFile(`{"a":${one}}`, 3), /4 bytes of data behind the header in .* but received 3/],
  [safetensorsFile(`{"a":${one}}`, 5), /4 bytes of data .* but received 5/],
  ...['-1', '1.0', '1e1', '01', '"1"', 'null', '9007199254740992', '99999999999999999999', '+1', ''].map(
    (number) =>
      [
        safetensorsFile(`{"a":${entry('F32', `[${number || ','}]`, '[0,4]')}}`, 4),
        /a whole number from 0 to 2\^53 - 1 in the header/,
      ] as const,
  ),
];

test('hostile files are refused before anything is taken for their tensors', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [bytes, message] of hostile) {
    const path = await write(folder, 'x', bytes);
    await t.throwsAsync(readSafetensors(path, []), badFile(message), `${message} ${bytes.toString().slice(0, 99)}`);
  }
});

test('no file, a folder, no name', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/f`);
  await t.throwsAsync(readSafetensors(`${folder}/none`), badFile(/a readable safetensors file at '.*none' .*ENOENT/));
  await t.throwsAsync(readSafetensors(`${folder}/f`), badFile(/safetensors file at '.*f' but received a folder$/));
  await t.throwsAsync(readSafetensors(''), badArgument(/the name of a file/));
});

test('64-bit integers beyond 2^53', async (t) => {
  const data = Buffer.alloc(8, 0xff);
  data[7] = 0x7f;
  const header = `{"a":${entry('I64', '[1]', '[0,8]')}}`;
  const path = await write(await temporaryFolder(t), 'x', safetensorsFile(header, data));
  await t.throwsAsync(readSafetensors(path), badFile(/64-bit integers within/));
});

test('a header of nothing but the beginnings of objects', async (t) => {
  const path = await write(await temporaryFolder(t), 'x', safetensorsFile('{"a":'.repeat(1e6)));
  await t.throwsAsync(readSafetensors(path), badFile(/dtype, shape and data_offsets|a string|'\{'/));
});
