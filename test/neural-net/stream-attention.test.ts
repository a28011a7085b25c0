// Attention one step at a time: what the whole sequence gives.
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  AddLayer,
  ClassificationLayer,
  DropoutLayer,
  type DType,
  EmbeddingLayer,
  FullyConnectedLayer,
  GruLayer,
  HyperParameters,
  input,
  type Layer,
  LayerNormLayer,
  MaskLayer,
  MultiHeadAttentionLayer,
  NeuralNet,
  PositionalEncodingLayer,
  ResidualLayer,
  SequentialLayer,
  Tensor,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { randomTensor } from '../support/numerics.js';

const params = (dtype: DType = 'float64') => new HyperParameters({ netType: 'fitting', dtype, seed: 5 });
const causal = true;
const steps = 11;

function chain(layers: readonly Layer[], dtype?: DType): NeuralNet {
  const net = new NeuralNet(params(dtype), 'net');
  for (const layer of layers) net.addLayer(layer);
  return net;
}

/** The numbers of one step, [rows, features]. */
function stepOf(x: Tensor, t: number): Tensor {
  const [rows, count, features] = x.shape as [number, number, number];
  const numbers = Array.from({ length: rows * features }, (_, i) => {
    return x.data[(Math.floor(i / features) * count + t) * features + (i % features)]!;
  });
  return Tensor.from(Float64Array.from(numbers), [rows, features]).clone(x.dtype);
}

function near(t: ExecutionContext, actual: Tensor, expected: Tensor, tolerance: number, what: string): void {
  t.deepEqual(actual.shape, expected.shape, what);
  const worst = Math.max(...Array.from(actual.data, (value, i) => Math.abs(value - expected.data[i]!)));
  t.true(worst <= tolerance, `${what}: off by ${worst}`);
}

const tolerances = { float64: 1e-12, float32: 1e-5 } as const;

const nets: Readonly<Record<string, (dtype: DType) => NeuralNet>> = {
  'attention with sizes of its own': (dtype) =>
    chain([new MultiHeadAttentionLayer({ heads: 3, keySize: 5, valueSize: 2, causal })], dtype),
  'positions, encoders of both kinds and a dense layer': (dtype) =>
    chain(
      [
        new FullyConnectedLayer(8),
        new PositionalEncodingLayer(),
        new TransformerEncoderLayer({ heads: 2, feedForward: 12, causal, dropout: 0.3 }),
        new TransformerEncoderLayer({ heads: 4, feedForward: 6, causal, normFirst: true, activation: 'gelu' }),
        new DropoutLayer(0.5),
        new FullyConnectedLayer(3),
      ],
      dtype,
    ),
  'learned positions, blocks, and one layer that is applied twice': (dtype) => {
    const x = input([steps, 4]);
    const shared = new MultiHeadAttentionLayer({ heads: 2, causal });
    const block = new ResidualLayer([
      new SequentialLayer([new LayerNormLayer(), new MultiHeadAttentionLayer({ heads: 1, causal, useBias: false })]),
    ]);
    const placed = new PositionalEncodingLayer({ learned: true, steps }).apply(x);
    const sum = new AddLayer().apply([shared.apply(shared.apply(placed)), block.apply(placed)]);
    return NeuralNet.fromGraph({ inputs: [x], outputs: [sum] }, params(dtype), 'net');
  },
  'recurrent layers around attention': (dtype) =>
    chain(
      [
        new GruLayer(6, { returnSequences: true }),
        new MultiHeadAttentionLayer({ heads: 2, causal }),
        new GruLayer(3, { returnSequences: true }),
      ],
      dtype,
    ),
};

for (const [name, make] of Object.entries(nets)) {
  test(`${name}: steps give what the whole sequence gives`, (t) => {
    for (const dtype of ['float64', 'float32'] as const) {
      for (const rows of [2, 1]) {
        const net = make(dtype);
        const x = randomTensor([rows, steps, 4], 5).clone(dtype);
        const whole = net.inference(x);
        const stream = net.stream({ rows });
        for (let round = 0; round < 2; round++) {
          for (let step = 0; step < steps; step++) {
            const what = `${dtype} ${rows} ${step}`;
            near(t, stream.step(stepOf(x, step)), stepOf(whole, step), tolerances[dtype], what);
          }
          stream.reset();
        }
      }
    }
  });
}

test('attention alone gives the bits of the whole sequence, over several blocks of keys', (t) => {
  for (const dtype of ['float64', 'float32'] as const) {
    const net = chain([new MultiHeadAttentionLayer({ heads: 2, keySize: 3, valueSize: 9, causal })], dtype);
    const long = 300;
    const x = randomTensor([3, long, 4], 2).clone(dtype);
    const whole = net.inference(x);
    const stream = net.stream({ rows: 3 });
    for (let step = 0; step < long; step++) {
      t.deepEqual(stream.step(stepOf(x, step)).data, stepOf(whole, step).data, `${dtype} ${step}`);
    }
  }
});

