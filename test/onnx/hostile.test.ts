import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { NeuralNet, Tensor } from 'blasnet';
import type { TensorMessage } from '#blasnet/onnx/messages';
import { badFile } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { beside, tensor, writeModel } from './models.js';

const b = tensor('b', [2], [0.5, -0.5]);
const gemm = [['Gemm', ['x', 'w', 'b'], 'y']] as const;
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** The path of a model of one Gemm whose weights are that tensor. */
const withWeights = (t: ExecutionContext, w: Partial<TensorMessage>) =>
  writeModel(t, { nodes: gemm, tensors: [{ name: 'w', dims: [3, 2], dataType: 1, ...w }, b] });

const tensors: Readonly<Record<string, readonly [Partial<TensorMessage>, RegExp]>> = {
  'fewer bytes than its shape': [
    { rawData: floats(1, 2) },
    /^Expected 24 bytes for shape \[3, 2\] in tensor 'w' of '.*' but received 8$/,
  ],
  'more bytes than its shape': [{ rawData: floats(1, 2, 3, 4, 5, 6, 7) }, /^Expected 24 bytes .* received 28$/],
  'fewer numbers than its shape': [{ floatData: [1, 2] }, /^Expected 6 numbers for shape \[3, 2\] .* received 2$/],
  'no numbers': [{}, /^Expected 6 numbers for shape \[3, 2\] .* received 0$/],
  'a shape of an exabyte': [
    { dims: [2 ** 30, 2 ** 30], rawData: floats(1) },
    /^Expected dimensions whose product is a size/,
  ],
  'a shape of a terabyte': [
    { dims: [2 ** 20, 2 ** 18], rawData: floats(1) },
    /^Expected 1099511627776 bytes for shape/,
  ],
  'a negative dimension': [
    { dims: [-1, -6], rawData: floats(1) },
    /^Expected dimensions whose product is a size .* \[-1, -6\]$/,
  ],
  'too many dimensions': [
    { dims: Array.from({ length: 9 }, () => 1) },
    /^Expected at most 8 dimensions .* received 9$/,
  ],
  'numbers of another type': [
    { dataType: 16 },
    /^Expected float16, float32, float64, int8, uint8, int32, int64 or bool in tensor 'w' .* data type 16$/,
  ],
  'whole numbers': [{ dataType: 7, rawData: new Uint8Array(48) }, /^Expected floats as input 2 in node 1 \(Gemm\)/],
  'a segment': [{ segment: {} }, /^Expected a whole tensor in tensor 'w' .* received a segment of a tensor$/],
};

for (const [name, [change, message]] of Object.entries(tensors)) {
  test(`weights are refused: ${name}`, async (t) => {
    await t.throwsAsync(NeuralNet.fromOnnx(await withWeights(t, change)), badFile(message));
  });
}

const external = (entries: Readonly<Record<string, string>>): Partial<TensorMessage> => ({
  dataLocation: 1,
  externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
});

test('weights may lie in a file beside the model', async (t) => {
  const file = await withWeights(t, external({ location: 'weights/w.bin', offset: '4', length: '24' }));
  await mkdir(beside(file, 'weights'));
  await write(beside(file, 'weights'), 'w.bin', floats(9, 1, 2, 3, 4, 5, 6, 9));
  const net = await NeuralNet.fromOnnx(file);
  t.deepEqual(Array.from(net.layers[0]!.weights.W!.data), [1, 2, 3, 4, 5, 6]);
  t.deepEqual(Array.from(net.inference(Tensor.from([1, 0, 0])).data), [1.5, 1.5]);
});

test('weights may be all of a file', async (t) => {
  const file = await withWeights(t, external({ location: 'w.bin', checksum: 'not looked at' }));
  await write(dirname(file), 'w.bin', floats(1, 2, 3, 4, 5, 6));
  t.deepEqual(Array.from((await NeuralNet.fromOnnx(file)).layers[0]!.weights.W!.data), [1, 2, 3, 4, 5, 6]);
});

for (const location of ['../w.bin', '/etc/hostname', 'a/../../w.bin', 'C:\\w.bin', '..\\w.bin', 'w.bin\0']) {
  test(`weights outside the model's folder are refused: ${JSON.stringify(location)}`, async (t) => {
    const file = await withWeights(t, external({ location }));
    const message = /^Expected a file in the model's folder in the external data of tensor 'w' of '/;
    await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(message));
  });
}

