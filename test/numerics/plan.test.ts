// A recorded plan computes what the layers compute one by one: the same bits, whichever road is taken.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  type Activation,
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  type DType,
  FullyConnectedLayer,
  HyperParameters,
  MnistImageDataReader,
  type NetType,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { differences, oneHot, sumOf, uniforms } from '../support/numerics.js';

interface Case {
  readonly netType: NetType;
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly rows: number;
  readonly batchSize: number;
  readonly epochs: number;
}

const [fitting, two, several] = ['fitting', 'binaryClassifier', 'multipleClassifier'] as const;
const mnist = [784, 128, 64, 32, 16, 10];
// All but one end each epoch with a shorter batch, down to a single row. MNIST and wide take the BLAS, whole and tiled.
const cases = {
  curve: { netType: fitting, sizes: [1, 4, 1], activation: 'sigmoid', rows: 47, batchSize: 10, epochs: 4 },
  'one layer': { netType: fitting, sizes: [3, 1], activation: 'tanh', rows: 9, batchSize: 4, epochs: 3 },
  house: { netType: fitting, sizes: [14, 32, 16, 8, 4, 1], activation: 'relu', rows: 97, batchSize: 16, epochs: 3 },
  binary: { netType: two, sizes: [7, 19, 5, 1], activation: 'silu', rows: 60, batchSize: 11, epochs: 3 },
  'all rows at once': { netType: several, sizes: [5, 9, 3], activation: 'gelu', rows: 40, batchSize: -1, epochs: 5 },
  MNIST: { netType: several, sizes: mnist, activation: 'relu', rows: 200, batchSize: 64, epochs: 2 },
  wide: { netType: several, sizes: [300, 512, 512, 10], activation: 'tanh', rows: 300, batchSize: 256, epochs: 2 },
} as const satisfies Record<string, Case>;

const kinds: Partial<Record<NetType, 'softmax' | 'sigmoid'>> = {
  binaryClassifier: 'sigmoid',
  multipleClassifier: 'softmax',
};

function makeNet({ netType, sizes, activation, batchSize, epochs }: Case, dtype: DType): NeuralNet {
  const params = {
    netType,
    batchSize,
    maxEpoch: epochs,
    dtype,
    learningRate: 0.1,
    seed: 7,
    initMethod: 'msra',
  } as const;
  const net = new NeuralNet(new HyperParameters(params), 'net');
  for (let i = 1; i < sizes.length; i++) {
    net.addLayer(new FullyConnectedLayer(sizes[i - 1]!, sizes[i]!));
    if (i < sizes.length - 1) net.addLayer(new ActivationLayer(activation));
  }
  const kind = kinds[netType];
  if (kind) net.addLayer(new ClassificationLayer(kind));
  return net;
}

function classNumbers(rows: number, classes: number): number[] {
  return Array.from(uniforms(rows, 2, 0, classes), Math.floor);
}

function makeReader({ netType, sizes, rows }: Case, dtype: DType): DataReader {
  const [inputs, outputs] = [sizes[0]!, sizes.at(-1)!];
  const y: Record<NetType, () => Tensor> = {
    fitting: () => Tensor.from(uniforms(rows * outputs, 2), [rows, outputs]),
    binaryClassifier: () => Tensor.from(Float64Array.from(classNumbers(rows, 2)), [rows, outputs]),
    multipleClassifier: () => oneHot(classNumbers(rows, outputs), outputs),
  };
  const xTrain = Tensor.from(uniforms(rows * inputs, 1), [rows, inputs]);
  return DataReader.fromTensors({ xTrain: xTrain.clone(dtype), yTrain: y[netType]().clone(dtype) });
}

/** Visits the batches of all epochs in the order of an unshuffled `train`. */
function eachBatch(net: NeuralNet, reader: DataReader, visit: (x: Tensor, y: Tensor) => void): void {
  const { maxEpoch, batchSize } = net.params;
  const size = batchSize === -1 ? reader.numTrain : batchSize;
  for (let epoch = 0; epoch < maxEpoch; epoch++) {
    for (let i = 0; i * size < reader.numTrain; i++) {
      const { x, y } = reader.getBatchSamples(size, i);
      visit(x, y);
    }
  }
}

function trainByHand(net: NeuralNet, reader: DataReader): void {
  eachBatch(net, reader, (x, y) => {
    net.preUpdateWeights();
    net.forward(x);
    net.backward(y);
    net.updateWeights();
  });
}