test('tokens with padding in front: steps that do not count are not looked at', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', dtype: 'float64' }), 'text');
  const layers = [
    new EmbeddingLayer(10, 4, { maskZero: true }),
    new PositionalEncodingLayer(),
    new TransformerEncoderLayer({ heads: 2, feedForward: 8, causal }),
    new FullyConnectedLayer(10),
    new ClassificationLayer('softmax'),
  ];
  for (const layer of layers) net.addLayer(layer);
  const tokens = [0, 0, 3, 1, 0, 4, 1, 5];
  const whole = net.inference(Tensor.from(Int32Array.from(tokens), [1, 8]));
  const stream = net.stream();
  for (const [i, token] of tokens.entries()) {
    near(t, stream.step(token), Tensor.from(whole.data.slice(10 * i, 10 * i + 10), [1, 10]), 1e-12, `${i}`);
  }
});

/** A decoder that looks at another sequence, through an encoder that sees all of it. */
function translator(dtype: DType = 'float64'): NeuralNet {
  const source = input([6, 3], { name: 'source' });
  const length = input([], { name: 'length', dtype: 'int32' });
  const target = input([steps, 4], { name: 'target' });
  const counted = new MaskLayer().apply([source, length]);
  const read = new TransformerEncoderLayer({ heads: 3, feedForward: 5 }).apply(counted);
  const placed = new PositionalEncodingLayer().apply(target);
  const decoded = new TransformerDecoderLayer({ heads: 2, feedForward: 7 }).apply([placed, read]);
  const looked = new MultiHeadAttentionLayer({ heads: 2, causal }).apply([decoded, read, counted]);
  const outputs = [new FullyConnectedLayer(2).apply(looked)];
  return NeuralNet.fromGraph({ inputs: [source, length, target], outputs }, params(dtype), 'net');
}

test('a decoder looks at a sequence that is given with the first step', (t) => {
  const net = translator();
  const x = {
    source: randomTensor([2, 6, 3], 1),
    length: Tensor.from(Int32Array.of(6, 4), [2]),
    target: randomTensor([2, steps, 4], 2),
  };
  const whole = net.inference(x);
  const stream = net.stream({ rows: 2 });
  t.deepEqual(stream.wholeInputs, ['source', 'length']);
  const { target, ...sources } = x;
  const check = (step: number, inputs: object) => {
    const y = stream.step({ target: stepOf(target, step), ...inputs });
    near(t, y, stepOf(whole, step), 1e-12, `${step}`);
  };
  for (let step = 0; step < steps; step++) check(step, step === 0 ? sources : {});
  stream.reset();
  t.throws(() => stream.step({ target: stepOf(target, 0) }), badArgument(/first step.*'source'/));
  t.throws(() => stream.step({ target: stepOf(target, 0), source: x.source }), badArgument(/first step.*'length'/));
  for (let step = 0; step < 4; step++) check(step, sources);
  const { state } = stream;
  stream.reset();
  stream.step({
    target: stepOf(target, 9),
    source: randomTensor([2, 6, 3], 8),
    length: Tensor.from(Int32Array.of(1, 2), [2]),
  });
  stream.state = state;
  for (let step = 4; step < steps; step++) check(step, {});
});

test('raw steps leave the sequence out that the net has already', async (t) => {
  const net = translator();
  const x = {
    source: randomTensor([1, 6, 3], 1),
    length: Tensor.from(Int32Array.of(5), [1]),
    target: randomTensor([1, steps, 4], 2),
  };
  const whole = net.inference(x);
  const stream = net.stream();
  const { target, ...sources } = x;
  const answers = await Promise.all(
    Array.from({ length: steps }, (_, step) =>
      stream.predict({ target: stepOf(target, step), ...(step === 0 && sources) }),
    ),
  );
  for (const [step, { outputs }] of answers.entries()) near(t, outputs, stepOf(whole, step), 1e-12, `${step}`);
  stream.reset();
  await t.throwsAsync(stream.predict({ target: stepOf(target, 0) }), badArgument(/first step/));
});

test('a sequence ends where the places for its steps are full', (t) => {
  const net = nets['positions, encoders of both kinds and a dense layer']!('float64');
  const x = randomTensor([1, steps, 4], 5);
  t.throws(() => net.stream().step(stepOf(x, 0)), badArgument(/seen no sequence.*net\.stream\(\{ maxSteps \}\)/s));
  net.inference(x);
  const stream = net.stream();
  for (let step = 0; step < steps; step++) stream.step(stepOf(x, step));
  const { state } = stream;
  t.throws(() => stream.step(stepOf(x, 0)), badArgument(/at most 11.*12.*reset/s));
  t.deepEqual(stream.state, state);
  const short = net.stream({ maxSteps: 2 });
  short.step(stepOf(x, 0));
  short.step(stepOf(x, 1));
  t.throws(() => short.step(stepOf(x, 2)), badArgument(/at most 2/));
  short.reset();
  short.step(stepOf(x, 0));
  const long = net.stream({ maxSteps: 20 });
  for (let step = 0; step < 20; step++) long.step(stepOf(x, step % steps));
  for (const maxSteps of [0, 1.5, 2 ** 25, Number.NaN])
    t.throws(() => net.stream({ maxSteps }), badArgument(/maxSteps/));
  const learned = chain([new PositionalEncodingLayer({ learned: true, steps: 5 })]);
  t.throws(() => learned.stream({ maxSteps: 6 }).step([1, 2]), badArgument(/at most the 5 steps.*6/));
});

