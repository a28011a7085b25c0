// Sequences one step at a time: the same bits as for the whole sequence.
import test from 'ava';
import {
  ActivationLayer,
  AddLayer,
  BidirectionalLayer,
  ClassificationLayer,
  Conv1dLayer,
  DataReader,
  type DType,
  EmbeddingLayer,
  FlattenLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  input,
  type Layer,
  LayerNormLayer,
  LstmLayer,
  NeuralNet,
  ResidualLayer,
  SequentialLayer,
  SimpleRnnLayer,
  Tensor,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { randomTensor } from '../support/numerics.js';

const params = (dtype: DType = 'float32') => new HyperParameters({ netType: 'fitting', dtype });

function chain(layers: readonly Layer[], dtype?: DType): NeuralNet {
  const net = new NeuralNet(params(dtype), 'net');
  for (const layer of layers) net.addLayer(layer);
  return net;
}

const nets = {
  'two layers of an LSTM': (dtype: DType) =>
    chain([new LstmLayer(5, { returnSequences: true }), new LstmLayer(3), new FullyConnectedLayer(2)], dtype),
  'a GRU whose answers are those of each step': (dtype: DType) =>
    chain([new GruLayer(7, { returnSequences: true }), new LayerNormLayer(), new FullyConnectedLayer(3)], dtype),
  'causal windows and a plain recurrent layer': (dtype: DType) =>
    chain(
      [
        new Conv1dLayer({ filters: 4, kernelSize: 3, padding: 'causal', dilation: 2, activation: 'relu' }),
        new SimpleRnnLayer(3, { returnSequences: true }),
        new ActivationLayer('tanh'),
      ],
      dtype,
    ),
  'blocks, and one layer that is applied twice': (dtype: DType) => {
    const x = input([9, 3]);
    const shared = new GruLayer(3, { returnSequences: true });
    const block = new ResidualLayer([new SequentialLayer([new LstmLayer(3, { returnSequences: true })])]);
    const sum = new AddLayer().apply([shared.apply(shared.apply(x)), block.apply(x)]);
    return NeuralNet.fromGraph({ inputs: [x], outputs: [sum] }, params(dtype), 'net');
  },
};

/** The numbers of one step, [rows, features]. */
function stepOf(x: Tensor, t: number): Tensor {
  const [rows, steps, features] = x.shape as [number, number, number];
  const numbers = Array.from({ length: rows * features }, (_, i) => {
    const row = Math.floor(i / features);
    return x.data[(row * steps + t) * features + (i % features)]!;
  });
  return Tensor.from(Float64Array.from(numbers), [rows, features]).clone(x.dtype);
}

for (const [name, make] of Object.entries(nets)) {
  test(`${name}: steps give the bits of the whole sequence`, (t) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const net = make(dtype);
      const x = randomTensor([2, 9, 3], 5).clone(dtype);
      const whole = net.inference(x);
      const isSequence = whole.shape.length === 3;
      const stream = net.stream({ rows: 2 });
      for (let round = 0; round < 2; round++) {
        for (let step = 0; step < 9; step++) {
          const y = stream.step(stepOf(x, step));
          if (isSequence) t.deepEqual(y.data, stepOf(whole, step).data, `${dtype} ${step}`);
          else if (step === 8) t.deepEqual(y.data, whole.data);
        }
        stream.reset();
      }
    }
  });
}

test('tokens go in as whole numbers, probabilities come out', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier' }), 'text');
  const layers = [
    new EmbeddingLayer(10, 4),
    new GruLayer(5, { returnSequences: true }),
    new FullyConnectedLayer(10),
    new ClassificationLayer('softmax'),
  ];
  for (const layer of layers) net.addLayer(layer);
  const tokens = [3, 1, 4, 1, 5];
  const whole = net.inference(Tensor.from(Int32Array.from(tokens), [1, 5]));
  const stream = net.stream();
  for (const [i, token] of tokens.entries()) {
    t.deepEqual(stream.step(token).data, whole.data.slice(10 * i, 10 * (i + 1)));
  }
  t.throws(() => stream.step(10), badArgument(/from 0 to 9.*10/));
  t.throws(() => stream.step(0.5), badArgument(/whole number/));
});

