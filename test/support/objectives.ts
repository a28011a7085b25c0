import {
  ActivationLayer,
  ClassificationLayer,
  DataReader,
  FullyConnectedLayer,
  type HyperParameterOptions,
  HyperParameters,
  NeuralNet,
  type RowBatch,
  Tensor,
} from 'blasnet';
import { rowsOfNumbers } from './nets.js';

/** Weights do not change: figures of training are those of the net. */
export const still = { optimizer: 'sgd', learningRate: 1e-300, dtype: 'float64' } as const;

/** Random rows, as float64. */
export const float64 = (rows: number, columns: number, seed: number) =>
  rowsOfNumbers(rows, columns, seed).clone('float64');

/** One-hot rows of the class that the features suggest, with errors. */
export function classesOf(x: Tensor, classes: number): Tensor {
  const y = Tensor.zeros([x.rows, classes], x.dtype);
  for (let i = 0; i < x.rows; i++) {
    const features = [...x.data.subarray(i * x.rowSize, i * x.rowSize + classes)];
    y.data[i * classes + (i % 7 === 0 ? 0 : features.indexOf(Math.max(...features)))] = 1;
  }
  return y;
}

/** Rows of 0 and 1 that the features suggest. */
export function answersOf(x: Tensor, columns = 1): Tensor {
  const y = Tensor.zeros([x.rows, columns], x.dtype);
  for (let i = 0; i < y.size; i++) y.data[i] = Number(x.data[i] !== undefined && x.data[i]! + x.data[i + 1]! > 0.1);
  return y;
}

/** A net of one hidden layer. */
export function netWith(options: HyperParameterOptions, outputs: number, last?: 'softmax' | 'sigmoid'): NeuralNet {
  const net = new NeuralNet(new HyperParameters({ dtype: 'float64', seed: 4, ...options }), 'net')
    .addLayer(new FullyConnectedLayer(4, 6), 'fc1')
    .addLayer(new ActivationLayer('tanh'), 'tanh')
    .addLayer(new FullyConnectedLayer(6, outputs), 'fc2');
  return last ? net.addLayer(new ClassificationLayer(last), 'last') : net;
}

/** Fifty rows of features. */
export const x = float64(50, 4, 1);
/** Two numbers for each of them. */
export const numbersY = float64(50, 2, 2);

/** A stream of such rows, `size` in a batch, once it has been read. */
export async function streamOf(
  x: Tensor,
  y: Tensor | Readonly<Record<string, Tensor>>,
  size: number,
): Promise<DataReader> {
  const partOf = (tensor: Tensor, first: number) => tensor.slice(first, Math.min(first + size, tensor.rows)).clone();
  const labelsOf = (first: number) =>
    y instanceof Tensor
      ? partOf(y, first)
      : Object.fromEntries(Object.entries(y).map(([name, one]) => [name, partOf(one, first)]));
  const reader = DataReader.fromBatches(() =>
    Array.from(
      { length: Math.ceil(x.rows / size) },
      (_, i) => ({ x: partOf(x, i * size), y: labelsOf(i * size) }) as RowBatch,
    ),
  );
  await reader.readData();
  return reader;
}
