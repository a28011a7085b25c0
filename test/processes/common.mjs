// What the scripts here share. Each is run by node in a process of its own, from the root of the project.
import { ActivationLayer, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';

/** A net of those sizes and a reader with rows for it; training takes for ever unless maxEpoch says otherwise. */
export function setUp({ sizes = [64, 128, 1], rows = 1000, ...options } = {}) {
  const net = new NeuralNet(
    new HyperParameters({ netType: 'fitting', maxEpoch: 1e9, learningRate: 1e-4, ...options }),
    'net',
  );
  for (let i = 1; i < sizes.length; i++) {
    if (i > 1) net.addLayer(new ActivationLayer('relu'));
    net.addLayer(new FullyConnectedLayer(sizes[i - 1], sizes[i]));
  }
  const waves = (columns) =>
    Tensor.from(
      Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(12.9898 * i) / 2),
      [rows, columns],
    );
  return { net, reader: DataReader.fromTensors({ xTrain: waves(sizes[0]), yTrain: waves(sizes.at(-1)) }) };
}

/** A number that differs where one bit of the weights does. */
export function fingerprint(net) {
  let hash = 17;
  for (const layer of net.layers) {
    for (const { data } of Object.values(layer.weights)) {
      for (const bits of new Uint32Array(data.slice().buffer)) hash = (Math.imul(hash, 31) + bits) >>> 0;
    }
  }
  return hash;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
