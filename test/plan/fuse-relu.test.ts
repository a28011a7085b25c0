import test, { type ExecutionContext } from 'ava';
import {
  ActivationLayer,
  BatchNormLayer,
  Conv1dLayer,
  ConvLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GlobalAveragePool1dLayer,
  HyperParameters,
  type Layer,
  MaxPoolLayer,
  NeuralNet,
  Tensor,
  TransformerEncoderLayer,
} from 'blasnet';
import { fuseRelu } from '#blasnet/plan/passes/fuse-relu';
import type { RecordedCall } from '#blasnet/plan/recorded-call';
import { randomTensor } from '../support/numerics.js';
import { argumentsOf, recordedCall as call } from '../support/recorded-calls.js';

const tensors = () => Array.from({ length: 8 }, () => Tensor.zeros([2, 4])) as [Tensor, Tensor, Tensor, Tensor];

/** The very tensors are meant: deepEqual takes all of one shape for equal. */
function sameCalls(t: ExecutionContext, calls: readonly RecordedCall[], expected: readonly RecordedCall[]): void {
  t.deepEqual(
    calls.map(({ kernel }) => kernel),
    expected.map(({ kernel }) => kernel),
  );
  for (const [i, one] of expected.entries()) {
    const received = argumentsOf(calls[i]!);
    for (const [j, arg] of argumentsOf(one).entries()) t.true(received[j] === arg, `argument ${j} of ${one.kernel}`);
  }
}

test('a convolution rectifies its sums, which lie where the relu layer has its output', (t) => {
  const [x, w, sum, output] = tensors();
  const [dy, dx] = tensors();
  const backward = call('relu_backward', sum, output, dy, dx, 0);
  const calls = [call('convolution_forward', x, w, w, sum, 1), call('relu_forward', sum, output, 0), backward];
  const fused = fuseRelu(calls);
  const moved = call('relu_backward', output, output, dy, dx, 0);
  sameCalls(t, fused.calls, [call('convolution_forward_relu', x, w, w, output, 1), moved]);
  t.deepEqual(fused.moved.length, 1);
  t.true(fused.moved[0]![0] === sum && fused.moved[0]![1] === output);
});

test('convolutions in bfloat16 are fused alike', (t) => {
  const [x, w, sum, output] = tensors();
  const [dy, dx, inner] = tensors();
  const calls = [
    call('convolution_forward_bfloat16', x, w, w, sum, 1),
    call('relu_forward', sum, output, 0),
    call('convolution_backward_input_bfloat16', w, dy, inner, 1),
    call('relu_backward', output, output, inner, dx, 0),
  ];
  sameCalls(t, fuseRelu(calls).calls, [
    call('convolution_forward_relu_bfloat16', x, w, w, output, 1),
    call('convolution_backward_input_relu_bfloat16', w, dy, output, dx, 1),
  ]);
});

test('sums that something else reads are left alone', (t) => {
  const [x, w, sum, output] = tensors();
  const first = [call('convolution_forward', x, w, w, sum, 1), call('relu_forward', sum, output, 0)];
  const calls = [...first, call('tanh_forward', sum, x, 0)];
  t.deepEqual(fuseRelu(calls), { calls, moved: [] });
});

test('deltas are handed back through the rectifier at once', (t) => {
  const [x, w, dy, inner] = tensors();
  const [output, result] = tensors();
  const relu = call('relu_backward', x, output, inner, result, 0);
  sameCalls(t, fuseRelu([call('convolution_backward_input', w, dy, inner, 1), relu]).calls, [
    call('convolution_backward_input_relu', w, dy, output, result, 1),
  ]);
  sameCalls(t, fuseRelu([call('max_pool_backward', output, dy, inner, 1), relu]).calls, [
    call('max_pool_backward_relu', output, dy, result, 1),
  ]);
  const sequences = (accumulate: number) => [call('conv1d_backward_input', w, dy, inner, 1, accumulate), relu];
  sameCalls(t, fuseRelu(sequences(0)).calls, [call('conv1d_backward_input_relu', w, dy, output, result, 1)]);
  const added = sequences(1);
  t.is(fuseRelu(added).calls, added);
  const elsewhere = [call('max_pool_backward', w, dy, inner, 1), relu];
  t.is(fuseRelu(elsewhere).calls, elsewhere);
  const read = [call('convolution_backward_input', w, dy, inner, 1), relu, call('clip_value', inner, 1)];
  t.is(fuseRelu(read).calls, read);
});

