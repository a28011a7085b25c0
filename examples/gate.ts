// A layer of one's own with weights: `Gate` lets each number through as far as the others say, y = x · sigmoid(x · W). It
// says its parameters and its output in operations; the gradient follows by itself. Beside it, the same net of built-in
// layers. `npm run bench -- --only own` compares their speed.
// npm run example -- gate

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
  registerLayer,
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

function netWith(gate: (x: Node) => Node, name: string): NeuralNet {
  const x = input([2]);
  const hidden = new FullyConnectedLayer(16, { activation: 'tanh' }).apply(x, 'hidden');
  const outputs = [new FullyConnectedLayer(1).apply(gate(hidden), 'output')];
  const params = new HyperParameters({
    netType: 'fitting',
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
  const { best } = await net.train(reader);
  console.log(`${net.name}: validation loss ${best.lossValidation!.toFixed(5)}`);
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
