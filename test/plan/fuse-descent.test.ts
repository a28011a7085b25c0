import test from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  DataReader,
  EmbeddingLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  getThreads,
  HyperParameters,
  NeuralNet,
  setThreads,
  Tensor,
} from 'blasnet';
import { fuseDescent } from '#blasnet/plan/passes/fuse-descent';
import type { RecordedCall } from '#blasnet/plan/recorded-call';
import { argumentsOf, recordedCall } from '../support/recorded-calls.js';

const theta = new Float32Array(96);
const gradient = new Float32Array(96);
const operand = (data: Float32Array, from: number, to: number) => ({
  data: data.subarray(from, to),
  shape: [to - from],
});
const [x, dz] = [operand(new Float32Array(4), 0, 4), operand(new Float32Array(4), 0, 4)];

const forward: RecordedCall = recordedCall('fully_connected_backward_input', operand(theta, 0, 10), dz, x);
/** A layer whose weights are numbers 0 to 9 and whose bias is number 16; tensors start at multiples of 16. */
const backward: RecordedCall = recordedCall(
  'fully_connected_backward_weights',
  x,
  dz,
  operand(gradient, 0, 10),
  operand(gradient, 16, 17),
);
const update: RecordedCall = recordedCall('sgd_update', operand(theta, 0, 96), operand(gradient, 0, 96), 0.1);

const extents = (calls: readonly RecordedCall[]) =>
  calls.map((call) => [
    call.kernel,
    ...argumentsOf(call).map((argument) =>
      typeof argument === 'object' && 'data' in argument && argument.data.buffer === theta.buffer
        ? [argument.data.byteOffset / 4, argument.data.length]
        : '',
    ),
  ]);

test('a layer descends where the update stood, and the rest of the parameters by sgd_update', (t) => {
  t.deepEqual(extents(fuseDescent([backward, forward, update])), [
    ['fully_connected_backward_input', [0, 10], '', ''],
    ['fully_connected_descend', '', '', [0, 10], [16, 1], ''],
    ['sgd_update', [32, 64], '', ''],
  ]);
});

test('a layer in bfloat16 descends in bfloat16', (t) => {
  const rounded = { ...backward, kernel: `${backward.kernel}_bfloat16` };
  t.deepEqual(extents(fuseDescent([rounded, update])), [
    ['fully_connected_descend_bfloat16', '', '', [0, 10], [16, 1], ''],
    ['sgd_update', [32, 64], '', ''],
  ]);
});

test('nothing is left to sgd_update where all layers descend', (t) => {
  const small: RecordedCall = recordedCall('sgd_update', operand(theta, 0, 32), operand(gradient, 0, 32), 0.1);
  t.deepEqual(
    fuseDescent([backward, small]).map(({ kernel }) => kernel),
    ['fully_connected_descend'],
  );
});

/** An embedding whose rows are numbers 0 to 29 of the parameters, of 10 each. */
const lookUp = (accumulate: 0 | 1): RecordedCall => ({
  kernel: 'embedding_backward',
  args: {
    numbers: { data: new Int32Array(2), shape: [2] },
    dy: { data: new Float32Array(20), shape: [2, 10] },
    dw: { data: gradient.subarray(0, 30), shape: [3, 10] },
    accumulate,
  },
});

test('the rows of an embedding that occur descend where the update stood', (t) => {
  const [descend, rest] = fuseDescent([lookUp(0), update]);
  const { numbers, dy } = lookUp(0).args;
  const [w, sums] = [theta, gradient].map((data) => ({ data: data.subarray(0, 30), shape: [3, 10] }));
  t.deepEqual(descend, { kernel: 'embedding_descend', args: { numbers, dy, w, sums, learningRate: 0.1 } });
  t.deepEqual(extents([rest!]), [['sgd_update', [32, 64], '', '']]);
});

test('the rows of an embedding that occur take their step of AdaGrad where the update stood', (t) => {
  const squares = new Float32Array(96);
  const constants = { learningRate: 0.1, epsilon: 1e-6 };
  const arrays = Object.entries({ theta, gradient, squares });
  const parts = (from: number, to: number) => arrays.map(([name, data]) => [name, operand(data, from, to)]);
  const adaGrad = (from: number, to: number): RecordedCall => ({
    kernel: 'ada_grad_update',
    args: { ...Object.fromEntries(parts(from, to)), ...constants },
  });
  const { numbers, dy } = lookUp(0).args;
  const [w, sums, table] = [theta, gradient, squares].map((data) => ({ data: data.subarray(0, 30), shape: [3, 10] }));
  t.deepEqual(fuseDescent([lookUp(0), adaGrad(0, 96)]), [
    { kernel: 'embedding_ada_grad', args: { numbers, dy, w, sums, squares: table, ...constants } },
    adaGrad(32, 96),
  ] as unknown as RecordedCall[]);
});