const netsOf: Readonly<Record<string, { readonly row: readonly number[]; readonly layers: readonly (() => Layer)[] }>> =
  {
    images: {
      row: [3, 10, 9],
      layers: [
        () => new ConvLayer({ inputShape: [3, 10, 9], filters: 16, kernelSize: 3, padding: 1 }),
        () => new ActivationLayer('relu'),
        () => new ConvLayer({ inputShape: [16, 10, 9], filters: 16, kernelSize: 3, padding: 1 }),
        () => new ActivationLayer('relu'),
        () => new MaxPoolLayer({ inputShape: [16, 10, 9], poolSize: 2 }),
        () => new ConvLayer({ inputShape: [16, 5, 4], filters: 5, kernelSize: 2 }),
        () => new BatchNormLayer(5),
        () => new ActivationLayer('relu'),
        () => new FlattenLayer(),
        () => new FullyConnectedLayer(60, 1),
      ],
    },
    sequences: {
      row: [12, 3],
      layers: [
        () => new Conv1dLayer({ filters: 20, kernelSize: 3, padding: 'same', activation: 'relu' }),
        () => new Conv1dLayer({ filters: 7, kernelSize: 4, dilation: 2, padding: 'causal', activation: 'relu' }),
        () => new Conv1dLayer({ filters: 9, kernelSize: 3, stride: 2, activation: 'relu' }),
        () => new FlattenLayer(),
        () => new FullyConnectedLayer(1),
      ],
    },
    rows: {
      row: [6],
      layers: [
        () => new FullyConnectedLayer(9, { activation: 'relu' }),
        () => new FullyConnectedLayer(8, { activation: 'tanh' }),
        () => new FullyConnectedLayer(7, { activation: 'gelu' }),
        () => new FullyConnectedLayer(1, { activation: 'sigmoid' }),
      ],
    },
    encoders: {
      row: [5, 8],
      layers: [
        () => new TransformerEncoderLayer({ heads: 2, feedForward: 12 }),
        () => new TransformerEncoderLayer({ heads: 4, feedForward: 12, activation: 'gelu', normFirst: true }),
        () => new GlobalAveragePool1dLayer(),
        () => new FullyConnectedLayer(1),
      ],
    },
  };

for (const [kind, { row, layers }] of Object.entries(netsOf)) {
  test(`a recorded step of ${kind} computes the bits of one that is run call by call`, (t) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const create = () => {
        const params = new HyperParameters({
          netType: 'fitting',
          initMethod: 'msra',
          learningRate: 0.01,
          dtype,
          seed: 3,
        });
        const net = new NeuralNet(params, 'net');
        layers.forEach((layer, i) => {
          net.addLayer(layer(), `${i}`);
        });
        return net;
      };
      const [x, y] = [randomTensor([7, ...row], 1).clone(dtype), randomTensor([7, 1], 2).clone(dtype)];
      const [recorded, called] = [create(), create()];
      for (let step = 0; step < 3; step++) {
        recorded.trainOnBatch(x, y);
        called.preUpdateWeights();
        called.forward(x, true);
        called.backward(y);
        called.updateWeights();
      }
      for (const { weights } of recorded.layers)
        t.true(Object.values(weights).every(({ data }) => data.every(Number.isFinite)));
      recorded.layers.forEach((layer, i) => {
        for (const [key, { data }] of Object.entries(called.layers[i]!.weights)) {
          t.deepEqual(layer.weights[key]!.data, data, `${dtype} ${i}.${key}`);
        }
      });
    }
  });
}