test('weights outside the folder are refused through symbolic links of files and of folders', async (t) => {
  const outside = await temporaryFolder(t);
  const target = await write(outside, 'w.bin', floats(1, 2, 3, 4, 5, 6));
  for (const [location, link, to] of [
    ['w.bin', 'w.bin', target],
    ['inner/w.bin', 'inner', outside],
  ] as const) {
    const file = await withWeights(t, external({ location }));
    await symlink(to, beside(file, link));
    await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/, which leads out of it$/));
  }
});

test('a model may be a symbolic link, its weights beside that', async (t) => {
  const file = await withWeights(t, external({ location: 'w.bin' }));
  const folder = await temporaryFolder(t);
  await symlink(file, join(folder, 'link.onnx'));
  await write(folder, 'w.bin', floats(1, 2, 3, 4, 5, 6));
  t.is((await NeuralNet.fromOnnx(join(folder, 'link.onnx'))).layers.length, 1);
});

const entries: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp]>> = {
  'no location': [
    { offset: '0' },
    /^Expected a location in the external data of tensor 'w' of '.*' but received none$/,
  ],
  'a folder': [{ location: '.' }, /^Expected a file in the model's folder .* leads out of it$/],
  'a file that is not there': [
    { location: 'none' },
    /^Expected a readable external data file at '.*none' but received ENOENT/,
  ],
  'a name that is too long, with what would break lines': [
    { location: `a\n${'x'.repeat(5000)}` },
    /^Expected a readable external data file at '[^\n]*a\ufffdx{58}' but received ENAMETOOLONG.{0,30}$/,
  ],
  'a part behind the end': [
    { location: 'w.bin', offset: '8', length: '24' },
    /^Expected 24 bytes at 8 in '.*w.bin' but received a file of 24$/,
  ],
  'an offset behind the end': [{ location: 'w.bin', offset: '32' }, /^Expected -8 bytes at 32 in/],
  'a length that is no number': [
    { location: 'w.bin', length: '1e9' },
    /^Expected a number of bytes as length .* received '1e9'$/,
  ],
  'a length of a petabyte': [
    { location: 'w.bin', length: '999999999999999' },
    /^Expected 999999999999999 bytes at 0 in/,
  ],
  'less than the shape': [{ location: 'w.bin', length: '12' }, /^Expected 24 bytes for shape \[3, 2\] .* received 12$/],
};

for (const [name, [given, message]] of Object.entries(entries)) {
  test(`external data are refused: ${name}`, async (t) => {
    const file = await withWeights(t, external(given));
    await write(dirname(file), 'w.bin', floats(1, 2, 3, 4, 5, 6));
    await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(message));
  });
}

test('external data of a constant within the graph are refused', async (t) => {
  const inner = { dims: [3, 2], dataType: 1, ...external({ location: 'w.bin' }) };
  const nodes = [['Constant', [], 'w', { attributes: { value: { tensor: inner } } }], ...gemm] as const;
  const file = await writeModel(t, { nodes, tensors: [b] });
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/^Expected external data for initializers only in node 1/));
});

test('files larger than allowed are not read', async (t) => {
  const file = await withWeights(t, external({ location: 'w.bin' }));
  await write(dirname(file), 'w.bin', floats(1, 2, 3, 4, 5, 6));
  const size = (await readFile(file)).length;
  const message = /^Expected a model that takes at most \d+ bytes in '.*' but received more$/;
  await t.throwsAsync(NeuralNet.fromOnnx(file, { maxBytes: size - 1 }), badFile(message));
  await t.throwsAsync(NeuralNet.fromOnnx(file, { maxBytes: size + 23 }), badFile(message));
  t.is((await NeuralNet.fromOnnx(file, { maxBytes: size + 24 })).layers.length, 1);
});

test('what is no plain file is refused', async (t) => {
  await t.throwsAsync(NeuralNet.fromOnnx(await temporaryFolder(t)), badFile(/received a folder$/));
  await t.throwsAsync(NeuralNet.fromOnnx('/dev/zero'), badFile(/received a device$/));
  await t.throwsAsync(NeuralNet.fromOnnx('none.onnx'), badFile(/received ENOENT/));
});

