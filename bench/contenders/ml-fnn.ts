import type { Contender } from '../contender.js';
import { rival, rivalVersion } from '../rivals.js';
import { type Setup, trainBySteps } from '../stepping.js';
import { layerParts } from '../workloads.js';

/** As much of ml-fnn and ml-matrix as is used here. */
interface Matrix {
  readonly rows: number;
  get(row: number, column: number): number;
  to1DArray(): number[];
}
interface FeedForward {
  readonly model: { readonly W: Matrix; readonly b: Matrix }[];
  propagate(x: Matrix): Matrix;
  backpropagation(x: Matrix, labels: readonly number[], probabilities: Matrix): void;
}
interface Mljs {
  load(model: object): FeedForward;
}
interface MlMatrix {
  Matrix: { from1DArray(rows: number, columns: number, values: ArrayLike<number>): Matrix };
}

/** It knows softmax with cross-entropy and plain descent; of its activations only tanh has the right derivative. */
export const contender: Contender = {
  name: 'ml-fnn',
  family: 'JavaScript',
  variants: [{ threads: 1, dtype: 'float64' }],
  isForFullRuns: true,
  async about() {
    rival<Mljs>('ml-fnn');
    return rivalVersion('ml-fnn');
  },
  take: (workload) =>
    workload.optimizer === 'sgd' && workload.last === 'softmax'
      ? { workload: { ...workload, hidden: 'tanh' }, note: 'tanh' }
      : undefined,
  train: trainBySteps(create),
};

function create({ workload, x, y, parameters }: Setup) {
  const { Matrix } = rival<MlMatrix>('ml-matrix');
  const { widths, batch, learningRate } = workload;
  const [inputs, outputs] = [widths[0]!, widths.at(-1)!];
  const classes = Array.from({ length: outputs }, (_, i) => i);
  const shared = { regularization: 0, epsilon: learningRate / batch }; // it descends by sums over the batch
  const net = rival<Mljs>('ml-fnn').load({
    model: 'FNN',
    hiddenLayers: widths.slice(1, -1),
    dicts: { inputs: classes, outputs: classes },
    layers: layerParts(workload, parameters).map((part) => ({
      model: 'Layer',
      activation: 'tanh', // of the last one, too: each layer multiplies by the derivative of the one below
      W: Matrix.from1DArray(part.inputs, part.outputs, part.weights),
      b: Matrix.from1DArray(1, part.outputs, part.bias),
      ...shared,
    })),
  });
  const batches = Array.from({ length: Math.floor(x.length / inputs / batch) }, (_, i) => ({
    x: Matrix.from1DArray(batch, inputs, x.subarray(i * batch * inputs, (i + 1) * batch * inputs)),
    labels: Array.from({ length: batch }, (_, row) => y.indexOf(1, (i * batch + row) * outputs) % outputs),
  }));
  return {
    // Its public `train` numbers the classes anew for every batch, in the order in which they appear there.
    step(at: number, wantsLoss: boolean): number {
      const { x, labels } = batches[at]!;
      const probabilities = net.propagate(x);
      const loss = wantsLoss
        ? labels.reduce((sum, label, row) => sum - Math.log(probabilities.get(row, label)), 0) / batch
        : 0;
      net.backpropagation(x, labels, probabilities);
      return loss;
    },
    parameters: () => Float32Array.from(net.model.flatMap(({ W, b }) => [...W.to1DArray(), ...b.to1DArray()])),
  };
}
