// The decoder layer against PyTorch in float64; see test/fixtures/reference/decoder.py.
import test from 'ava';
import {
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  getThreads,
  type HyperParameterOptions,
  HyperParameters,
  input,
  NeuralNet,
  setThreads,
  TransformerDecoderLayer,
  type TransformerDecoderOptions,
} from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';

type Block = Readonly<Record<string, Numbers>>;

interface Case {
  readonly options: TransformerDecoderOptions;
  readonly inputs: readonly [Numbers, Numbers];
  readonly masks: readonly Numbers[];
  readonly weights: Block;
  readonly y: Numbers;
  readonly c: Numbers;
  readonly dx: readonly [Numbers, Numbers];
  readonly gradients: Block;
}

interface Run {
  readonly options: TransformerDecoderOptions;
  readonly params: Partial<HyperParameterOptions>;
  readonly inputs: Readonly<Record<'x' | 'other', Numbers>>;
  readonly y: Numbers;
  readonly start: Readonly<Record<'decoder' | 'out', Block>>;
  readonly end: Run['start'];
}

const reference = await readReference<{ readonly cases: readonly Case[]; readonly runs: readonly Run[] }>('decoder');
const tolerance = { rtol: 1e-9, atol: 1e-12 };
const tensorsOf = (block: Block) => Object.fromEntries(Object.entries(block).map(([name, x]) => [name, tensorOf(x)]));

for (const given of reference.cases) {
  const masked = given.masks.length > 0 ? ', masked' : '';
  test(`decoder ${JSON.stringify(given.options)}${masked}: values and gradients`, (t) => {
    const layer = new TransformerDecoderLayer({ ...given.options, dtype: 'float64' });
    layer.outputShape(...given.inputs.map(({ shape }) => shape.slice(1)));
    layer.setWeights(tensorsOf(given.weights));
    t.deepEqual(Object.keys(layer.weights).sort(), Object.keys(given.weights).sort());
    const pass = new Pass(new EagerRunner('float64'), true);
    const inputs = given.inputs.map((x) => new Value(tensorOf(x)));
    for (const [i, mask] of given.masks.entries()) inputs[i]!.mask = new Value(tensorOf(mask));
    const output = layer.record(pass, inputs);
    t.is(output.mask, inputs[0]!.mask);
    t.deepEqual(differences(output.tensor.data, given.y.data, tolerance, 'y'), []);
    const dx = pass.backward([{ value: output, gradient: tensorOf(given.c) }], inputs);
    for (const [i, gradient] of dx.entries()) {
      t.deepEqual(differences(gradient.data, given.dx[i]!.data, tolerance, `input ${i}`), []);
    }
    for (const [name, { shape, data }] of Object.entries(given.gradients)) {
      t.deepEqual(layer.gradients[name]!.shape, shape);
      t.deepEqual(differences(layer.gradients[name]!.data, data, tolerance, name), []);
    }
  });
}

for (const run of reference.runs) {
  const title = `decoder ${JSON.stringify(run.options)}, ${run.params.optimizer}`;
  test.serial(`${title}: 50 steps, the same bits on one thread and on two`, async (t) => {
    const before = getThreads();
    t.teardown(() => setThreads(before));
    const ends: unknown[] = [];
    for (const threads of [1, 2]) {
      setThreads(threads);
      const inputs = Object.entries(run.inputs).map(([name, { shape }]) => input(shape.slice(1), { name }));
      const decoded = new TransformerDecoderLayer(run.options).apply(inputs, 'decoder');
      const output = new FullyConnectedLayer(2).apply(new FlattenLayer().apply(decoded), 'out');
      const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', ...run.params });
      const net = NeuralNet.fromGraph({ inputs, outputs: [output] }, params, 'net');
      for (const [name, block] of Object.entries(run.start)) net.getLayer(name).setWeights(tensorsOf(block));
      const rows = { xTrain: tensorsOf(run.inputs), yTrain: tensorOf(run.y) };
      await net.train(DataReader.fromTensors(rows), { shuffle: false });
      for (const [name, block] of Object.entries(run.end)) {
        for (const [key, { data }] of Object.entries(block)) {
          // The bias of keys shifts all scores of a query alike: its gradient is 0 but for roundings, which Adam scales up.
          const own = key.endsWith('Attention.keyB') ? { rtol: 1e-9, atol: 1e-9 } : tolerance;
          t.deepEqual(differences(net.getLayer(name).weights[key]!.data, data, own, `${name}.${key}`), []);
        }
      }
      ends.push(net.layers.map(({ weights }) => Object.values(weights).map(({ data }) => data)));
    }
    t.deepEqual(ends[1], ends[0]);
  });
}
