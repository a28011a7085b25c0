// Recurrent layers against PyTorch in float64: outputs, gradients and whole training runs.
import { join } from 'node:path';
import test from 'ava';
import {
  BidirectionalLayer,
  createLayer,
  DataReader,
  FullyConnectedLayer,
  GruLayer,
  getThreads,
  type HyperParameterOptions,
  HyperParameters,
  input,
  LastStateLayer,
  type Layer,
  LstmLayer,
  MaskLayer,
  NeuralNet,
  type RecurrentLayer,
  type RecurrentLayerOptions,
  SequentialLayer,
  SimpleRnnLayer,
  setThreads,
  Tensor,
} from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import {
  differences,
  gradientCheck,
  type Numbers,
  randomTensor,
  readReference,
  tensorOf,
} from '../support/numerics.js';

type Block = Readonly<Record<string, Numbers>>;
type Kind = 'lstm' | 'gru' | 'tanh' | 'relu';

interface Form {
  readonly kind: Kind;
  readonly bidirectional: boolean;
  readonly sequences: boolean;
  readonly units: number;
  readonly lengths?: readonly number[];
}

interface Case extends Form {
  readonly x: Numbers;
  readonly dy: Numbers;
  readonly weights: Block;
  readonly states?: readonly Numbers[];
  readonly y: Numbers;
  readonly dx: Numbers;
  readonly gradients: Block;
  readonly dstates?: readonly Numbers[];
}

interface Run extends Form {
  readonly stacked: boolean;
  readonly params: Partial<HyperParameterOptions>;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly start: readonly Block[];
  readonly end: readonly Block[];
}

const { cases, runs } = await readReference<{ readonly cases: readonly Case[]; readonly runs: readonly Run[] }>(
  'recurrent',
);
const tolerance = { rtol: 1e-9, atol: 1e-11 };

function single(kind: Kind, units: number, options: RecurrentLayerOptions): RecurrentLayer {
  if (kind === 'lstm') return new LstmLayer(units, options);
  return kind === 'gru' ? new GruLayer(units, options) : new SimpleRnnLayer(units, { ...options, activation: kind });
}

function layerOf({ kind, bidirectional, units }: Form, options: RecurrentLayerOptions): Layer {
  const layer = single(kind, units, options);
  return bidirectional ? new BidirectionalLayer(layer) : layer;
}

const tensorsOf = (block: Block) =>
  Object.fromEntries(Object.entries(block).map(([name, numbers]) => [name, tensorOf(numbers)]));

const int32 = (values: readonly number[]) => Tensor.from(Int32Array.from(values), [values.length]);

const nameOf = ({ kind, bidirectional, sequences, lengths }: Form) =>
  [kind, bidirectional && 'bidirectional', lengths && 'ragged', sequences && 'sequences'].filter(Boolean).join(', ');

for (const [i, one] of cases.entries()) {
  test(`${nameOf(one)} (${i}): outputs and gradients are PyTorch's`, (t) => {
    const layer = layerOf(one, { returnSequences: one.sequences, dtype: 'float64' });
    const x = new Value(tensorOf(one.x));
    const states = (one.states ?? []).map((numbers) => new Value(tensorOf(numbers)));
    layer.outputShape(...[x, ...states].map(({ shape }) => shape.slice(1)));
    layer.setWeights(tensorsOf(one.weights));
    const pass = new Pass(new EagerRunner('float64'), true);
    if (one.lengths) x.mask = pass.ops.stepMask(new Value(int32(one.lengths)), x.shape[1]!);
    const y = layer.record(pass, [x, ...states]);
    t.deepEqual(differences(y.tensor.data, one.y.data, tolerance, 'y'), []);
    const gradients = pass.backward([{ value: y, gradient: tensorOf(one.dy) }], [x, ...states]);
    t.deepEqual(differences(gradients[0]!.data, one.dx.data, tolerance, 'dx'), []);
    for (const [j, expected] of (one.dstates ?? []).entries()) {
      t.deepEqual(differences(gradients[1 + j]!.data, expected.data, tolerance, `state ${j}`), []);
    }
    const received = layer.gradients;
    t.deepEqual(Object.keys(received).sort(), Object.keys(one.gradients).sort());
    for (const [name, { data }] of Object.entries(one.gradients)) {
      t.deepEqual(differences(received[name]!.data, data, tolerance, name), []);
    }
  });
}

function netOf(run: Run): NeuralNet {
  const x = input(run.x.shape.slice(1), { name: 'x' });
  const lengths = run.lengths && input([], { name: 'lengths', dtype: 'int32' });
  const layers = [
    ...(run.stacked ? [layerOf(run, { returnSequences: true })] : []),
    layerOf(run, { returnSequences: run.sequences }),
    new FullyConnectedLayer(run.y.shape.at(-1)!),
  ];
  const first = lengths ? new MaskLayer().apply([x, lengths]) : x;
  const output = layers.reduce((node, layer) => layer.apply(node), first);
  const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', ...run.params });
  const net = NeuralNet.fromGraph({ inputs: lengths ? [x, lengths] : [x], outputs: [output] }, params, 'net');
  for (const [i, block] of run.start.entries()) layers[i]!.setWeights(tensorsOf(block));
  return net;
}

