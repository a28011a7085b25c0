// Messages and warnings that name the scaling which the data lacks.
import test from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  type NetType,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { badArgument, notFinite, shapeMismatch } from '../support/errors.js';
import { classifier, fittingNet, numbers, rowsOfNumbers } from '../support/nets.js';

process.removeAllListeners('warning'); // these tests make some; they are not for the terminal

/** Warnings while the work is done. */
async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const listen = ({ name, message }: Error) => {
    if (name === 'BlasnetWarning') warnings.push(message);
  };
  process.on('warning', listen);
  await work();
  await new Promise((resolve) => setImmediate(resolve)); // warnings come a turn later
  process.off('warning', listen);
  return warnings;
}

const labels = (count: number, classes: number) =>
  Tensor.from(
    Float32Array.from({ length: count }, (_, i) => i % classes),
    [count, 1],
  ); // prettier-ignore

test('class numbers under softmax › normalizeY', async (t) => {
  const reader = DataReader.fromTensors({ xTrain: rowsOfNumbers(9, 2), yTrain: labels(9, 3) });
  const hint =
    /^Expected rows of 3 numbers for the training set's labels but received rows of 1; reader\.normalizeY\('multipleClassifier'\) before train makes .* one-hot rows/;
  await t.throwsAsync(classifier(2, 3).train(reader), shapeMismatch(hint));
  reader.normalizeY('multipleClassifier');
  t.is((await classifier(2, 3, { maxEpoch: 1 }).train(reader)).stopReason, 'maxEpoch');
});

test('class numbers under sigmoid, and rows that are no probabilities › normalizeY', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'binaryClassifier' }), 'net')
    .addLayer(new FullyConnectedLayer(2, 1))
    .addLayer(new ClassificationLayer('sigmoid'));
  const yTrain = Tensor.from([[1], [2], [1]]);
  const reader = DataReader.fromTensors({ xTrain: rowsOfNumbers(3, 2), yTrain });
  await t.throwsAsync(
    net.train(reader),
    badArgument(/received 2; reader\.normalizeY\('binaryClassifier'\) before train makes the labels that it needs$/),
  );
});

test('inputs that are not scaled, and a loss that becomes infinite › normalizeX and normalizeY', async (t) => {
  const xTrain = Tensor.from(
    numbers(200).map((value) => 5e4 * value),
    [100, 2],
  );
  const yTrain = Tensor.from(
    numbers(100).map((value) => 3e5 * value),
    [100, 1],
  );
  const reader = DataReader.fromTensors({ xTrain, yTrain });
  const message =
    /weights of its last checkpoint; x reaches 4\d{4}: call reader\.normalizeX\(\) before train; y reaches \d{6}: call reader\.normalizeY\('fitting'\) before train$/;
  await t.throwsAsync(fittingNet([2, 4, 1]).train(reader), notFinite(message));
  reader.normalizeX();
  reader.normalizeY('fitting');
  await t.throwsAsync(
    fittingNet([2, 4, 1], { learningRate: 1e30 }).train(reader),
    notFinite(/; a lower learning rate may help$/),
  );
});

/** A net whose hidden units all die, or saturate, on inputs that are not scaled. */
function deepNet(netType: NetType, outputs: number): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType, learningRate: 0.5, maxEpoch: 3, seed: 1 }), 'deep');
  net.addLayer(new FullyConnectedLayer(2, 8)).addLayer(new ActivationLayer('sigmoid'));
  net.addLayer(new FullyConnectedLayer(8, outputs, { initMethod: 'zero' }));
  return netType === 'fitting'
    ? net
    : net.addLayer(new ClassificationLayer(netType === 'multipleClassifier' ? 'softmax' : 'sigmoid'));
}

/** Rows around a million, which differ by little, and so saturate every unit alike. */
function farReader(netType: NetType): DataReader {
  const xTrain = Tensor.from(
    numbers(600).map((value) => 1e6 + value),
    [300, 2],
  );
  const yTrain = Tensor.from(
    Float32Array.from({ length: 300 }, (_, i) => Number(xTrain.data[2 * i]! > 1e6)),
    [300, 1],
  );
  const reader = DataReader.fromTensors({ xTrain, yTrain });
  reader.normalizeY(netType);
  return reader;
}

for (const [netType, outputs, figure] of [
  ['fitting', 1, 'R²'],
  ['binaryClassifier', 1, 'accuracy'],
  ['multipleClassifier', 2, 'accuracy'],
] as const) {
  test.serial(`a net that learns nothing from inputs that are not scaled › ${netType}`, async (t) => {
    const reader = farReader(netType);
    const [warning, ...others] = await warningsOf(() => deepNet(netType, outputs).train(reader));
    t.deepEqual(others, []);
    t.regex(
      warning!,
      new RegExp(
        `^Net 'deep' has learnt nothing: its training ${figure} is .*; x reaches 1000000: call reader\\.normalizeX\\(\\)`,
      ),
    );
    reader.normalizeX();
    t.deepEqual(await warningsOf(() => deepNet(netType, outputs).train(reader)), []);
  });
}