test('several inputs and outputs by name; an input that is no sequence stays', (t) => {
  const series = input([6, 2], { name: 'series' });
  const shop = input([3], { name: 'shop' });
  const state = new LstmLayer(4).apply(series);
  const outputs = [new FullyConnectedLayer(1).apply(state, 'sales'), new FullyConnectedLayer(2).apply(shop, 'shelf')];
  const net = NeuralNet.fromGraph({ inputs: [series, shop], outputs }, params('float64'), 'net');
  const x = { series: randomTensor([1, 6, 2], 1), shop: randomTensor([1, 3], 2) };
  const whole = net.inference<Record<string, Tensor>>(x);
  const stream = net.stream();
  let last: Readonly<Record<string, Tensor>> = {};
  for (let step = 0; step < 6; step++) {
    last = stream.step<Record<string, Tensor>>({ series: [...stepOf(x.series, step).data], shop: x.shop });
  }
  t.deepEqual(last, whole);
});

test('a state is read, and gone on from', (t) => {
  const net = nets['two layers of an LSTM']('float64');
  const x = randomTensor([1, 9, 3], 8);
  const whole = net.inference(x);
  const first = net.stream();
  for (let step = 0; step < 4; step++) first.step(stepOf(x, step));
  const { state } = first;
  t.deepEqual(
    state.map(({ shape }) => shape.join()),
    ['1,5', '1,5', '1,3', '1,3'],
  );
  first.step(stepOf(x, 0));
  first.state = state;
  let y = Tensor.zeros([1]);
  for (let step = 4; step < 9; step++) y = first.step(stepOf(x, step));
  t.deepEqual(y.data, whole.data);
  t.throws(
    () => {
      first.state = [];
    },
    badArgument(/4 tensors/),
  );
  t.throws(
    () => {
      first.state = [Tensor.zeros([1, 4], 'float64'), ...state.slice(1)];
    },
    shapeMismatch(/state\[0\]/),
  );
});

test('a stream goes on with the weights that training left', async (t) => {
  const net = nets['two layers of an LSTM']('float64');
  const x = randomTensor([8, 9, 3], 4);
  net.inference(x);
  const stream = net.stream({ rows: 8 });
  stream.step(stepOf(x, 0));
  const reader = DataReader.fromTensors({ xTrain: x, yTrain: randomTensor([8, 2], 1) });
  const training = net.train(reader, { progress: false });
  t.throws(() => stream.step(stepOf(x, 0)), { code: 'ERR_NET_BUSY' });
  await training;
  stream.reset();
  let y = Tensor.zeros([1]);
  for (let step = 0; step < 9; step++) y = stream.step(stepOf(x, step));
  t.deepEqual(y.data, net.inference(x).data);
});

test('nets that must see the whole sequence, and steps of another size, are refused', (t) => {
  const refused = [new BidirectionalLayer(new LstmLayer(2)), new GruLayer(2, { reverse: true }), new FlattenLayer()];
  for (const layer of refused) {
    t.throws(() => chain([layer]).stream(), badArgument(/one step at a time.*isStepwise/s));
  }
  t.throws(() => chain([]).stream(), badArgument(/layer/));
  const net = nets['a GRU whose answers are those of each step']('float32');
  net.inference(randomTensor([1, 4, 3], 1).clone('float32'));
  t.throws(() => net.stream({ rows: 0 }), badArgument(/rows/));
  t.throws(() => net.stream().step([1, 2]), shapeMismatch(/3 numbers/));
  t.throws(() => net.stream().step('a' as unknown as number), badArgument(/list of numbers/));
  t.throws(() => net.stream().step([1, 2, 'x'] as unknown as number[]), badArgument(/a number/));
});