const readerOf = (run: Run) =>
  DataReader.fromTensors({
    xTrain: run.lengths ? { x: tensorOf(run.x), lengths: int32(run.lengths) } : tensorOf(run.x),
    yTrain: tensorOf(run.y),
  });

for (const [i, run] of runs.entries()) {
  test(`${nameOf(run)} (${i}): 50 steps of ${run.params.optimizer} end where PyTorch's end`, async (t) => {
    const net = netOf(run);
    await net.train(readerOf(run), { progress: false, shuffle: false });
    const layers = net.layers.filter(({ parameters }) => parameters.length > 0);
    for (const [j, block] of run.end.entries()) {
      for (const [name, { data }] of Object.entries(block)) {
        t.deepEqual(differences(layers[j]!.weights[name]!.data, data, { rtol: 1e-9, atol: 1e-9 }, `${j} ${name}`), []);
      }
    }
  });
}

test.serial('the same bits for one thread and two', async (t) => {
  const threads = getThreads();
  t.teardown(() => setThreads(threads));
  const results: Float64Array[] = [];
  for (const count of [1, 2]) {
    setThreads(count);
    const net = netOf(runs[0]!);
    await net.train(readerOf(runs[0]!), { progress: false, shuffle: false });
    results.push(net.layers[0]!.weights.U!.data as Float64Array);
  }
  t.deepEqual(results[0], results[1]);
});

test('gradients of layers with masks and options are those of central differences', (t) => {
  for (const layer of [
    new LstmLayer(3, { returnSequences: true, dtype: 'float64' }),
    new GruLayer(3, { reverse: true, useBias: false, dtype: 'float64' }),
    new BidirectionalLayer(new SimpleRnnLayer(2, { dtype: 'float64' }), { merge: 'multiply' }),
    new BidirectionalLayer(new LstmLayer(2, { returnSequences: true, dtype: 'float64' }), { merge: 'average' }),
  ]) {
    layer.outputShape([4, 2]);
    t.deepEqual(gradientCheck(layer, randomTensor([3, 4, 2], 1)), [], layer.kind);
  }
});