test('a state has the steps so far, and other streams go on from it', (t) => {
  const net = nets['positions, encoders of both kinds and a dense layer']!('float64');
  const x = randomTensor([1, steps, 4], 5);
  const whole = net.inference(x);
  const [first, second] = [net.stream(), net.stream({ maxSteps: 30 })];
  for (let step = 0; step < 4; step++) {
    first.step(stepOf(x, step));
    second.step(stepOf(x, 10));
  }
  const { state } = first;
  t.deepEqual(
    state.map(({ shape }) => shape.join()),
    ['1,8,4', '1,4,8', '1,8,4', '1,4,8', '1'],
  );
  first.reset();
  second.state = state;
  for (let step = 4; step < steps; step++) near(t, second.step(stepOf(x, step)), stepOf(whole, step), 1e-12, `${step}`);
  t.throws(
    () => {
      first.state = [...state.slice(0, 4), Tensor.from(Float64Array.of(3), [1])];
    },
    shapeMismatch(/1, 8, 3.*state\[0\]/),
  );
  for (const wrong of [12, -1, 0.5]) {
    t.throws(
      () => {
        first.state = [...state.slice(0, 4), Tensor.from(Float64Array.of(wrong), [1])];
      },
      badArgument(/from 0 to 11.*state\[4\]/),
    );
  }
  t.throws(
    () => {
      first.state = state.slice(1);
    },
    badArgument(/5 tensors/),
  );
});

test('a net from a file knows how many steps its sequences have', async (t) => {
  const file = join(await temporaryFolder(t), 'net.safetensors');
  const net = nets['positions, encoders of both kinds and a dense layer']!('float64');
  const x = randomTensor([1, steps, 4], 5);
  const whole = net.inference(x);
  await net.save(file);
  const stream = (await NeuralNet.load(file)).stream();
  for (let step = 0; step < steps; step++) near(t, stream.step(stepOf(x, step)), stepOf(whole, step), 1e-12, `${step}`);
  t.throws(() => stream.step(stepOf(x, 0)), badArgument(/at most 11/));
});

test('what must see later steps is refused, with the reason', (t) => {
  const later = badArgument(/one step at a time.*attention \('attention-1'\).*causal: true.*later ones/s);
  t.throws(() => chain([new MultiHeadAttentionLayer({ heads: 2 })]).stream(), later);
  t.throws(
    () => chain([new TransformerEncoderLayer({ heads: 2, feedForward: 4 })]).stream(),
    badArgument(/transformer encoder.*causal: true/s),
  );
  const residual = chain([new ResidualLayer([new MultiHeadAttentionLayer({ heads: 2 })])]);
  t.throws(() => residual.stream(), badArgument(/residual.*causal: true/s));
  const graph = (make: (x: ReturnType<typeof input>, y: ReturnType<typeof input>) => ReturnType<typeof input>) => {
    const [x, y] = [input([5, 4], { name: 'x' }), input([5, 4], { name: 'y' })];
    return NeuralNet.fromGraph({ inputs: [x, y], outputs: [make(x, y)] }, params(), 'net');
  };
  const sum = (x: ReturnType<typeof input>, y: ReturnType<typeof input>) => new AddLayer().apply([x, y]);
  const decoder = graph((x, y) => new TransformerDecoderLayer({ heads: 2, feedForward: 4 }).apply([x, sum(x, y)]));
  t.throws(() => decoder.stream(), badArgument(/transformer decoder.*must not depend/s));
  const mixed = graph((x, y) => new MultiHeadAttentionLayer({ heads: 2, causal }).apply([x, y, sum(x, x)]));
  t.throws(() => mixed.stream(), badArgument(/both step by step, or both whole/));
});

test('causal attention to another sequence that comes step by step', (t) => {
  const [x, y] = [input([steps, 4], { name: 'x' }), input([steps, 4], { name: 'y' })];
  const sum = new AddLayer().apply([x, y]);
  const outputs = [new MultiHeadAttentionLayer({ heads: 2, causal }).apply([x, sum, y]), new GruLayer(2).apply(y)];
  const net = NeuralNet.fromGraph({ inputs: [x, y], outputs }, params(), 'net');
  const all = { x: randomTensor([1, steps, 4], 1), y: randomTensor([1, steps, 4], 2) };
  const [whole] = Object.values(net.inference<Record<string, Tensor>>(all));
  const stream = net.stream();
  for (let step = 0; step < steps; step++) {
    const [first] = Object.values(
      stream.step<Record<string, Tensor>>({ x: stepOf(all.x, step), y: stepOf(all.y, step) }),
    );
    near(t, first!, stepOf(whole!, step), 1e-12, `${step}`);
  }
});
