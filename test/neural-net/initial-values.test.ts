import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type DType, FullyConnectedLayer, HyperParameters, NeuralNet, readNpz, Tensor } from 'blasnet';
import { badFile, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { fittingNet, fittingReader, weightsOf } from '../support/nets.js';

const options = { optimizer: 'adam', seed: 4, maxEpoch: 3, batchSize: 7 } as const;

test('after training, the values that the net began with are saved', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([3, 5, 1], options);
  const start = weightsOf(net);
  await net.train(fittingReader(30, 3));
  await net.saveInitialValues(folder);
  const other = fittingNet([3, 5, 1], { ...options, seed: 9 });
  await other.loadWeights(folder);
  t.deepEqual(weightsOf(other), start);
});

test('loadInitialValues starts the experiment anew: the same training gives the same bits', async (t) => {
  const folder = await temporaryFolder(t);
  const schedule = { kind: 'exponential', factor: 0.9, unit: 'iteration' } as const;
  const net = fittingNet([3, 5, 1], { ...options, learningRateSchedule: schedule });
  await net.saveInitialValues(folder);
  const first = await net.train(fittingReader(30, 3));
  const weights = weightsOf(net);
  await net.loadInitialValues(folder);
  const again = await net.train(fittingReader(30, 3));
  t.deepEqual(weightsOf(net), weights);
  t.deepEqual([...again.records], [...first.records]);
  // Another net, with weights of its own, from the same values.
  const other = fittingNet([3, 5, 1], { ...options, learningRateSchedule: schedule, initMethod: 'zero' });
  await other.loadInitialValues(folder);
  await other.train(fittingReader(30, 3));
  t.deepEqual(weightsOf(other), weights);
});

test('values that were loaded are the initial ones from then on', async (t) => {
  const [from, to] = [await temporaryFolder(t), await temporaryFolder(t)];
  const source = fittingNet([3, 1], { ...options, seed: 8 });
  await source.saveInitialValues(from);
  const net = fittingNet([3, 1], options);
  await net.loadInitialValues(from);
  await net.train(fittingReader(30, 3));
  await net.saveInitialValues(to);
  t.deepEqual(await readFile(join(to, 'fc1.npz')), await readFile(join(from, 'fc1.npz')));
});

test('one layer alone', async (t) => {
  const folder = await temporaryFolder(t);
  const layer = new FullyConnectedLayer(2, 2, { initMethod: 'msra', seed: 3 });
  const start = [...layer.weights.W!.data];
  layer.setWeights({ W: Tensor.zeros([2, 2]) });
  await layer.saveInitialValues(folder, 'layer');
  await layer.loadInitialValues(folder, 'layer');
  t.deepEqual([...layer.weights.W!.data], start);
});

/** What is saved as the initial weights of a layer with 2 × 2 of them that a net takes and trains. */
async function savedOf(layer: FullyConnectedLayer, folder: string, dtype: DType = 'float32') {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', seed: 7, dtype }), 'net').addLayer(layer, 'fc');
  net.trainOnBatch(Tensor.from([[1, 2]], undefined, dtype), Tensor.from([[3, 4]], undefined, dtype));
  await net.saveInitialValues(folder);
  const { weights } = await readNpz(join(folder, 'fc.npz'));
  return weights!.data;
}

test('a layer that a net took with weights began with those', async (t) => {
  const folder = await temporaryFolder(t);
  const looked = new FullyConnectedLayer(2, 2, { initMethod: 'msra' });
  const start = looked.weights.W!.data.slice();
  t.deepEqual(await savedOf(looked, folder), start);

  const given = new FullyConnectedLayer(2, 2);
  const W = Tensor.from([
    [1, 2],
    [3, 4],
  ]);
  given.setWeights({ W });
  t.deepEqual(await savedOf(given, folder, 'float64'), Float64Array.of(1, 2, 3, 4));
  t.notDeepEqual([...given.weights.W!.data], [1, 2, 3, 4]);

  const fresh = new FullyConnectedLayer(2, 2);
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', seed: 7 }), 'net');
  const own = net.addLayer(new FullyConnectedLayer(2, 2), 'fc').layers[0]!.weights.W!.data.slice();
  t.deepEqual(await savedOf(fresh, folder), own);
});

test('values that a layer loaded before a net took it stay the initial ones', async (t) => {
  const folder = await temporaryFolder(t);
  const source = new FullyConnectedLayer(2, 2, { initMethod: 'xavier', seed: 5 });
  await source.saveWeights(folder, 'source');
  const layer = new FullyConnectedLayer(2, 2);
  await layer.loadInitialValues(folder, 'source');
  layer.setWeights({ W: Tensor.zeros([2, 2]) });
  t.deepEqual(await savedOf(layer, folder, 'float64'), Float64Array.from(source.weights.W!.data));
});

test('a file that is missing or does not fit changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const net = fittingNet([3, 5, 1], options);
  await net.saveInitialValues(folder);
  await net.train(fittingReader(30, 3));
  const trained = weightsOf(net);
  await fittingNet([5, 2], options).saveInitialValues(join(folder, 'other'));
  await writeFile(join(folder, 'fc2.npz'), await readFile(join(folder, 'other/fc1.npz')));
  await t.throwsAsync(net.loadInitialValues(folder), shapeMismatch(/fc2.npz/));
  await rm(join(folder, 'fc2.npz'));
  await t.throwsAsync(net.loadInitialValues(folder), badFile(/fc2.npz/));
  t.deepEqual(weightsOf(net), trained);
});