test('the forget bias begins at 1, recurrent weights are orthogonal', (t) => {
  const layer = new LstmLayer(3, { dtype: 'float64' });
  layer.outputShape([2, 5]);
  t.deepEqual([...layer.weights.B!.data], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  const rows = layer.weights.U!.toArray() as number[][];
  for (const [i, row] of rows.entries()) {
    for (const [j, other] of rows.entries()) {
      const dot = row.reduce((sum, value, k) => sum + value * other[k]!, 0);
      t.true(Math.abs(dot - Number(i === j)) < 1e-12);
    }
  }
});

test('dropout takes the same inputs and states at all steps, and nothing outside of training', (t) => {
  const plain = new SimpleRnnLayer(2, { activation: 'relu', returnSequences: true, dtype: 'float64' });
  const layer = createLayer({ ...plain.config!, dropout: 0.5, recurrentDropout: 0.5 });
  const weights = {
    W: Tensor.from([
      [1, 0],
      [0, 1],
    ]).clone('float64'),
    U: Tensor.from([
      [1, 0],
      [0, 1],
    ]).clone('float64'),
    B: Tensor.zeros([1, 2], 'float64'),
  };
  const x = Tensor.from(new Float64Array(40 * 3 * 2).fill(1), [40, 3, 2]);
  for (const one of [plain, layer]) {
    one.outputShape([3, 2]);
    one.setWeights(weights);
  }
  t.deepEqual(layer.forward(x, false).data, plain.forward(x, false).data);
  const y = layer.forward(x).data;
  const kinds = new Set<string>();
  for (let i = 0; i < 80; i++) {
    const [first, second, third] = [0, 1, 2].map((step) => y[Math.floor(i / 2) * 6 + 2 * step + (i % 2)]!);
    kinds.add(`${first}`);
    // h₁ = x·a; h₂ = x·a + h₁·b; h₃ = x·a + h₂·b, with factors a and b of 0 or 2
    const a = first!;
    t.true(a === 0 || a === 2);
    const b = a === 0 ? 0 : (second! - a) / a;
    t.true(b === 0 || b === 2);
    t.is(third, a + second! * b);
  }
  t.is(kinds.size, 2);
});

test('a decoder begins with the states of an encoder', async (t) => {
  const source = input([5, 2], { name: 'source' });
  const target = input([4, 2], { name: 'target' });
  const encoded = new LstmLayer(3, { returnSequences: true }).apply(source, 'encoder');
  const states = [new LastStateLayer('h').apply(encoded), new LastStateLayer('c').apply(encoded)];
  const decoded = new LstmLayer(3, { returnSequences: true }).apply([target, ...states], 'decoder');
  const output = new FullyConnectedLayer(2).apply(decoded, 'answer');
  const params = new HyperParameters({
    netType: 'fitting',
    dtype: 'float64',
    optimizer: 'adam',
    learningRate: 0.02,
    maxEpoch: 60,
    batchSize: 16,
  });
  const net = NeuralNet.fromGraph({ inputs: [source, target], outputs: [output] }, params, 'translator');
  // The answers are those of the source in the order of the steps: only the states can tell.
  const x = randomTensor([64, 5, 2], 3);
  const y = Tensor.from(
    Float64Array.from({ length: 64 * 8 }, (_, i) => x.data[Math.floor(i / 8) * 10 + (i % 2)]!),
    [64, 4, 2],
  );
  const zeros = Tensor.zeros([64, 4, 2], 'float64');
  const history = await net.train(DataReader.fromTensors({ xTrain: { source: x, target: zeros }, yTrain: y }), {
    progress: false,
  });
  const losses = history.records.map(({ lossTrain }) => lossTrain);
  t.true(losses.at(-1)! < 0.5 * losses[0]!, `${losses[0]} to ${losses.at(-1)}`);
  const file = join(await temporaryFolder(t), 'net.safetensors');
  await net.save(file);
  const rows = { source: x, target: zeros };
  t.deepEqual((await NeuralNet.load(file)).inference(rows), net.inference(rows));
  const wrong = new LastStateLayer('c').apply(new GruLayer(2).apply(source));
  const other = NeuralNet.fromGraph({ inputs: [source], outputs: [wrong] }, params, 'wrong');
  t.throws(() => other.inference(x), badArgument(/an LstmLayer/));
});

test('what does not fit is refused', (t) => {
  t.throws(() => new LstmLayer(0), badArgument(/units/));
  t.throws(() => new GruLayer(2, { dropout: 1 }), badArgument(/dropout/));
  t.throws(() => new GruLayer(2, { recurrentDropout: -1 }), badArgument(/recurrentDropout/));
  t.throws(() => new LstmLayer(2, { returnSequence: true } as object), badArgument(/returnSequences/));
  t.throws(() => new SimpleRnnLayer(2, { activation: 'gelu' as 'relu' }), badArgument(/activation/));
  t.throws(() => new LstmLayer(2).outputShape([5]), shapeMismatch(/\[steps, features\]/));
  t.throws(() => new LstmLayer(2).outputShape([5, 3], [3]), shapeMismatch(/initial state/));
  t.throws(() => new GruLayer(2).outputShape([5, 3], [2], [2]), badArgument(/inputs/));
  t.throws(() => new BidirectionalLayer(new FullyConnectedLayer(2) as unknown as LstmLayer), badArgument(/recurrent/));
  t.throws(() => new BidirectionalLayer(new LstmLayer(2)).outputShape([5, 3], [2]), badArgument(/1 or 5/));
});

test('masks: lengths, numbers and values', (t) => {
  const x = Tensor.from([
    [
      [1, 1],
      [2, 0],
      [0, 0],
    ],
    [
      [3, 1],
      [0, 0],
      [5, 5],
    ],
  ]);
  const sum = new SimpleRnnLayer(2, { activation: 'relu' });
  const masked = new SequentialLayer([new MaskLayer(), sum]);
  sum.outputShape([3, 2]);
  sum.setWeights({
    W: Tensor.from([
      [1, 0],
      [0, 1],
    ]),
    U: Tensor.from([
      [10, 0],
      [0, 10],
    ]),
    B: Tensor.zeros([1, 2]),
  });
  t.deepEqual(masked.forward(x).toArray(), [
    [12, 10],
    [35, 15],
  ]);
  t.deepEqual(masked.forward([x, int32([2, 1])]).toArray(), [
    [12, 10],
    [3, 1],
  ]);
  t.deepEqual(
    masked
      .forward([
        x,
        Tensor.from([
          [0, 1, 1],
          [1, 0, 0],
        ]),
      ])
      .toArray(),
    [
      [20, 0],
      [3, 1],
    ],
  );
  t.deepEqual(new SequentialLayer([new MaskLayer({ value: 5 }), sum]).forward(x).toArray(), [
    [120, 100],
    [30, 10],
  ]);
  t.throws(() => masked.forward([x, int32([4, 1])]), badArgument(/from 1 to 3.*4/));
  t.throws(() => masked.forward([x, int32([0, 1])]), badArgument(/from 1 to 3.*0/));
  t.throws(
    () =>
      masked.forward([
        x,
        Tensor.from([
          [0, 1],
          [1, 0],
        ]),
      ]),
    shapeMismatch(/mask/),
  );
  t.throws(() => new MaskLayer().outputShape([3]), shapeMismatch(/\[steps, features\]/));
});
