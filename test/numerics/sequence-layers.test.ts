// Layers of sequences against PyTorch in float64: outputs, gradients, and 50 steps of training.
import test from 'ava';
import {
  type AnyTensor,
  createLayer,
  DataReader,
  getThreads,
  type HyperParameterOptions,
  HyperParameters,
  type Layer,
  type LayerConfig,
  NeuralNet,
  setThreads,
} from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';
import { differences, type Numbers, readReference, type Tolerance, tensorOf } from '../support/numerics.js';

type Weights = Readonly<Record<string, Numbers>>;

interface Case {
  readonly layers: readonly LayerConfig[];
  readonly isWhole: boolean;
  readonly start: readonly Weights[];
  readonly x: Numbers;
  readonly outputs: Numbers;
  readonly delta: Numbers;
  readonly dx?: Numbers;
  readonly gradients: readonly Weights[];
  readonly training: {
    readonly params: Partial<HyperParameterOptions>;
    readonly y: Numbers;
    readonly end: readonly Weights[];
  };
}

const tolerance: Tolerance = { rtol: 1e-9, atol: 1e-11 };

const cases = Object.entries(await readReference<Record<string, Case>>('sequence_layers'));

const tensors = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, tensorOf(values)]));

function rowsOf({ x, isWhole }: Case): AnyTensor {
  return isWhole ? tensorOf(x).clone('int32') : tensorOf(x);
}

/** A net of a case's layers with the weights that the reference starts with. */
function netOf({ layers, start, x }: Case, params: Partial<HyperParameterOptions> = {}): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', dtype: 'float64', ...params }), 'net');
  let row = x.shape.slice(1);
  for (const [i, config] of layers.entries()) {
    const layer = createLayer(config);
    row = [...layer.outputShape(row)];
    net.addLayer(layer, `layer ${i}`);
    if (Object.keys(start[i]!).length > 0) layer.setWeights(tensors(start[i]!));
  }
  return net;
}

function weightDifferences(layers: readonly Layer[], expected: readonly Weights[], what: 'weights' | 'gradients') {
  return expected.flatMap((weights, i) =>
    Object.entries(weights).flatMap(([name, { data }]) =>
      differences(layers[i]![what][name]!.data, data, tolerance, `${name} of layer ${i}`),
    ),
  );
}

for (const [name, one] of cases) {
  test(`${name}: outputs and gradients are PyTorch's`, (t) => {
    const { layers } = netOf(one);
    const pass = new Pass(new EagerRunner('float64'), true);
    const x = new Value(rowsOf(one));
    const y = layers.reduce((value, layer) => layer.record(pass, [value]), x);
    t.deepEqual(y.shape, one.outputs.shape);
    t.deepEqual(differences(y.tensor.data, one.outputs.data, tolerance), []);
    const [dx] = pass.backward([{ value: y, gradient: tensorOf(one.delta) }], one.dx ? [x] : []);
    if (one.dx) t.deepEqual(differences(dx!.data, one.dx.data, tolerance, 'dx'), []);
    t.deepEqual(weightDifferences(layers, one.gradients, 'gradients'), []);
  });

  test(`${name}: 50 steps of training are PyTorch's, with one thread and with two`, async (t) => {
    const before = getThreads();
    t.teardown(() => setThreads(before));
    const ends: Float64Array[][] = [];
    for (const threads of [1, 2]) {
      setThreads(threads);
      const { params, y, end } = one.training;
      const net = netOf(one, params);
      const reader = DataReader.fromTensors({ xTrain: rowsOf(one), yTrain: tensorOf(y) });
      await net.train(reader, { shuffle: false });
      t.deepEqual(weightDifferences(net.layers, end, 'weights'), []);
      ends.push(net.layers.flatMap(({ weights }) => Object.values(weights).map(({ data }) => data as Float64Array)));
    }
    t.deepEqual(ends[0], ends[1]);
  });
}
