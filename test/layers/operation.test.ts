import { join } from 'node:path';
import test from 'ava';
import { createLayer, HyperParameters, NeuralNet, OperationLayer, Tensor } from 'blasnet';
import { badArgument, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { gradientCheck, randomTensor } from '../support/numerics.js';

/** x · C, then the part of each row from its second number on, twice. */
const steps = [
  { operation: 'multiply', arguments: [{ input: 0 }, { parameter: 'C' }] },
  { operation: 'slice', arguments: [{ result: 0 }, null, { from: 1 }] },
  { operation: 'concatenate', arguments: [[{ result: 1 }, { result: 1 }], -1] },
  { operation: 'reshape', arguments: [{ result: 2 }, ['rows', 2, 2]] },
] as const;
const make = () => new OperationLayer({ steps, parameters: { C: { shape: [3] } } });

test('operations that are data compute, and have a gradient', (t) => {
  const layer = make();
  t.deepEqual(layer.outputShape([3]), [2, 2]);
  layer.setWeights({ C: Tensor.from([1, 2, 3], [3]) });
  const y = layer.forward(
    Tensor.from([
      [1, 1, 1],
      [0, 4, 5],
    ]),
  );
  t.deepEqual(y.shape, [2, 2, 2]);
  t.deepEqual(Array.from(y.data), [2, 3, 2, 3, 8, 15, 8, 15]);
  const fixed = new OperationLayer({
    steps: steps.map((step, i) => (i === 0 ? { operation: 'square', arguments: [{ input: 0 }] } : step)),
  });
  t.deepEqual(gradientCheck(fixed, randomTensor([4, 3], 1)), []);
  t.deepEqual(createLayer(layer.config).config, layer.config);
});

test('several inputs, and numbers that JSON does not have', (t) => {
  const layer = new OperationLayer({
    inputs: 2,
    steps: [{ operation: 'where', arguments: [{ input: 0 }, { input: 1 }, { number: '-Infinity' }] }],
  });
  const y = layer.forward([Tensor.from([[1, 0]]), Tensor.from([[5, 6]])]);
  t.deepEqual(y.toArray(), [[5, Number.NEGATIVE_INFINITY]]);
});

test('a net with the layer is saved, loaded and trained; fixed parameters stay', async (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', learningRate: 0.1 }), 'net');
  net.addLayer(
    new OperationLayer({
      steps: [
        { operation: 'multiply', arguments: [{ input: 0 }, { parameter: 'scale' }] },
        { operation: 'add', arguments: [{ result: 0 }, { parameter: 'shift' }] },
      ],
      parameters: { scale: { shape: [2] }, shift: { shape: [2], trainable: false } },
    }),
  );
  const x = Tensor.from([[1, 2]]);
  net.inference(x);
  net.layers[0]!.setWeights({ scale: Tensor.from([1, 1], [2]), shift: Tensor.from([3, 3], [2]) });
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  t.deepEqual(loaded.inference(x).toArray(), [[4, 5]]);
  loaded.trainOnBatch(x, Tensor.from([[0, 0]]));
  const { scale, shift } = loaded.layers[0]!.weights;
  t.not(scale!.data[0], 1);
  t.deepEqual(Array.from(shift!.data), [3, 3]);
});

const one = (operation: string, ...args: unknown[]) => ({ steps: [{ operation, arguments: args }] });
const bad: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  'no steps': [{ steps: [] }, /^Expected a list of one step or more for steps/],
  'an unknown operation': [one('adds', { input: 0 }), /^Expected 'abs', .* for the operation of steps\[0\]/],
  'an operation like a method of Object': [one('constructor'), /for the operation of steps\[0\] but/],
  'an input that there is not': [one('abs', { input: 1 }), /^Expected inputs below 1 for the arguments of steps\[0\]/],
  'a result that comes later': [one('abs', { result: 0 }), /^Expected results of earlier steps/],
  'a parameter that there is not': [one('abs', { parameter: 'toString' }), /^Expected parameters of the layer/],
  'a number that is none': [one('abs', { number: 'zero' }), /^Expected 'Infinity', '-Infinity' or 'NaN'/],
  'lists in lists': [one('abs', [[[[[[1]]]]]]), /^Expected lists at most 4 deep/],
  'a parameter of no numbers': [
    { ...one('abs', { input: 0 }), parameters: { C: { shape: [0] } } },
    /^Expected lengths above 0 for the shape of parameter C/,
  ],
};
for (const [name, [options, message]] of Object.entries(bad)) {
  test(`refused: ${name}`, (t) => {
    t.throws(() => new OperationLayer(untyped(options)), badArgument(message));
  });
}

for (const args of [[null], [{ input: 0 }, 'x', 7], [[null], 1], [{ input: 0 }, { to: {} }]]) {
  test(`arguments of other types are refused when rows are known: ${JSON.stringify(args)}`, (t) => {
    for (const operation of ['add', 'concatenate', 'reshape', 'batchNorm', 'maxPool', 'clip']) {
      const layer = new OperationLayer(untyped(one(operation, ...args)));
      const error = t.throws(() => layer.outputShape([3]), undefined, operation);
      t.is(error?.name, 'BlasnetError', `${operation}: ${error?.stack}`);
    }
  });
}
