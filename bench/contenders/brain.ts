import type { Contender } from '../contender.js';
import { rival, rivalVersion } from '../rivals.js';
import { predictByBrain } from '../sequences/brain.js';
import { type Setup, trainBySteps } from '../stepping.js';
import { layerParts } from '../workloads.js';

/** As much of brain.js as is used here. Weights are [layer][output][input]; layer 0 is the input. */
interface BrainNet {
  initialize(): void;
  updateTrainingOptions(options: object): void;
  readonly sizes: number[];
  readonly weights: Float32Array[][];
  readonly biases: Float32Array[];
  readonly outputs: Float32Array[];
  trainPattern(value: { input: Float32Array; output: Float32Array }, wantsError: boolean): number | null;
}
interface Brain {
  NeuralNetwork: new (options: object) => BrainNet;
}

/** Its class in plain JavaScript, which knows sigmoids everywhere, squared errors, and an update after every row. */
export const contender: Contender = {
  name: 'brain.js',
  family: 'JavaScript',
  variants: [{ threads: 1, dtype: 'float32' }],
  isForFullRuns: true,
  async about() {
    rival<Brain>('brain.js');
    return rivalVersion('brain.js');
  },
  // Its Adam corrects the biases by the moments of the step before.
  take: (workload) =>
    workload.optimizer === 'sgd'
      ? {
          workload: { ...workload, batch: 1, hidden: 'sigmoid', last: 'sigmoid' },
          note: 'updates row by row, sigmoids, squared error',
        }
      : undefined,
  train: trainBySteps(create),
  sequenceNets: ['lstm', 'gru'],
  sequences: predictByBrain,
};

function create({ workload, x, y, parameters }: Setup) {
  const { widths, learningRate } = workload;
  const { NeuralNetwork } = rival<Brain>('brain.js');
  const [inputs, outputs] = [widths[0]!, widths.at(-1)!];
  const net = new NeuralNetwork({
    inputSize: inputs,
    outputSize: outputs,
    hiddenLayers: widths.slice(1, -1),
    activation: 'sigmoid',
  });
  net.initialize();
  net.updateTrainingOptions({ learningRate, momentum: 1e-9 }); // it refuses 0
  const parts = layerParts(workload, parameters);
  parts.forEach((part, i) => {
    net.weights[i + 1]!.forEach((weights, output) => {
      weights.forEach((_, input) => {
        weights[input] = part.weights[input * part.outputs + output]!;
      });
    });
    net.biases[i + 1]!.set(part.bias);
  });
  const rows = Array.from({ length: x.length / inputs }, (_, row) => ({
    input: x.slice(row * inputs, (row + 1) * inputs),
    output: y.slice(row * outputs, (row + 1) * outputs),
  }));
  return {
    step(row: number, wantsLoss: boolean): number {
      net.trainPattern(rows[row]!, false);
      if (!wantsLoss) return 0;
      const { output } = rows[row]!; // the net still holds what it predicted before the update
      return net.outputs.at(-1)!.reduce((sum, a, i) => sum + (a - output[i]!) ** 2 / 2, 0);
    },
    parameters: () =>
      Float32Array.from(
        parts.flatMap((part, i) => [
          ...part.weights.map((_, at) => net.weights[i + 1]![at % part.outputs]![Math.floor(at / part.outputs)]!),
          ...net.biases[i + 1]!,
        ]),
      ),
  };
}
