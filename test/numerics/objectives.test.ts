// Training with several losses, and with weights of rows, against PyTorch in float64; see
// test/fixtures/reference/objectives.py.
import test from 'ava';
import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  input,
  Layer,
  type LossOptions,
  NeuralNet,
  type Node,
  type Ops,
  type Value,
} from 'blasnet';
import { differences, type Numbers, readReference, tensorOf } from '../support/numerics.js';
import { streamOf } from '../support/objectives.js';

type Block = Readonly<Record<'W' | 'B', Numbers>>;

interface ObjectiveRun {
  readonly params: Partial<HyperParameterOptions> & { readonly maxEpoch: number; readonly batchSize: number };
  readonly outputs: Readonly<Record<string, Output>>;
  readonly x: Numbers;
  readonly y: Readonly<Record<string, Numbers>>;
  readonly sampleWeight?: Numbers;
  readonly start: Readonly<Record<string, Block>>;
  readonly end: Readonly<Record<string, Block>>;
  readonly lossTrain: readonly number[];
  readonly endLosses: Readonly<Record<string, number>>;
}

interface Output {
  readonly loss: Exclude<LossOptions, string>;
  readonly weight: number;
  readonly kind: 'softmax' | 'sigmoid' | 'exp' | null;
  readonly width: number;
}

class Exponential extends Layer {
  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.exp(x!);
  }
}

function layerWith({ W, B }: Block): FullyConnectedLayer {
  const layer = new FullyConnectedLayer(W.shape[0]!, W.shape[1]!, { dtype: 'float64' });
  layer.setWeights({ W: tensorOf(W), B: tensorOf(B) });
  return layer;
}

function netOf({ params, outputs, start }: ObjectiveRun): NeuralNet {
  const x = input([3]);
  const hidden = new ActivationLayer('tanh').apply(layerWith(start.hidden!).apply(x, 'hidden'));
  const nodes = Object.entries(outputs).map(([name, { kind }]): Node => {
    const z = layerWith(start[name]!).apply(hidden, kind ? `${name} z` : name);
    if (!kind) return z;
    return (kind === 'exp' ? new Exponential() : new ClassificationLayer(kind)).apply(z, name);
  });
  const losses = Object.entries(outputs).map(([name, { loss }]) => [name, loss] as const);
  const weights = Object.entries(outputs).map(([name, { weight }]) => [name, weight] as const);
  const hyper = new HyperParameters({
    loss: Object.fromEntries(losses),
    lossWeights: Object.fromEntries(weights),
    dtype: 'float64',
    ...params,
  });
  return NeuralNet.fromGraph({ inputs: [x], outputs: nodes }, hyper, 'net');
}

const tolerance = { rtol: 1e-9, atol: 1e-12 };
const parts = await readReference<Record<'several' | 'weighted', ObjectiveRun[]>>('objectives');

for (const [part, runs] of Object.entries(parts)) {
  for (const [i, run] of runs.entries()) {
    const names = Object.values(run.outputs).map(({ loss }) => JSON.stringify(loss));
    test(`${part} ${i}, ${run.params.optimizer}: ${names.join(', ')}`, async (t) => {
      const [x, outputs] = [tensorOf(run.x), Object.keys(run.outputs)];
      const labels = Object.fromEntries(outputs.map((name) => [name, tensorOf(run.y[name]!)]));
      const y = outputs.length === 1 ? labels[outputs[0]!]! : labels;
      const sampleWeight = run.sampleWeight && tensorOf(run.sampleWeight);
      const reader = DataReader.fromTensors({ xTrain: x, yTrain: y });
      const sources = part === 'several' || i % 8 === 0 ? [reader, streamOf(x, y, 5)] : [reader];
      for (const source of sources) {
        const net = netOf(run);
        const { records } = await net.train(await source, { shuffle: false, sampleWeight });
        const lossTrain = records.map((record) => record.lossTrain);
        t.deepEqual(differences(lossTrain, run.lossTrain, tolerance, 'lossTrain'), []);
        const missed = Object.entries(run.end).flatMap(([layer, block]) => {
          const own = run.outputs[layer]?.kind ? `${layer} z` : layer;
          return Object.entries(block).flatMap(([key, { data }]) =>
            differences(net.getLayer(own).weights[key]!.data, data, tolerance, `${layer}.${key}`),
          );
        });
        t.deepEqual(missed, []);
        const { loss, metrics } = net.test(x, y);
        const total = outputs.map((name) => run.outputs[name]!.weight * run.endLosses[name]!);
        t.deepEqual(differences([loss], [total.reduce((sum, own) => sum + own)], tolerance, 'loss'), []);
        if (outputs.length === 1) continue;
        const ends = outputs.map((name) => metrics?.[`${name}.loss`] as number);
        t.deepEqual(differences(ends, Object.values(run.endLosses), tolerance, 'losses'), []);
      }
    });
  }
}
