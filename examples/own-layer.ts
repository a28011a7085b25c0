// Layers that blasnet does not have. One is composed of operations: its gradient follows by itself, and C++ replays it like
// any other layer. One is in plain TypeScript, for which the net steps call by call. Both are y = x · sigmoid(x), as the
// built-in activation 'silu' is, so all three nets learn the same.
// npm run example -- own-layer

import {
  ActivationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  Layer,
  NeuralNet,
  type Ops,
  PlainLayer,
  type RowShape,
  Tensor,
  type Value,
} from 'blasnet';

/** In operations: what to compute, and nothing else. */
class Composed extends Layer {
  override readonly kind = 'composed swish';

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.multiply(x!, ops.sigmoid(x!));
  }
}

/** In plain TypeScript: numbers in, numbers out. Slow, and handy for trying an idea. */
class Plain extends PlainLayer {
  override readonly kind = 'plain swish';
  #x?: Tensor;

  override outputShape(input: RowShape): RowShape {
    return input;
  }

  forward(x: Tensor): Tensor {
    this.#x = x;
    return Tensor.from(
      x.data.map((value) => value * sigmoid(value)),
      x.shape,
    );
  }

  backward(delta: Tensor): Tensor {
    const { data } = this.#x!;
    const derivative = (x: number) => sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    return Tensor.from(
      delta.data.map((value, i) => value * derivative(data[i]!)),
      delta.shape,
    );
  }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const xTrain = Tensor.from(Array.from({ length: 400 }, (_, i) => [i / 200 - 1]));
const yTrain = Tensor.from([...xTrain.data].map((x) => [Math.sin(3 * x)]));
const reader = DataReader.fromTensors({ xTrain, yTrain });

for (const layer of [new ActivationLayer('silu'), new Composed(), new Plain()]) {
  const params = new HyperParameters({
    netType: 'fitting',
    optimizer: 'adam',
    learningRate: 0.03,
    maxEpoch: 150,
    seed: 1,
  });
  const net = new NeuralNet(params, layer.kind)
    .addLayer(new FullyConnectedLayer(1, 16), 'hidden')
    .addLayer(layer, 'swish')
    .addLayer(new FullyConnectedLayer(16, 1), 'output');
  const { seconds, iterations, best } = await net.train(reader);
  const microseconds = (seconds / iterations) * 1e6;
  console.log(`${layer.kind}: loss ${best.lossTrain.toFixed(5)}, ${microseconds.toFixed(1)} µs a step`);
}
