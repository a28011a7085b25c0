import test from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  type DType,
  FullyConnectedLayer,
  HyperParameters,
  NeuralNet,
  type OptimizerName,
  setThreads,
  Tensor,
} from 'blasnet';
import { keepWeightsInPanels } from '#blasnet/plan/passes/weights-in-panels';
import type { RecordedCall } from '#blasnet/plan/recorded-call';
import type { Operand } from '#blasnet/runtime/runner';
import { argumentsOf, recordedCall } from '../support/recorded-calls.js';

const theta = new Float32Array(600 * 64 + 64);
const weights = (): Operand => ({ data: theta.subarray(0, 600 * 64), shape: [600, 64] });
const bias: Operand = { data: theta.subarray(600 * 64), shape: [1, 64] };
const batch = (rows: number, columns: number): Operand => ({
  data: new Float32Array(rows * columns),
  shape: [rows, columns],
});

/** A step on so many rows by a layer of 600 to 64 numbers. */
function step(rows: number): [RecordedCall, RecordedCall] {
  const [x, z] = [batch(rows, 600), batch(rows, 64)];
  return [
    recordedCall('fully_connected_forward', x, weights(), bias, z),
    recordedCall('fully_connected_descend', x, z, weights(), bias, 0.1),
  ];
}

const namesOf = (calls: readonly RecordedCall[]) => calls.map(({ kernel }) => kernel);

test('weights that are only multiplied by and descended on lie in panels, in plans of any rows', (t) => {
  const { plans, begin, end } = keepWeightsInPanels([[], step(128), step(7)], 'float32');
  const names = ['fully_connected_forward_panels', 'fully_connected_descend_panels'];
  t.deepEqual(plans.map(namesOf), [[], names, names]);
  t.deepEqual([namesOf(begin), namesOf(end)], [['weights_to_panels'], ['panels_to_weights']]);
  const [w, panels] = argumentsOf(begin[0]!) as [Operand, Operand];
  t.is(w.data.byteOffset, 0);
  t.deepEqual(panels.shape, [2, 600, 32]);
  const used = plans.flat().map(({ args }) => args.panels);
  t.true(used.every((argument) => argument === panels));
  t.is(end[0]!.args.panels, panels);
});

test('weights that Adam changes lie in panels as well, and their moments in rows', (t) => {
  const [forward, descend] = step(128);
  const [x, z, w, b] = argumentsOf(descend) as [Operand, Operand, Operand, Operand];
  const moments = [0, 1].flatMap(() => [
    { data: new Float32Array(600 * 64), shape: [600, 64] },
    { data: new Float32Array(64), shape: [1, 64] },
  ]);
  const adam = recordedCall('fully_connected_adam', x, z, w, b, ...moments, 0.1, 0.9, 0.999, 1e-8, 0, 7);
  const { plans, begin } = keepWeightsInPanels([[forward, adam]], 'float32');
  const panels = begin[0]!.args.panels;
  t.deepEqual(
    plans[0]!.map(({ kernel }) => kernel),
    ['fully_connected_forward_panels', 'fully_connected_adam_panels'],
  );
  const args = argumentsOf(plans[0]![1]!);
  const before = argumentsOf(adam);
  t.is(args[2], panels);
  t.deepEqual([...args.slice(0, 2), ...args.slice(3)], [...before.slice(0, 2), ...before.slice(3)]);
});

test('weights that something else reads stay in rows, and so do those of small and of large steps', (t) => {
  const others: RecordedCall[] = [
    recordedCall('fully_connected_backward_input', weights(), batch(128, 64), batch(128, 600)),
    recordedCall('sgd_update', { data: theta.subarray(5, 6), shape: [1] }, bias, 0.1),
  ];
  for (const other of others) {
    const plans = [step(128), [other]];
    t.deepEqual(keepWeightsInPanels(plans, 'float32'), { plans, begin: [], end: [] });
  }
  for (const rows of [16, 300]) t.deepEqual(keepWeightsInPanels([step(rows)], 'float32').begin, []);
  t.deepEqual(keepWeightsInPanels([step(300), step(128)], 'float32').begin, [], 'not for the last batch alone');
});

const rows = 200;
const batchSize = 64; // the last batch has 8 rows
const numbers = (count: number, seed: number) => Array.from({ length: count }, (_, i) => Math.sin(i * i + seed));