/** The bits of all weights, in order. */
function bitsOf(net: NeuralNet): Buffer {
  const arrays = net.layers.flatMap((layer) => Object.values(layer.weights).map(({ data }) => data));
  return Buffer.concat(arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}

for (const [name, one] of Object.entries<Case>(cases)) {
  for (const dtype of ['float32', 'float64'] as const) {
    test(`${name}, ${dtype}: train, trainOnBatch and a loop by hand give the same bits`, async (t) => {
      const reader = makeReader(one, dtype);
      const nets = { planned: makeNet(one, dtype), byHand: makeNet(one, dtype), onBatches: makeNet(one, dtype) };
      const start = bitsOf(nets.planned);
      t.true(start.equals(bitsOf(nets.byHand)));

      const history = await nets.planned.train(reader, { shuffle: false });
      trainByHand(nets.byHand, reader);
      const losses = { sum: 0, rows: 0 };
      eachBatch(nets.onBatches, reader, (x, y) => {
        losses.sum += x.rows * nets.onBatches.trainOnBatch(x, y).loss;
        losses.rows += x.rows;
      });

      const trained = bitsOf(nets.planned);
      t.false(trained.equals(start));
      t.true(trained.equals(bitsOf(nets.byHand)), 'the loop by hand');
      t.true(trained.equals(bitsOf(nets.onBatches)), 'trainOnBatch');
      const recorded = history.records.map(({ lossTrain }) => lossTrain / one.epochs);
      t.is(losses.rows, one.rows * one.epochs);
      t.deepEqual(differences([sumOf(recorded)], [losses.sum / losses.rows], { rtol: 1e-12 }), []);

      const x = reader.xTrain;
      const outputs = nets.planned.inference(x);
      t.deepEqual(outputs.data, (await nets.planned.inferenceAsync(x)).data);
      if (x.rows <= 256) t.deepEqual(outputs.data, nets.byHand.forward(x, false).data, 'inference');
    });
  }
}

test('MNIST images that stay bytes train to the same bits as their tensors', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-plan-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const one: Case = { ...cases.MNIST, rows: 150 };
  const header = (...words: number[]) =>
    Buffer.concat(words.map((word) => Buffer.from(Uint32Array.of(word).buffer).swap32()));
  const pixels = Uint8Array.from(uniforms(one.rows * 784, 5, 0, 256));
  const trainImages = join(folder, 'images');
  const trainLabels = join(folder, 'labels');
  await writeFile(trainImages, Buffer.concat([header(0x803, one.rows, 28, 28), pixels]));
  await writeFile(trainLabels, Buffer.concat([header(0x801, one.rows), Uint8Array.from(classNumbers(one.rows, 10))]));
  const reader = new MnistImageDataReader({ trainImages, trainLabels });
  await reader.readData();
  reader.normalizeX();
  reader.normalizeY('multipleClassifier');

  const [planned, byHand] = [makeNet(one, 'float32'), makeNet(one, 'float32')];
  await planned.train(reader, { shuffle: false });
  trainByHand(byHand, reader);
  t.true(bitsOf(planned).equals(bitsOf(byHand)));
  const fromTensors = makeNet(one, 'float32');
  await fromTensors.train(DataReader.fromTensors({ xTrain: reader.xTrain, yTrain: reader.yTrain }), { shuffle: false });
  t.true(bitsOf(planned).equals(bitsOf(fromTensors)));
  const exact = Float32Array.from(pixels, (pixel) => pixel / 255);
  t.deepEqual(reader.xTrain.data, exact);
});

test('shuffled training visits every row once an epoch, in an order of the seed', async (t) => {
  const one = cases.curve;
  const reader = makeReader(one, 'float64');
  const train = async (shuffle: boolean) => {
    const net = makeNet(one, 'float64');
    const { records } = await net.train(reader, { shuffle });
    return { bits: bitsOf(net), records };
  };
  const [first, second, plain] = [await train(true), await train(true), await train(false)];
  t.true(first.bits.equals(second.bits));
  t.deepEqual(first.records, second.records);
  t.false(first.bits.equals(plain.bits));
  // With all rows in one batch the order changes only the rounding.
  const whole = async (shuffle: boolean) => {
    const net = makeNet({ ...one, batchSize: -1 }, 'float64');
    return (await net.train(reader, { shuffle })).records.map(({ lossTrain }) => lossTrain);
  };
  const [shuffled, inOrder] = [await whole(true), await whole(false)];
  shuffled.forEach((loss, i) => {
    t.true(Math.abs(loss - inOrder[i]!) <= 1e-12 * loss);
  });
});
