import { DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, type OptimizerName, Tensor } from 'blasnet';
import type { Point } from 'blasnet/charts';
import { normalNumbers, uniformNumbers } from './random.js';

export interface LineData {
  readonly reader: DataReader;
  /** Mean loss of all points for a line of that slope and offset. */
  readonly loss: (w: number, b: number) => number;
  /** Slope and offset of the least loss. */
  readonly best: Point;
}

/** 200 points of y = 2x + 3 with a little noise, x from [0, 1). */
export function lineData(): LineData {
  const xs = Array.from({ length: 200 }, uniformNumbers(1));
  const ys = normalNumbers(200, 0.05, 2).map((noise, i) => 2 * xs[i]! + 3 + noise);
  const mean = (value: (x: number, y: number) => number) =>
    xs.reduce((sum, x, i) => sum + value(x, ys[i]!), 0) / xs.length;
  const [x, y, xx, xy, yy] = [
    mean((x) => x),
    mean((_, y) => y),
    mean((x) => x * x),
    mean((x, y) => x * y),
    mean((_, y) => y * y),
  ] as const;
  const w = (xy - x * y) / (xx - x * x);
  return {
    reader: DataReader.fromTensors({
      xTrain: Tensor.from(xs.map((x) => [x])),
      yTrain: Tensor.from(ys.map((y) => [y])),
    }),
    // mean((slope · x + offset − y)²) / 2, multiplied out: charts ask for it thousands of times.
    loss: (slope, offset) =>
      (slope * slope * xx + offset * offset + yy) / 2 + slope * offset * x - slope * xy - offset * y,
    best: [w, y - w * x],
  };
}

/** Slope and offset from (0, 0) on, after each iteration with a batch of 10. */
export function linePath(
  reader: DataReader,
  optimizer: OptimizerName,
  learningRate: number,
  iterations: number,
): Point[] {
  const params = new HyperParameters({ netType: 'fitting', initMethod: 'zero', optimizer, learningRate });
  const layer = new FullyConnectedLayer(1, 1);
  const net = new NeuralNet(params, 'line').addLayer(layer);
  const batches = Array.from({ length: reader.numTrain / 10 }, (_, i) => reader.getBatchSamples(10, i));
  const points: Point[] = [[0, 0]];
  for (let i = 0; i < iterations; i++) {
    const { x, y } = batches[i % batches.length]!;
    net.trainOnBatch(x, y);
    points.push([layer.weights.W!.data[0]!, layer.weights.B!.data[0]!]);
  }
  return points;
}