test('one tensor in a thousand layers may not take memory without end', async (t) => {
  const side = 300;
  const w = tensor('w', [side, side], new Float32Array(side * side));
  const nodes = Array.from({ length: 1000 }, (_, i) => ['Gemm', [i === 0 ? 'x' : `v${i - 1}`, 'w'], `v${i}`] as const);
  const file = await writeModel(t, { nodes, tensors: [w], inputShape: ['n', side] });
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/^Expected a model that takes at most \d+ bytes in/));
});

test('an input of terabytes is refused, one of gigabytes takes no memory', async (t) => {
  const c = tensor('c', [], [2]);
  const nodes = [
    ['Mul', ['x', 'c'], 'm'],
    ['Relu', ['m'], 'y'],
  ] as const;
  const file = async (...inputShape: (number | string)[]) => writeModel(t, { nodes, tensors: [c], inputShape });
  const tooLarge =
    /^Expected rows of at most 2147483647 numbers in '.*' but received rows of shape \[1048576, 1048576, 1\]$/;
  await t.throwsAsync(NeuralNet.fromOnnx(await file('n', 2 ** 20, 2 ** 20, 1)), badFile(tooLarge));
  const net = await NeuralNet.fromOnnx(await file('n', 2 ** 15, 2 ** 15, 1));
  t.deepEqual(
    net.layers.map(({ kind }) => kind),
    ['multiply', 'relu'],
  );
});

/** A field of a protocol buffer: its number, and bytes with their length in front. */
const field = (number: number, bytes: Uint8Array) =>
  Buffer.concat([Buffer.from([8 * number + 2]), lengthOf(bytes), bytes]);
const lengthOf = ({ length }: Uint8Array) => {
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) return Buffer.from(bytes);
  }
};
const empty = new Uint8Array();

test('files made of a million empty nodes, attributes or numbers are refused before they are decoded', async (t) => {
  const folder = await temporaryFolder(t);
  const nodes = field(7, Buffer.concat(Array.from({ length: 1_100_000 }, () => field(1, empty))));
  const numbers = field(7, field(5, field(7, new Uint8Array(1_100_000)))); // packed int64 of one byte each
  for (const bytes of [nodes, numbers]) {
    const message = /^Expected at most 1048576 messages, strings and whole numbers in '.*' but received more$/;
    await t.throwsAsync(NeuralNet.fromOnnx(await write(folder, 'many.onnx', bytes)), badFile(message));
  }
});

test('nodes within nodes without end are refused', async (t) => {
  let graph: Uint8Array = empty;
  // Graph: node (1); its attribute (5), a graph (6).
  for (let i = 0; i < 500; i++) graph = field(1, field(5, field(6, graph)));
  const file = await write(await temporaryFolder(t), 'deep.onnx', field(7, graph));
  await t.throwsAsync(
    NeuralNet.fromOnnx(file),
    badFile(/^Expected messages nested at most 24 deep in '.*' but received deeper ones$/),
  );
});

test('names like those of Object are names like others', async (t) => {
  const nodes = [
    ['Gemm', ['x', '__proto__', 'constructor'], 'toString', { name: '__proto__' }],
    ['Relu', ['toString'], 'hasOwnProperty', { name: 'constructor' }],
  ] as const;
  const tensors = [tensor('__proto__', [3, 2], [1, 2, 3, 4, 5, 6]), tensor('constructor', [2], [0, 0])];
  const metadata = { ['__proto__']: 'x', constructor: 'y' };
  const net = await NeuralNet.fromOnnx(await writeModel(t, { nodes, tensors, metadata }));
  t.is(net.getLayer('__proto__').kind, 'fully connected');
  t.is(({} as Record<string, unknown>).x, undefined);
});

test('a node with half a million inputs is refused like others', async (t) => {
  const inputs = Array.from({ length: 500_000 }, () => 'x');
  const file = await writeModel(t, { nodes: [['Concat', inputs, 'y', { attributes: { axis: 1 } }]] });
  await t.throwsAsync(NeuralNet.fromOnnx(file), badFile(/^Expected at most 1024 inputs in node 1 \(Concat\)/));
});
