// Two layers that blasnet does not have: one composed of its kernels, which C++ replays like any other, and one in plain
// TypeScript, for which the net steps call by call. Both are y = x · sigmoid(x), so both nets learn the same.
// npm run example -- own-layer

import {
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  Layer,
  NeuralNet,
  PlainLayer,
  type RowShape,
  type Runner,
  Tensor,
} from 'blasnet';

/** From kernels: the passes only name them; whether they run at once or are recorded is the runner's affair. */
class Composed extends Layer {
  readonly kind = 'composed swish';
  #x?: Tensor;
  #y?: Tensor;

  outputShape(input: RowShape): RowShape {
    return input;
  }

  forwardPass(runner: Runner, x: Tensor): Tensor {
    const y = runner.tensor(x.shape);
    runner.run('silu_forward', { x, y, parameter: 0 });
    [this.#x, this.#y] = [x, y];
    return y;
  }

  backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    if (!needsInputDelta) return null;
    const dx = runner.tensor(dy.shape);
    runner.run('silu_backward', { x: this.#x!, y: this.#y!, dy, dx, parameter: 0 });
    return dx;
  }
}

/** In plain TypeScript: numbers in, numbers out. Slow, and handy for trying an idea. */
class Plain extends PlainLayer {
  readonly kind = 'plain swish';
  #x?: Tensor;

  outputShape(input: RowShape): RowShape {
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

for (const layer of [new Composed(), new Plain()]) {
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
