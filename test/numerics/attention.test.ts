// Attention and the encoder layer against PyTorch in float64; see test/fixtures/reference/attention.py.
import test, { type ExecutionContext } from 'ava';
import {
  DataReader,
  FlattenLayer,
  FullyConnectedLayer,
  getThreads,
  type HyperParameterOptions,
  HyperParameters,
  input,
  type Layer,
  MultiHeadAttentionLayer,
  type MultiHeadAttentionOptions,
  NeuralNet,
  setThreads,
  type Tensor,
  TransformerEncoderLayer,
  type TransformerEncoderOptions,
} from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { differences, type Numbers, randomTensor, readReference, tensorOf } from '../support/numerics.js';

type Block = Readonly<Record<string, Numbers>>;

interface LayerCase<Options> {
  readonly options: Options;
  readonly inputs: readonly Numbers[];
  readonly mask?: Numbers;
  readonly weights: Block;
  readonly y: Numbers;
  readonly probabilities?: Numbers;
  readonly c: Numbers;
  readonly dx: readonly Numbers[];
  readonly gradients: Block;
}

interface Run {
  readonly options: TransformerEncoderOptions;
  readonly params: Partial<HyperParameterOptions>;
  readonly x: Numbers;
  readonly y: Numbers;
  readonly start: Readonly<Record<'encoder' | 'out', Block>>;
  readonly end: Run['start'];
  readonly outputs: Numbers;
}

const reference = await readReference<{
  readonly attention: readonly LayerCase<MultiHeadAttentionOptions>[];
  readonly encoder: readonly LayerCase<TransformerEncoderOptions>[];
  readonly runs: readonly Run[];
}>('attention');

const tolerance = { rtol: 1e-9, atol: 1e-12 };
const tensorsOf = (block: Block) => Object.fromEntries(Object.entries(block).map(([name, x]) => [name, tensorOf(x)]));

/** Output, the gradients of Σ c·y by inputs and parameters, where the last input has the case's mask. */
function check(t: ExecutionContext, layer: Layer, given: LayerCase<unknown>): void {
  const tensors = given.inputs.map((x) => tensorOf(x));
  layer.outputShape(...tensors.map(({ shape }) => shape.slice(1)));
  layer.setWeights(tensorsOf(given.weights));
  const pass = new Pass(new EagerRunner('float64'), true);
  const inputs = tensors.map((x) => new Value(x));
  if (given.mask) inputs.at(-1)!.mask = new Value(tensorOf(given.mask));
  const output = layer.record(pass, inputs);
  t.deepEqual(differences(output.tensor.data, given.y.data, tolerance, 'y'), []);
  t.is(output.mask, inputs[0]!.mask);
  const dx = pass.backward([{ value: output, gradient: tensorOf(given.c) }], inputs);
  dx.forEach((gradient, i) => {
    t.deepEqual(differences(gradient.data, given.dx[i]!.data, tolerance, `input ${i}`), []);
  });
  t.deepEqual(Object.keys(layer.weights).sort(), Object.keys(given.weights).sort());
  for (const [name, { shape, data }] of Object.entries(given.gradients)) {
    t.deepEqual(layer.gradients[name]!.shape, shape);
    t.deepEqual(differences(layer.gradients[name]!.data, data, tolerance, name), []);
  }
}

for (const given of reference.attention) {
  test(`attention ${JSON.stringify(given.options)} of ${given.inputs.length} inputs: values and gradients`, (t) => {
    const layer = new MultiHeadAttentionLayer({ ...given.options, dtype: 'float64' });
    check(t, layer, given);
    const tensors = given.inputs.map((x) => tensorOf(x));
    const p = layer.attentionWeights(tensors, given.mask && tensorOf(given.mask));
    t.deepEqual(p.shape, given.probabilities!.shape);
    t.deepEqual(differences(p.data, given.probabilities!.data, tolerance, 'probabilities'), []);
  });
}

for (const given of reference.encoder) {
  const masked = given.mask ? ', masked' : '';
  test(`encoder ${JSON.stringify(given.options)}${masked}: values and gradients`, (t) => {
    check(t, new TransformerEncoderLayer({ ...given.options, dtype: 'float64' }), given);
  });
}

for (const run of reference.runs) {
  test(`encoder ${JSON.stringify(run.options)}, ${run.params.optimizer}: 50 steps`, async (t) => {
    const layers = { encoder: new TransformerEncoderLayer(run.options), out: new FullyConnectedLayer(2) };
    const x = input(run.x.shape.slice(1));
    const output = layers.out.apply(new FlattenLayer().apply(layers.encoder.apply(x, 'encoder')), 'out');
    const params = new HyperParameters({ netType: 'fitting', dtype: 'float64', ...run.params });
    const net = NeuralNet.fromGraph({ inputs: [x], outputs: [output] }, params, 'net');
    for (const [name, block] of Object.entries(run.start)) net.getLayer(name).setWeights(tensorsOf(block));
    const rows = { xTrain: tensorOf(run.x), yTrain: tensorOf(run.y) };
    await net.train(DataReader.fromTensors(rows), { shuffle: false });
    for (const [name, block] of Object.entries(run.end)) {
      for (const [key, { data }] of Object.entries(block)) {
        const { weights } = net.getLayer(name);
        // The bias of keys shifts all scores of a query alike: its gradient is 0 but for roundings, which Adam scales up.
        const own = key === 'attention.keyB' ? { rtol: 1e-9, atol: 1e-9 } : tolerance;
        t.deepEqual(differences(weights[key]!.data, data, own, `${name}.${key}`), []);
      }
    }
    t.deepEqual(differences(net.inference(tensorOf(run.x)).data, run.outputs.data, tolerance, 'outputs'), []);
  });
}

test.serial('training has the same bits on one thread and on two', async (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  const trained: Tensor[][] = [];
  for (const threads of [1, 2]) {
    setThreads(threads);
    const net = new NeuralNet(
      new HyperParameters({ netType: 'fitting', batchSize: 32, maxEpoch: 2, learningRate: 1e-4, seed: 3 }),
      'net',
    );
    net.addLayer(new TransformerEncoderLayer({ heads: 4, feedForward: 48, dropout: 0.1 }), 'encoder');
    net.addLayer(new FlattenLayer()).addLayer(new FullyConnectedLayer(1), 'out');
    const [xTrain, yTrain] = [randomTensor([70, 40, 32], 1), randomTensor([70, 1], 2)].map((x) => x.clone('float32'));
    await net.train(DataReader.fromTensors({ xTrain: xTrain!, yTrain: yTrain! }));
    trained.push(net.layers.flatMap(({ weights }) => Object.values(weights)));
  }
  t.true(trained[0]!.length > 10);
  t.deepEqual(
    trained[1]!.map(({ data }) => data),
    trained[0]!.map(({ data }) => data),
  );
});
