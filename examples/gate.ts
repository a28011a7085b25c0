// A layer and a loss of one's own, composed of operations; the gradients follow by themselves. `Gate` lets each number
// through as far as the others say, y = x · sigmoid(x · W); beside it, the same net of built-in layers. `Pinball` makes a net
// predict the value below which nine tenths of the targets lie. `npm run bench -- --only own` compares their speed.
// npm run example -- gate

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
  registerLayer,
  registerLoss,
  Tensor,
  type Value,
} from 'blasnet';

class Gate extends Layer {
  override readonly kind = 'gate';

  override get config() {
    return { type: 'Gate' };
  }

  override build([[features]]: readonly [RowShape, ...RowShape[]]) {
    return { W: { shape: [features!, features!] } };
  }

  override call(ops: Ops, [x]: readonly Value[], { W }: Readonly<Record<string, Value>>): Value {
    return ops.multiply(x!, ops.sigmoid(ops.matmul(x!, W!)));
  }
}
registerLayer('Gate', () => new Gate()); // files can hold nets with it

class Pinball extends Loss {
  override get config() {
    return { type: 'Pinball' };
  }

  override call(ops: Ops, output: Value, target: Value): Value {
    const e = ops.subtract(target, output);
    return ops.mean(ops.maximum(ops.multiply(e, 0.9), ops.multiply(e, -0.1)), -1); // a number for each row
  }
}
registerLoss('Pinball', () => new Pinball());

/** The same of built-in layers. */
function builtIn(x: Node): Node {
  const gate = new FullyConnectedLayer(x.rowShape[0]!, { useBias: false, activation: 'sigmoid' });
  return new MultiplyLayer().apply([x, gate.apply(x, 'gate')]);
}

// The second number tells by its sign whether the first one counts.
const xTrain = Tensor.from(Array.from({ length: 500 }, (_, i) => [Math.sin(i), Math.cos(7 * i)]));
const yTrain = Tensor.from(Array.from({ length: 500 }, (_, i) => [Math.cos(7 * i) > 0 ? Math.sin(i) : 0]));
const reader = DataReader.fromTensors({ xTrain, yTrain });
reader.generateValidationSet(5);

function netWith(
  gate: (x: Node) => Node,
  name: string,
  loss: Loss | 'meanSquaredError' = 'meanSquaredError',
): NeuralNet {
  const x = input([2]);
  const hidden = new FullyConnectedLayer(16, { activation: 'tanh' }).apply(x, 'hidden');
  const outputs = [new FullyConnectedLayer(1).apply(gate(hidden), 'output')];
  const params = new HyperParameters({
    loss,
    optimizer: 'adam',
    learningRate: 0.01,
    batchSize: 32,
    maxEpoch: 200,
    seed: 1,
  });
  return NeuralNet.fromGraph({ inputs: [x], outputs }, params, name);
}

const nets = [netWith((x) => new Gate().apply(x, 'gate'), 'a layer of its own'), netWith(builtIn, 'built-in layers')];
for (const net of nets) {
  const { best, seconds, iterations } = await net.train(reader);
  const step = ((1e6 * seconds) / iterations).toFixed(1);
  console.log(`${net.name}: validation loss ${best.lossValidation!.toFixed(5)}, ${step} µs a step`);
}
const file = 'output/gate/net.safetensors';
await nets[0]!.save(file);
const loaded = await NeuralNet.load(file);
const [open, shut] = loaded.inference(
  Tensor.from([
    [0.8, 0.9],
    [0.8, -0.9],
  ]),
).data;
console.log(`loaded from ${file}: 0.8 becomes ${open!.toFixed(2)} with 0.9, and ${shut!.toFixed(2)} with -0.9`);

// Targets with noise from −1 to 1, which no net can tell.
const noisy = Tensor.from(
  yTrain.data.map((y, i) => y + Math.sin(i * i)),
  [500, 1],
);
const quantile = netWith(builtIn, 'quantile', new Pinball());
await quantile.train(DataReader.fromTensors({ xTrain, yTrain: noisy }));
const predicted = quantile.inference(xTrain).data;
const below = noisy.data.filter((y, i) => y <= predicted[i]!).length / noisy.size;
console.log(`Pinball: ${(100 * below).toFixed(0)} % of the targets lie below their predictions`);
