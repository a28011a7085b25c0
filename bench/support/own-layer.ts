// A net with a layer that its user composed of operations, beside one of built-in layers that computes the same. Prints
// the microseconds of a training step of 'own' or 'built-in', or by how much their weights differ after 'check'.
import {
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  input,
  Layer,
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

/** In both, the layer 'gate' has the weights. */
const gates = {
  own: (x: Node) => new Gate().apply(x, 'gate'),
  'built-in': (x: Node) => {
    const gate = new FullyConnectedLayer(features, { useBias: false, activation: 'sigmoid' });
    return new MultiplyLayer().apply([x, gate.apply(x, 'gate')]);
  },
} satisfies Record<string, (x: Node) => Node>;

/** Numbers that are the same for each net. */
const numbers = (count: number, scale: number) =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * i));

function netWith(kind: keyof typeof gates, maxEpoch: number): NeuralNet {
  const x = input([features]);
  const hidden = new FullyConnectedLayer(features, { activation: 'tanh' }).apply(x, 'hidden');
  const outputs = [new FullyConnectedLayer(1).apply(gates[kind](hidden), 'output')];
  const params = new HyperParameters({ netType: 'fitting', learningRate: 0.01, batchSize, maxEpoch });
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
async function trained(kind: keyof typeof gates, epochs = 2): Promise<Float32Array> {
  const net = netWith(kind, epochs);
  await net.train(reader());
  const weights = ['hidden', 'gate', 'output'].flatMap((name) => Object.values(net.getLayer(name).weights));
  return Float32Array.from(weights.flatMap(({ data }) => [...data]));
}

/** Microseconds of a training step on one thread, in the second of two runs. */
async function timed(kind: keyof typeof gates, seconds: number): Promise<number> {
  const data = reader();
  const first = await netWith(kind, 20).train(data);
  const epochs = Math.max(1, Math.round((seconds * 20) / first.seconds));
  const { seconds: taken, iterations } = await netWith(kind, epochs).train(data);
  return (taken / iterations) * 1e6;
}

const [task, seconds] = process.argv.slice(2);
setThreads(1);
if (task === 'check') console.log(largestDifference(await trained('own'), await trained('built-in')));
else console.log(await timed(task as keyof typeof gates, Number(seconds)));