function dataOf(dtype: DType, spoiled?: number) {
  const x = numbers(rows * 520, 1);
  // Sums of such numbers are beyond those of float32.
  if (spoiled !== undefined) x.fill(3e38, spoiled * 520, (spoiled + 1) * 520);
  const y = Array.from({ length: rows * 3 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0));
  return { xTrain: Tensor.from(x, [rows, 520], dtype), yTrain: Tensor.from(y, [rows, 3], dtype) };
}

function netOf(dtype: DType, maxEpoch: number, optimizer: OptimizerName = 'sgd') {
  const options = { netType: 'multipleClassifier', batchSize, maxEpoch, dtype, seed: 3, optimizer } as const;
  return new NeuralNet(new HyperParameters(options), 'net')
    .addLayer(new FullyConnectedLayer(520, 128), 'first')
    .addLayer(new ActivationLayer('relu'))
    .addLayer(new FullyConnectedLayer(128, 3), 'last')
    .addLayer(new ClassificationLayer('softmax'));
}

/** Steps that each keep their gradients, so that nothing is fused. */
function stepped(dtype: DType, data: ReturnType<typeof dataOf>, steps: number, optimizer: OptimizerName = 'sgd') {
  const net = netOf(dtype, 1, optimizer);
  const perEpoch = Math.ceil(rows / batchSize);
  for (let i = 0; i < steps; i++) {
    const first = (i % perEpoch) * batchSize;
    const end = Math.min(rows, first + batchSize);
    net.trainOnBatch(data.xTrain.slice(first, end), data.yTrain.slice(first, end));
  }
  return net;
}

const bitsOf = (net: NeuralNet) =>
  ['first', 'last'].flatMap((name) => Object.values(net.getLayer(name).weights).map((tensor) => tensor.data.slice()));

for (const [dtype, optimizer] of [
  ['float32', 'sgd'],
  ['float64', 'sgd'],
  ['float32', 'adam'],
  ['float64', 'adamW'],
] as const) {
  const title = `train computes the bits of trainOnBatch with weights in panels, on one thread and on two`;
  test(`${title}, ${dtype}, ${optimizer}`, async (t) => {
    const data = dataOf(dtype);
    const expected = bitsOf(stepped(dtype, data, 8, optimizer));
    for (const threads of [1, 2]) {
      setThreads(threads);
      for (const checkpoint of [0.25, 0.5, 2]) {
        const net = netOf(dtype, 2, optimizer);
        await net.train(DataReader.fromTensors(data), { shuffle: false, checkpoint });
        t.deepEqual(bitsOf(net), expected, `${threads} threads, checkpoint ${checkpoint}`);
      }
    }
  });
}

test('an aborted train leaves the weights of its last finished step', async (t) => {
  const data = dataOf('float32');
  const net = netOf('float32', 1e6);
  const controller = new AbortController();
  let seen = 0;
  const onProgress = ({ iteration }: { iteration: number }) => {
    seen = iteration;
    controller.abort();
  };
  const options = { shuffle: false, checkpoint: 1e6, signal: controller.signal, onProgress };
  await t.throwsAsync(net.train(DataReader.fromTensors(data), options), { any: true });
  t.true(seen > 0);
  const left = bitsOf(net);
  // Some more steps may have ended before the signal came: one of them left these weights.
  const one = stepped('float32', data, seen - 1);
  const perEpoch = Math.ceil(rows / batchSize);
  const isLeft = () => bitsOf(one).every((tensor, i) => tensor.every((value, j) => value === left[i]![j]));
  let found = false;
  for (let i = seen - 1; !found && i < seen + 20_000; i++) {
    found = isLeft();
    const first = (i % perEpoch) * batchSize;
    const end = Math.min(rows, first + batchSize);
    if (!found) one.trainOnBatch(data.xTrain.slice(first, end), data.yTrain.slice(first, end));
  }
  t.true(found);
});

test('a step that loses numbers leaves the weights of the newest checkpoint', async (t) => {
  const data = dataOf('float32', 100); // a row of the second batch
  const net = netOf('float32', 1);
  const training = net.train(DataReader.fromTensors(data), { shuffle: false, checkpoint: 0.25 });
  await t.throwsAsync(training, { code: 'ERR_NOT_FINITE' });
  t.deepEqual(bitsOf(net), bitsOf(stepped('float32', data, 1)));
});
