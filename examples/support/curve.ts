import {
  ActivationLayer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  type InitMethod,
  NeuralNet,
  Tensor,
} from 'blasnet';
import { normalNumbers, uniformNumbers } from './random.js';

/** The curve that a net of four hidden units can just follow. */
export function curve(x: number): number {
  return 0.4 * x * x + 0.3 * x * Math.sin(15 * x) + 0.01 * Math.cos(50 * x) - 0.3;
}

/** 1000 training points and 200 test points of the curve, scattered by a little noise; a tenth are for validation. */
export function curveData(): DataReader {
  const points = (count: number, seed: number) => {
    const xs = Array.from({ length: count }, uniformNumbers(seed));
    const noise = normalNumbers(count, 0.01, seed + 1);
    return [xs.map((x) => [x]), xs.map((x, i) => [curve(x) + noise[i]!])].map((rows) => Tensor.from(rows));
  };
  const [xTrain, yTrain] = points(1000, 1);
  const [xTest, yTest] = points(200, 3);
  const reader = DataReader.fromTensors({ xTrain: xTrain!, yTrain: yTrain!, xTest: xTest!, yTest: yTest! });
  reader.generateValidationSet(10);
  return reader;
}

export interface CurveNetOptions {
  readonly learningRate: number;
  readonly stopLoss: number;
  readonly epochs: number;
  readonly seed: number;
  readonly initMethod?: InitMethod;
}

/** One input, four sigmoid units, one output. */
export function curveNet({ learningRate, stopLoss, epochs, seed, initMethod = 'xavier' }: CurveNetOptions): NeuralNet {
  const params = new HyperParameters({
    netType: 'fitting',
    initMethod,
    learningRate,
    batchSize: 10,
    maxEpoch: epochs,
    stopper: { condition: 'stopLoss', value: stopLoss },
    seed,
  });
  return new NeuralNet(params, 'curve')
    .addLayer(new FullyConnectedLayer(1, 4), 'hidden')
    .addLayer(new ActivationLayer('sigmoid'), 'sigmoid')
    .addLayer(new FullyConnectedLayer(4, 1), 'output');
}
