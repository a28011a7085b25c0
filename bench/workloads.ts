/** A net with the data and settings it is trained with. All that a trial needs to know of it; goes along as JSON. */
export interface Workload {
  readonly name: string;
  /** Inputs, hidden layers…, outputs; fully connected. */
  readonly widths: readonly number[];
  /** After every layer but the last. */
  readonly hidden: 'sigmoid' | 'relu' | 'tanh';
  /** After the last layer: identity or sigmoid with squared error, softmax with cross-entropy. */
  readonly last: 'identity' | 'sigmoid' | 'softmax';
  readonly data: 'curve' | 'house' | 'images';
  /** Training rows; an epoch is the least that `net.train` does. */
  readonly rows: number;
  readonly batch: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** Steps after which weights and losses are compared. */
  readonly checkSteps: number;
}

export const optimizers = ['sgd', 'adam'] as const;
export type OptimizerName = (typeof optimizers)[number];

/** A workload before its optimizer is chosen. */
interface Net extends Omit<Workload, 'optimizer' | 'learningRate'> {
  readonly rates: Readonly<Record<OptimizerName, number>>;
}

const nets: readonly Net[] = [
  {
    name: 'curve',
    widths: [1, 4, 1],
    hidden: 'sigmoid',
    last: 'identity',
    data: 'curve',
    rows: 1000,
    batch: 10,
    rates: { sgd: 0.5, adam: 0.001 },
    checkSteps: 20,
  },
  {
    name: 'house',
    widths: [14, 32, 16, 8, 4, 1],
    hidden: 'relu',
    last: 'identity',
    data: 'house',
    rows: 15_561,
    batch: 16,
    rates: { sgd: 0.1, adam: 0.001 },
    checkSteps: 20,
  },
  {
    name: 'mnist',
    widths: [784, 128, 64, 32, 16, 10],
    hidden: 'relu',
    last: 'softmax',
    data: 'images',
    rows: 60_000,
    batch: 64,
    rates: { sgd: 0.1, adam: 0.001 },
    checkSteps: 10,
  },
  {
    name: 'wide',
    widths: [784, 1024, 1024, 10],
    hidden: 'relu',
    last: 'softmax',
    data: 'images',
    rows: 2560,
    batch: 256,
    rates: { sgd: 0.1, adam: 0.001 },
    checkSteps: 2,
  },
];

export const workloadNames = nets.map(({ name }) => name);

/** The workload of that name, to be trained by that optimizer. */
export function findWorkload(name: string, optimizer: OptimizerName = 'sgd'): Workload {
  const found = nets.find((net) => net.name === name);
  if (!found) throw new RangeError(`Expected one of ${workloadNames.join(', ')} but received ${name}`);
  const { rates, ...net } = found;
  return { ...net, optimizer, learningRate: rates[optimizer] };
}

/** `mnist, sgd`: what a workload is called where both optimizers are shown. */
export const titleOf = ({ name, optimizer }: Workload) => `${name}, ${optimizer}`;

/** `784-128-10, batch 64` */
export const shapeOf = ({ widths, batch }: Workload) => `${widths.join('-')}, batch ${batch}`;

/** Weights of one layer, W[inputs×outputs] and B[outputs], as parts of a list of all parameters. */
export interface LayerPart {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** How many floats the weights and biases of all layers are. */
export function parameterCount({ widths }: Pick<Workload, 'widths'>): number {
  return widths.slice(1).reduce((count, outputs, i) => count + (widths[i]! + 1) * outputs, 0);
}

/** Operations of the products of one training step; the first layer's input needs no delta. */
export function flopsPerStep({ widths, batch }: Pick<Workload, 'widths' | 'batch'>): number {
  const products = widths.slice(1).map((outputs, i) => widths[i]! * outputs * (i === 0 ? 2 : 3));
  return 2 * batch * products.reduce((sum, product) => sum + product, 0);
}

/** Views of a list that holds, for each layer, W and then B. */
export function layerParts({ widths }: Pick<Workload, 'widths'>, parameters: Float32Array): LayerPart[] {
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
