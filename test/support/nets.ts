import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  NeuralNet,
  PlainLayer,
  Tensor,
} from 'blasnet';

/** Numbers from −1 to 1 that look random and are the same everywhere. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** rows × columns of such numbers. */
export function rowsOfNumbers(rows: number, columns: number, seed = 1): Tensor {
  return Tensor.from(numbers(rows * columns, seed), [rows, columns]);
}

/** Labels that a net can learn: means of sines of the features. */
export function labelsFor(x: Tensor): Tensor {
  const labels = new Float32Array(x.rows);
  for (let i = 0; i < x.size; i++)
    labels[Math.floor(i / x.rowSize)]! += Math.sin(x.data[i]! + (i % x.rowSize)) / x.rowSize;
  return Tensor.from(labels, [x.rows, 1]);
}

/** A reader with labels to fit. */
export function fittingReader(rows: number, columns: number, seed = 1): DataReader {
  const xTrain = rowsOfNumbers(rows, columns, seed);
  return DataReader.fromTensors({ xTrain, yTrain: labelsFor(xTrain) });
}

/** A fully connected net for fitting, with relu between its layers `fc1`, `fc2`, …. */
export function fittingNet(sizes: readonly number[], options: Partial<HyperParameterOptions> = {}): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', ...options }), 'test net');
  for (let i = 1; i < sizes.length; i++) {
    if (i > 1) net.addLayer(new ActivationLayer('relu'), `relu${i - 1}`);
    net.addLayer(new FullyConnectedLayer(sizes[i - 1]!, sizes[i]!), `fc${i}`);
  }
  return net;
}

/** A net for several classes: fully connected, then softmax. */
export function classifier(inputs: number, classes: number, options: Partial<HyperParameterOptions> = {}): NeuralNet {
  return new NeuralNet(new HyperParameters({ netType: 'multipleClassifier', ...options }), 'classifier')
    .addLayer(new FullyConnectedLayer(inputs, classes), 'fc1')
    .addLayer(new ClassificationLayer('softmax'), 'softmax');
}

/** All weights of a net, in the order of its layers. */
export function weightsOf(net: NeuralNet): number[] {
  return net.layers.flatMap((layer) => Object.values(layer.weights).flatMap(({ data }) => [...data]));
}

/** A layer of one's own that passes everything on as it is. */
export class PassingLayer extends PlainLayer {
  override readonly kind: string = 'passing';
  override outputShape(input: readonly number[]): readonly number[] {
    return input;
  }
  override forward(x: Tensor): Tensor {
    return x;
  }
  override backward(delta: Tensor): Tensor {
    return delta;
  }
}
