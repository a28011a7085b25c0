import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FullyConnectedLayer, Tensor } from 'blasnet';
import { readNpz, writeNpz } from '#blasnet/npz/npz';
import { badArgument, badFile, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder, write } from '../support/files.js';
import { fittingNet, fittingReader, rowsOfNumbers, weightsOf } from '../support/nets.js';

for (const dtype of ['float32', 'float64'] as const) {
  test(`saveWeights and loadWeights › bit for bit (${dtype})`, async (t) => {
    const folder = join(await temporaryFolder(t), 'new', 'folder');
    const net = fittingNet([3, 5, 2], { dtype, seed: 1 });
    await net.saveWeights(folder);
    t.deepEqual((await readdir(folder)).toSorted(), ['fc1.npz', 'fc2.npz']);
    const other = fittingNet([3, 5, 2], { dtype, seed: 2 });
    t.notDeepEqual(weightsOf(other), weightsOf(net));
    await other.loadWeights(folder);
    t.deepEqual(weightsOf(other), weightsOf(net));
    const x = rowsOfNumbers(9, 3).clone(dtype);
    t.deepEqual(other.inference(x).data, net.inference(x).data);
  });
}

test('saveWeights › the file holds weights and bias as NumPy writes them', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([2, 1]);
  net.layers[0]!.setWeights({ W: Tensor.from([[1], [2]]), B: Tensor.from([[3]]) });
  await net.saveWeights(folder);
  const { weights, bias } = await readNpz(join(folder, 'fc1.npz'));
  t.deepEqual(weights, { shape: [2, 1], data: Float32Array.of(1, 2) });
  t.deepEqual(bias, { shape: [1, 1], data: Float32Array.of(3) });
});

test('loadWeights › of another dtype, and vectors of any orientation', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([2, 3]);
  const weights = Tensor.from(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    undefined,
    'float64',
  );
  for (const shape of [[3], [1, 3], [3, 1]]) {
    await writeNpz(join(folder, 'fc1.npz'), { weights, bias: Tensor.from([7, 8, 9], shape, 'float64') });
    await net.loadWeights(folder);
    t.deepEqual(weightsOf(net), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
});

test('loadWeights › plans that were recorded before use the new weights, and training goes on from them', async (t) => {
  const folder = await temporaryFolder(t);
  const x = rowsOfNumbers(2, 3);
  const source = fittingNet([3, 4, 1], { seed: 8 });
  await source.saveWeights(folder);
  const net = fittingNet([3, 4, 1], { seed: 9 });
  net.inference(x);
  await net.train(fittingReader(20, 3));
  await net.loadWeights(folder);
  t.deepEqual(net.inference(x).data, source.inference(x).data);
});

test('loadWeights › errors change nothing, in no layer', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([3, 4, 1], { seed: 1 });
  const other = fittingNet([3, 4, 1], { seed: 2 });
  await other.saveWeights(folder);
  const before = weightsOf(net);
  const second = join(folder, 'fc2.npz');
  const good = await readFile(second);
  const [weights, bias] = [Tensor.zeros([4, 1]), Tensor.zeros([1, 1])];
  const fails = async (expected: ReturnType<typeof badFile>) => {
    await t.throwsAsync(net.loadWeights(folder), expected);
    t.deepEqual(weightsOf(net), before);
  };

  await rm(second);
  await fails(badFile(/a readable npz file at '.*fc2.npz' but received ENOENT/));
  for (const length of [0, 10, good.length - 1]) {
    await write(folder, 'fc2.npz', good.subarray(0, length));
    await fails(badFile(/fc2.npz/));
  }
  await write(folder, 'fc2.npz', 'not a zip archive');
  await fails(badFile(/a whole zip archive in '.*fc2.npz' but received text$/));
  await writeNpz(second, { weights });
  await fails(badFile(/Expected an array 'bias' in '.*fc2.npz' but received weights$/));
  await writeNpz(second, { W: weights, bias });
  await fails(badFile(/Expected an array 'weights' in '.*fc2.npz' but received W, bias$/));
  await writeNpz(second, { weights: Tensor.zeros([5, 1]), bias });
  await fails(shapeMismatch(/shape \[4, 1\] for 'weights' in '.*fc2.npz' but received \[5, 1\]/));
  await writeNpz(second, { weights, bias: Tensor.zeros([1, 2]) });
  await fails(shapeMismatch(/shape \[1, 1\] for 'bias' in '.*fc2.npz' but received \[1, 2\]/));
  await writeNpz(second, { weights, bias });
  await net.loadWeights(folder);
  t.deepEqual(weightsOf(net).slice(-5), [0, 0, 0, 0, 0]);
});

test('loadWeights › a header that promises 2^60 numbers', async (t) => {
  const folder = await temporaryFolder(t);
  const { encodeNpy } = await import('#blasnet/npz/npy');
  const { zipSync } = await import('fflate');
  const text = Buffer.from(encodeNpy([1, 1], Float32Array.of(1))).toString('latin1');
  const npy = Buffer.from(text.replace('(1, 1), }', `(${2 ** 31}, ${2 ** 29}), }`), 'latin1');
  npy.writeUInt16LE(npy.indexOf('\n') + 1 - 10, 8);
  await write(folder, 'fc1.npz', zipSync({ 'weights.npy': npy, 'bias.npy': npy }));
  await t.throwsAsync(fittingNet([1, 1]).loadWeights(folder), badFile(/Expected .* in 'weights.npy' of '.*fc1.npz'/));
});

test('folders that cannot be', async (t) => {
  const folder = await temporaryFolder(t);
  const file = await write(folder, 'file', 'x');
  const net = fittingNet([2, 1]);
  await t.throwsAsync(
    net.saveWeights(join(file, 'below')),
    badFile(/Expected a folder at '.*below' but received ENOTDIR/),
  );
  await t.throwsAsync(net.saveWeights(file), badFile(/EEXIST/));
  for (const value of [undefined, '', 5, null]) {
    const expected = badArgument(/the name of a folder for folder but received/);
    await t.throwsAsync(net.saveWeights(untyped(value)), expected);
    await t.throwsAsync(net.loadWeights(untyped(value)), expected);
    await t.throwsAsync(net.layers[0]!.saveWeights(untyped(value), 'x'), expected);
    await t.throwsAsync(net.layers[0]!.loadWeights(untyped(value), 'x'), expected);
  }
  t.is(net.inference(rowsOfNumbers(1, 2)).rows, 1);
});

test('a layer saves and loads alone', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b] = [new FullyConnectedLayer(2, 2, { seed: 1 }), new FullyConnectedLayer(2, 2, { seed: 2 })];
  await a.saveWeights(folder, 'layer');
  await b.loadWeights(folder, 'layer');
  t.deepEqual(b.weights.W!.data, a.weights.W!.data);
});

test('a layer alone refuses names that addLayer refuses', async (t) => {
  const folder = await temporaryFolder(t);
  const layer = new FullyConnectedLayer(2, 2);
  for (const name of [undefined, null, 5, '', '.', '..', '../x', 'a/b', 'a\\b']) {
    const expected = badArgument(/^Expected one that can be a file name for the name of a layer but received/);
    await t.throwsAsync(layer.saveWeights(join(folder, 'inner'), untyped(name)), expected);
    await t.throwsAsync(layer.loadWeights(join(folder, 'inner'), untyped(name)), expected);
    await t.throwsAsync(layer.saveInitialValues(join(folder, 'inner'), untyped(name)), expected);
  }
  t.deepEqual(await readdir(folder), []);
});
