/** A net with the data and settings it is trained with; the native loop knows it by the same name. */
export interface Workload {
  readonly name: string;
  /** Inputs, hidden layers…, outputs. */
  readonly widths: readonly number[];
  /** After every layer but the last, which is the identity with squared error, or softmax with cross-entropy. */
  readonly hidden: 'sigmoid' | 'relu';
  readonly netType: 'fitting' | 'multipleClassifier';
  readonly data: 'curve' | 'house' | 'images';
  /** Training rows; an epoch is the least that `net.train` does. */
  readonly rows: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Steps after which weights and losses are compared. */
  readonly checkSteps: number;
  /** Steps of the trial from which the length of the others follows. */
  readonly probeSteps: number;
  /** What two threads may take of the time that one takes. */
  readonly twoThreads?: number;
}

/** What one thread of `net.train` may take in times of the hand-written loop. */
export const loopRatio = 1.3;

/** 1 / 1.7 of the time of one thread. */
const twoThreads = 0.59;

export const workloads: readonly Workload[] = [
  {
    name: 'curve',
    widths: [1, 4, 1],
    hidden: 'sigmoid',
    netType: 'fitting',
    data: 'curve',
    rows: 1000,
    batch: 10,
    learningRate: 0.5,
    checkSteps: 20,
    probeSteps: 100_000,
  },
  {
    name: 'house',
    widths: [14, 32, 16, 8, 4, 1],
    hidden: 'relu',
    netType: 'fitting',
    data: 'house',
    rows: 15_561,
    batch: 16,
    learningRate: 0.1,
    checkSteps: 20,
    probeSteps: 20_000,
  },
  {
    name: 'mnist',
    widths: [784, 128, 64, 32, 16, 10],
    hidden: 'relu',
    netType: 'multipleClassifier',
    data: 'images',
    rows: 60_000,
    batch: 64,
    learningRate: 0.1,
    checkSteps: 20,
    probeSteps: 200,
    twoThreads,
  },
  {
    name: 'wide',
    widths: [784, 1024, 1024, 10],
    hidden: 'relu',
    netType: 'multipleClassifier',
    data: 'images',
    rows: 2560,
    batch: 256,
    learningRate: 0.1,
    checkSteps: 5,
    probeSteps: 10,
    twoThreads,
  },
];

export function findWorkload(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (!found)
    throw new RangeError(`Expected one of ${workloads.map((one) => one.name).join(', ')} but received ${name}`);
  return found;
}

/** Weights of one layer, W[inputs×outputs] and B[outputs], as parts of a list of all parameters. */
export interface LayerPart {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** How many floats the weights and biases of all layers are. */
export function parameterCount({ widths }: Workload): number {
  return widths.slice(1).reduce((count, outputs, i) => count + (widths[i]! + 1) * outputs, 0);
}

/** Views of a list that holds, for each layer, W and then B. */
export function layerParts({ widths }: Workload, parameters: Float32Array): LayerPart[] {
  let next = 0;
  const take = (count: number) => {
    next += count;
    return parameters.subarray(next - count, next);
  };
  return widths.slice(1).map((outputs, i) => {
    const inputs = widths[i]!;
    return { inputs, outputs, weights: take(inputs * outputs), bias: take(outputs) };
  });
}
