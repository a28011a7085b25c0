// Nets with a layer, or a loss, that their user composed of operations, beside built-in ones that compute the same. Prints
// the microseconds of a training step of such a net, or by how much the weights of two differ after 'check'.
import {
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  input,
  Layer,
  Loss,
  MultiplyLayer,
  NeuralNet,
  type Node,
  type Ops,
  type RowShape,
  setThreads,
  Tensor,
  type Value,
} from 'blasnet';
import { largestDifference } from '../statistics.js';

const [features, rows, batchSize] = [64, 6400, 64];

class Gate extends Layer {
  override build([[width]]: readonly [RowShape, ...RowShape[]]) {
    return { W: { shape: [width!, width!] } };
  }
  override call(ops: Ops, [x]: readonly Value[], { W }: Readonly<Record<string, Value>>): Value {
    return ops.multiply(x!, ops.sigmoid(ops.matmul(x!, W!)));
  }
}

/** Half of |e|: the pinball loss of the median. Twice of it is the mean absolute error. */
class Pinball extends Loss {
  override call(ops: Ops, output: Value, target: Value): Value {
    const e = ops.subtract(target, output);
    return ops.mean(ops.maximum(ops.multiply(e, 0.5), ops.multiply(e, -0.5)), -1);
  }
}

function builtInGate(x: Node): Node {
  const gate = new FullyConnectedLayer(features, { useBias: false, activation: 'sigmoid' });
  return new MultiplyLayer().apply([x, gate.apply(x, 'gate')]);
}

/** In all, the layer 'gate' has the weights. */
const kinds = {
  'own layer': { gate: (x: Node) => new Gate().apply(x, 'gate'), params: { loss: 'meanSquaredError' } },
  'built-in layers': { gate: builtInGate, params: { loss: 'meanSquaredError' } },
  'own loss': { gate: builtInGate, params: { loss: new Pinball(), lossWeights: { output: 2 } } },
  'built-in loss': { gate: builtInGate, params: { loss: 'meanAbsoluteError' } },
} as const;
type Kind = keyof typeof kinds;

/** Numbers that are the same for each net. */
const numbers = (count: number, scale: number) =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * i));

function netWith(kind: Kind, maxEpoch: number): NeuralNet {
  const x = input([features]);
  const hidden = new FullyConnectedLayer(features, { activation: 'tanh' }).apply(x, 'hidden');
  const outputs = [new FullyConnectedLayer(1).apply(kinds[kind].gate(hidden), 'output')];
  const params = new HyperParameters({ ...kinds[kind].params, learningRate: 0.01, batchSize, maxEpoch });
  const net = NeuralNet.fromGraph({ inputs: [x], outputs }, params, kind);
  for (const layer of net.layers) {
    const weights = Object.entries(layer.weights);
    layer.setWeights(
      Object.fromEntries(weights.map(([name, { size, shape }]) => [name, Tensor.from(numbers(size, 0.1), shape)])),
    );
  }
  return net;
}

function reader(): DataReader {
  const xTrain = Tensor.from(numbers(rows * features, 1), [rows, features]);
  return DataReader.fromTensors({ xTrain, yTrain: Tensor.from(numbers(rows, 1), [rows, 1]) });
}

/** The weights of a net after training; the same for both but for rounding. */
async function trained(kind: Kind, epochs = 2): Promise<Float32Array> {
  const net = netWith(kind, epochs);
  await net.train(reader());
  const weights = ['hidden', 'gate', 'output'].flatMap((name) => Object.values(net.getLayer(name).weights));
  return Float32Array.from(weights.flatMap(({ data }) => [...data]));
}

/** Microseconds of a training step on one thread, in the second of two runs. */
async function timed(kind: Kind, seconds: number): Promise<number> {
  const data = reader();
  const first = await netWith(kind, 20).train(data);
  const epochs = Math.max(1, Math.round((seconds * 20) / first.seconds));
  const { seconds: taken, iterations } = await netWith(kind, epochs).train(data);
  return (taken / iterations) * 1e6;
}

const [task, ...rest] = process.argv.slice(2);
setThreads(1);
if (task === 'check') console.log(largestDifference(await trained(rest[0] as Kind), await trained(rest[1] as Kind)));
else console.log(await timed(task as Kind, Number(rest[0])));