test('lazy tables take their step of Adam where its update stood, and other parameters theirs', (t) => {
  const [mean, squares] = [new Float32Array(96), new Float32Array(96)];
  const arrays = { theta, gradient, mean, squares };
  const constants = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  const step = { kind: 'scalar' } as never;
  const updateOf = (kernel: string, from: number, to: number, shape = [to - from]): RecordedCall => {
    const parts = Object.entries(arrays).map(([name, data]) => [name, { data: data.subarray(from, to), shape }]);
    return { kernel, args: { ...Object.fromEntries(parts), ...constants, step } };
  };
  const [lazy, rest] = [updateOf('lazy_adam_update', 0, 30, [3, 10]), updateOf('adam_update', 32, 96)];
  const bag: RecordedCall = {
    kernel: 'embedding_bag_backward',
    args: { weights: { data: new Float32Array(2), shape: [1, 2] }, ...lookUp(0).args },
  };
  for (const call of [lookUp(0), bag]) {
    const { dw: _, accumulate: __, ...read } = call.args;
    const tables = { w: theta, sums: gradient, mean, squares };
    const parts = Object.entries(tables).map(([name, data]) => [name, { data: data.subarray(0, 30), shape: [3, 10] }]);
    const fused = {
      kernel: call.kernel.replace('backward', 'adam'),
      args: { ...read, ...Object.fromEntries(parts), ...constants, step },
    };
    for (const updates of [
      [lazy, rest],
      [rest, lazy],
    ]) {
      t.deepEqual(
        fuseDescent([call, ...updates]),
        updates.map((one) => (one === lazy ? fused : one)),
      );
    }
  }
});

test('each of several updates is fused with the layers whose parameters it has', (t) => {
  const first: RecordedCall = recordedCall('sgd_update', operand(theta, 0, 32), operand(gradient, 0, 32), 0.1);
  const second: RecordedCall = recordedCall('sgd_update', operand(theta, 32, 96), operand(gradient, 32, 96), 0.2);
  const other = recordedCall(
    'fully_connected_backward_weights',
    ...[x, dz, operand(gradient, 32, 42), operand(gradient, 48, 49)],
  );
  t.deepEqual(extents(fuseDescent([other, backward, first, second])), [
    ['fully_connected_descend', '', '', [0, 10], [16, 1], ''],
    ['fully_connected_descend', '', '', [32, 10], [48, 1], ''],
    ['sgd_update', [64, 32], '', ''],
  ]);
});

test('embeddings whose gradients are sums of several uses, and those under Adam, are updated as a whole', (t) => {
  for (const calls of [
    [lookUp(0), lookUp(1), update],
    [lookUp(1), update],
    [
      lookUp(0),
      {
        ...adamStep(2 ** 15, 4).calls[1]!,
        args: { ...adamStep(2 ** 15, 4).calls[1]!.args, gradient: update.args.gradient! },
      },
    ],
  ]) {
    t.is(fuseDescent(calls), calls);
  }
});

/** An update by Adam of as many numbers, and a layer whose weights are those before the last 32, of so many rows. */
function adamStep(weights: number, rows: number): { calls: RecordedCall[]; arrays: Float32Array[] } {
  const arrays = Array.from({ length: 4 }, () => new Float32Array(weights + 32));
  const [params, gradients, mean, squares] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
  const whole = (data: Float32Array) => operand(data, 0, data.length);
  const rowsOf = { data: new Float32Array(rows), shape: [rows, 1] };
  const calls: RecordedCall[] = [
    recordedCall(
      'fully_connected_backward_weights',
      rowsOf,
      rowsOf,
      operand(gradients, 0, weights),
      operand(gradients, weights, weights + 1),
    ),
    recordedCall(
      'adam_update',
      whole(params),
      whole(gradients),
      whole(mean),
      whole(squares),
      0.1,
      0.9,
      0.999,
      1e-8,
      0,
      7,
    ),
  ];
  return { calls, arrays };
}

