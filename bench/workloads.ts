/** A net with the data and settings it is trained with. All that a trial needs to know of it; goes along as JSON. */
export interface Workload {
  readonly name: string;
  /** Inputs, hidden layers…, outputs; fully connected. */
  readonly widths: readonly number[];
  /** What comes before them, where the rows are images; the first width is then what comes out of it. */
  readonly convolutions?: Convolutions;
  /** After every layer but the last. */
  readonly hidden: 'sigmoid' | 'relu' | 'tanh';
  /** After the last layer: identity or sigmoid with squared error, softmax with cross-entropy. */
  readonly last: 'identity' | 'sigmoid' | 'softmax';
  readonly data: 'curve' | 'house' | 'images' | 'noise';
  /** Training rows; an epoch is the least that `net.train` does. */
  readonly rows: number;
  readonly batch: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** Steps after which weights and losses are compared. */
  readonly checkSteps: number;
}

/** Convolutions with relu, some with max pooling of 2×2 behind it. */
export interface Convolutions {
  /** Channels, height, width. */
  readonly inputShape: readonly [number, number, number];
  readonly layers: readonly {
    readonly filters: number;
    readonly kernelSize: number;
    readonly padding: number;
    readonly pools: boolean;
  }[];
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
  {
    name: 'lenet',
    convolutions: {
      inputShape: [1, 28, 28],
      layers: [
        { filters: 6, kernelSize: 5, padding: 2, pools: true },
        { filters: 16, kernelSize: 5, padding: 0, pools: true },
      ],
    },
    widths: [400, 120, 84, 10],
    hidden: 'relu',
    last: 'softmax',
    data: 'images',
    rows: 6400,
    batch: 64,
    rates: { sgd: 0.1, adam: 0.001 },
    checkSteps: 5,
  },
  {
    name: 'vgg',
    convolutions: {
      inputShape: [3, 32, 32],
      layers: [32, 32, 64, 64].map((filters, i) => ({ filters, kernelSize: 3, padding: 1, pools: i % 2 === 1 })),
    },
    widths: [4096, 128, 10],
    hidden: 'relu',
    last: 'softmax',
    data: 'noise',
    rows: 320,
    batch: 64,
    rates: { sgd: 0.01, adam: 0.001 },
    checkSteps: 1,
  },
  // Two equal convolutions, the second with all three passes, and next to nothing behind them.
  ...(
    [
      [64, 32],
      [128, 16],
    ] as const
  ).map(
    ([channels, side]): Net => ({
      name: `conv${channels}`,
      convolutions: {
        inputShape: [channels, side, side],
        layers: [0, 1].map((at) => ({ filters: channels, kernelSize: 3, padding: 1, pools: at === 1 })),
      },
      widths: [channels * (side / 2) ** 2, 2],
      hidden: 'relu',
      last: 'softmax',
      data: 'noise',
      rows: 64,
      batch: 16,
      rates: { sgd: 0.01, adam: 0.001 },
      checkSteps: 1,
    }),
  ),
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
export function shapeOf({ widths, batch, convolutions }: Workload): string {
  const images = convolutions && [
    convolutions.inputShape.join('×'),
    ...convolutions.layers.map(
      ({ filters, kernelSize, pools }) => `${filters}@${kernelSize}×${kernelSize}${pools ? '↓' : ''}`,
    ),
  ];
  return `${[...(images ?? []), ...widths].join('-')}, batch ${batch}`;
}

/** Numbers of one row of the data. */
export function inputsOf({ widths, convolutions }: NetShape): number {
  return convolutions ? convolutions.inputShape.reduce((product, size) => product * size, 1) : widths[0]!;
}

/** Weights of one layer, W[inputs×outputs] and B[outputs], as parts of a list of all parameters. */
export interface LayerPart {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

type NetShape = Pick<Workload, 'widths' | 'convolutions'>;

/** Channels, height and width of what a convolution reads and, before its pooling, writes. */
export interface ConvolutionShape {
  readonly input: readonly [number, number, number];
  readonly output: readonly [number, number, number];
  readonly kernelSize: number;
  readonly padding: number;
  readonly pools: boolean;
}

export function convolutionShapes({ convolutions }: Pick<Workload, 'convolutions'>): ConvolutionShape[] {
  let input = convolutions?.inputShape ?? ([0, 0, 0] as const);
  return (convolutions?.layers ?? []).map(({ filters, kernelSize, padding, pools }) => {
    const side = (size: number) => size + 2 * padding - kernelSize + 1;
    const output = [filters, side(input[1]), side(input[2])] as const;
    const shape = { input, output, kernelSize, padding, pools };
    input = pools ? [filters, output[1] >> 1, output[2] >> 1] : output;
    return shape;
  });
}

/** Inputs and outputs of each product: of a convolution the numbers under its kernel, and its filters. */
function products(net: NetShape): { inputs: number; outputs: number; times: number }[] {
  const convolved = convolutionShapes(net).map(({ input, output, kernelSize }) => {
    return { inputs: input[0] * kernelSize ** 2, outputs: output[0], times: output[1] * output[2] };
  });
  const full = net.widths.slice(1).map((outputs, i) => ({ inputs: net.widths[i]!, outputs, times: 1 }));
  return [...convolved, ...full];
}

/** How many floats the weights and biases of all layers are. */
export function parameterCount(net: NetShape): number {
  return products(net).reduce((count, { inputs, outputs }) => count + (inputs + 1) * outputs, 0);
}

/** Operations of the products of one training step; the first layer's input needs no delta. */
export function flopsPerStep(net: NetShape & Pick<Workload, 'batch'>): number {
  const counts = products(net).map(({ inputs, outputs, times }, i) => inputs * outputs * times * (i === 0 ? 2 : 3));
  return 2 * net.batch * counts.reduce((sum, count) => sum + count, 0);
}

/** Views of a list that holds, for each layer, W and then B; of a convolution W[channels×height×width of it, filters]. */
export function layerParts(net: NetShape, parameters: Float32Array): LayerPart[] {
  let next = 0;
  const take = (count: number) => {
    next += count;
    return parameters.subarray(next - count, next);
  };
  return products(net).map(({ inputs, outputs }) => {
    return { inputs, outputs, weights: take(inputs * outputs), bias: take(outputs) };
  });
}