test('a layer of many weights takes its step of Adam where the update stood, with its part of each moment', (t) => {
  const weights = 2 ** 15;
  const { calls, arrays } = adamStep(weights, 4);
  const [params, , mean, squares] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
  const parts = (data: Float32Array) => [operand(data, 0, weights), operand(data, weights, weights + 1)];
  const rest = (data: Float32Array) => operand(data, weights + 16, weights + 32);
  const constants = [0.1, 0.9, 0.999, 1e-8, 0, 7];
  const [x, dz] = argumentsOf(calls[0]!);
  t.deepEqual(fuseDescent(calls), [
    recordedCall('fully_connected_adam', x!, dz!, ...[params, mean, squares].flatMap(parts), ...constants),
    recordedCall('adam_update', ...arrays.map(rest), ...constants),
  ]);
});

test('layers of few weights, and of large products, leave Adam to its own kernel', (t) => {
  for (const [weights, rows] of [
    [2 ** 15 - 1, 4],
    [2 ** 15, 257],
  ] as const) {
    const { calls } = adamStep(weights, rows);
    t.is(fuseDescent(calls), calls);
  }
});

test('gradients that something else reads stay, and so do those of other optimizers', (t) => {
  const clip: RecordedCall = recordedCall('clip_norm', operand(gradient, 0, 96), 1);
  const clipped = [backward, clip, update];
  t.is(fuseDescent(clipped), clipped);
  const other = [backward, { ...update, kernel: 'momentum_update' }];
  t.is(fuseDescent(other), other);
});

test('train computes the bits of trainOnBatch, which keeps its gradients', async (t) => {
  for (const dtype of ['float32', 'float64'] as const) {
    const rows = 40;
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i * i));
    const xTrain = Tensor.from(numbers(rows * 3), [rows, 3], dtype);
    const yTrain = Tensor.from(numbers(rows), [rows, 1], dtype);
    const create = () =>
      new NeuralNet(new HyperParameters({ netType: 'fitting', batchSize: 16, maxEpoch: 2, dtype, seed: 3 }), 'net')
        .addLayer(new FullyConnectedLayer(3, 7), 'first')
        .addLayer(new BatchNormLayer(7), 'norm')
        .addLayer(new ActivationLayer('tanh'))
        .addLayer(new FullyConnectedLayer(7, 1), 'last');
    const [trained, stepped] = [create(), create()];
    await trained.train(DataReader.fromTensors({ xTrain, yTrain }), { shuffle: false });
    for (let epoch = 0; epoch < 2; epoch++) {
      for (let first = 0; first < rows; first += 16) {
        const end = Math.min(rows, first + 16);
        stepped.trainOnBatch(xTrain.slice(first, end), yTrain.slice(first, end));
      }
    }
    for (const name of ['first', 'norm', 'last']) {
      const [a, b] = [trained.getLayer(name).weights, stepped.getLayer(name).weights];
      for (const key of Object.keys(a)) t.deepEqual(a[key]!.data, b[key]!.data, `${name}.${key}`);
    }
    t.true(stepped.getLayer('first').gradients.W!.data.some((value) => value !== 0));
  }
});

test('train computes the bits of trainOnBatch with an embedding, on one thread and on two', async (t) => {
  for (const threads of [1, 2]) {
    const before = getThreads();
    setThreads(threads);
    t.teardown(() => setThreads(before));
    const [rows, steps, count] = [48, 40, 500];
    const xTrain = Tensor.from(
      Int32Array.from({ length: rows * steps }, (_, i) => (i * i * 31 + 7 * i) % count),
      [rows, steps],
    );
    const yTrain = Tensor.from(
      Float32Array.from({ length: rows }, (_, i) => Math.sin(i * i)),
      [rows, 1],
    );
    const create = () =>
      new NeuralNet(new HyperParameters({ netType: 'fitting', batchSize: 16, maxEpoch: 2, seed: 3 }), 'net')
        .addLayer(new EmbeddingLayer(count, 48), 'words')
        .addLayer(new GlobalAveragePool1dLayer())
        .addLayer(new FullyConnectedLayer(1), 'last');
    const [trained, stepped] = [create(), create()];
    await trained.train(DataReader.fromTensors({ xTrain, yTrain }), { shuffle: false });
    for (let epoch = 0; epoch < 2; epoch++) {
      for (let first = 0; first < rows; first += 16) {
        stepped.trainOnBatch(xTrain.slice(first, first + 16), yTrain.slice(first, first + 16));
      }
    }
    for (const name of ['words', 'last']) {
      const [a, b] = [trained.getLayer(name).weights, stepped.getLayer(name).weights];
      t.deepEqual(a.W!.data, b.W!.data, `${name}, ${threads} threads`);
    }
  }
});
