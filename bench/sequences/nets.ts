/** A layer as all contenders build it; weights have the shapes and the order that `parametersOf` says. */
export type SequenceLayer =
  | { readonly kind: 'lstm' | 'gru'; readonly features: number; readonly units: number }
  | { readonly kind: 'encoder'; readonly features: number; readonly heads: number; readonly feedForward: number }
  /** As many steps as before, relu. */
  | { readonly kind: 'conv1d'; readonly features: number; readonly filters: number; readonly kernelSize: number }
  | { readonly kind: 'embedding'; readonly count: number; readonly size: number }
  /** Fully connected, for the counts of words from 1 on: of those that occur alone, or of all where it is dense. */
  | { readonly kind: 'bag'; readonly inputs: number; readonly outputs: number; readonly isDense: boolean }
  /** The mean over the steps. */
  | { readonly kind: 'meanPool' }
  | { readonly kind: 'dense'; readonly inputs: number; readonly outputs: number };

/** A net of sequences that has one output, trained by SGD on half the squared error; goes along as JSON. */
export interface SequenceNet {
  readonly name: string;
  readonly title: string;
  readonly layers: readonly SequenceLayer[];
  readonly steps: number;
  /** Numbers of a step; those of words have none, and a step is the number of a word. */
  readonly features: number;
  readonly rows: number;
  readonly batch: number;
  readonly optimizer: 'sgd';
  readonly learningRate: number;
  /** Steps after which losses and weights are compared. */
  readonly checkSteps: number;
}

const common = { rows: 640, batch: 64, optimizer: 'sgd', checkSteps: 5 } as const;
const dense = (inputs: number): SequenceLayer => ({ kind: 'dense', inputs, outputs: 1 });

const recurrent = (name: 'lstm' | 'gru'): SequenceNet => ({
  ...common,
  name,
  title: `${name.toUpperCase()} 16→64, 50 steps`,
  layers: [{ kind: name, features: 16, units: 64 }, dense(64)],
  steps: 50,
  features: 16,
  learningRate: 0.05,
});

/** The same net of bags of words twice: rows of numbers of words, or of counts of which most are 0. */
const bag = (name: string, title: string, isDense: boolean): SequenceNet => ({
  ...common,
  name,
  title: `bags of 50 of 20,000 words through 64 units, ${title}`,
  layers: [{ kind: 'bag', inputs: 20_000, outputs: 64, isDense }, dense(64)],
  steps: 50,
  features: 0,
  learningRate: 0.05,
});

export const sequenceNets: readonly SequenceNet[] = [
  recurrent('lstm'),
  recurrent('gru'),
  {
    ...common,
    name: 'encoder',
    title: 'encoder layer of 64, 4 heads, feed-forward 128, 50 steps',
    layers: [{ kind: 'encoder', features: 64, heads: 4, feedForward: 128 }, { kind: 'meanPool' }, dense(64)],
    steps: 50,
    features: 64,
    learningRate: 0.05,
  },
  {
    ...common,
    name: 'conv1d',
    title: 'three Conv1d of 64 filters, kernel 5, 100 steps of 8',
    layers: [
      ...[8, 64, 64].map((features): SequenceLayer => ({ kind: 'conv1d', features, filters: 64, kernelSize: 5 })),
      { kind: 'meanPool' },
      dense(64),
    ],
    steps: 100,
    features: 8,
    learningRate: 0.05,
  },
  {
    ...common,
    name: 'text',
    title: 'mean of 100 words of 20,000, embedding of 64',
    layers: [{ kind: 'embedding', count: 20_000, size: 64 }, { kind: 'meanPool' }, dense(64)],
    steps: 100,
    features: 0,
    learningRate: 0.5,
  },
  bag('sparse-text', 'the words that occur', false),
  bag('dense-text', 'counts of all words', true),
];

/** A parameter with what it starts from: numbers within ±limit, or the same number everywhere. */
export interface SequenceParameter {
  readonly layer: number;
  /** As blasnet calls it. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly limit: number;
  readonly constant: number;
}

type Spec = readonly [name: string, shape: readonly number[], limit: number, constant?: number];

/** A product's weights and biases. */
const product = (inputs: number, outputs: number, [w, b] = ['W', 'B']): Spec[] => [
  [w!, [inputs, outputs], 1 / Math.sqrt(inputs)],
  [b!, [1, outputs], 0.1],
];

function specsOf(layer: SequenceLayer): Spec[] {
  switch (layer.kind) {
    case 'lstm':
    case 'gru': {
      const { features, units } = layer;
      const columns = (layer.kind === 'lstm' ? 4 : 3) * units;
      const limit = 1 / Math.sqrt(units);
      const biases: Spec[] = ['B', ...(layer.kind === 'gru' ? ['recurrentB'] : [])].map((name) => [
        name,
        [1, columns],
        limit,
      ]);
      return [['W', [features, columns], limit], ['U', [units, columns], limit], ...biases];
    }
    case 'encoder': {
      const { features, feedForward } = layer;
      const norm = (name: string): Spec[] => [
        [`${name}.gamma`, [features], 0, 1],
        [`${name}.beta`, [features], 0],
      ];
      return [
        ...['query', 'key', 'value', 'output'].flatMap((name) =>
          product(features, features, [`attention.${name}W`, `attention.${name}B`]),
        ),
        ...norm('norm1'),
        ...product(features, feedForward, ['feedForward1.W', 'feedForward1.B']),
        ...product(feedForward, features, ['feedForward2.W', 'feedForward2.B']),
        ...norm('norm2'),
      ];
    }
    case 'conv1d': {
      const { features, filters, kernelSize } = layer;
      return [
        ['W', [kernelSize, features, filters], Math.sqrt(3 / (kernelSize * features))],
        ['B', [1, filters], 0.1],
      ];
    }
    case 'embedding':
      return [['W', [layer.count, layer.size], 0.05]];
    case 'bag':
      return [
        ['W', [layer.inputs, layer.outputs], 0.05],
        ['B', [1, layer.outputs], 0.1],
      ];
    case 'dense':
      return product(layer.inputs, layer.outputs);
    default:
      return [];
  }
}

/** All parameters in the order of the files that contenders start from and write. */
export function parametersOf({ layers }: Pick<SequenceNet, 'layers'>): SequenceParameter[] {
  return layers.flatMap((layer, i) =>
    specsOf(layer).map(([name, shape, limit, constant = 0]) => ({ layer: i, name, shape, limit, constant })),
  );
}

/** A list of all parameters' numbers as views by parameter. */
export function splitParameters(net: Pick<SequenceNet, 'layers'>, values: Float32Array) {
  let start = 0;
  const parts = parametersOf(net).map((parameter) => {
    const size = parameter.shape.reduce((product, length) => product * length, 1);
    start += size;
    return { ...parameter, values: values.subarray(start - size, start) };
  });
  if (start !== values.length) throw new RangeError(`Expected ${start} parameters but received ${values.length}`);
  return parts;
}

/** How many words the nets of texts know, and the first number that stands for one. */
export function wordsOf({ layers }: Pick<SequenceNet, 'layers'>): { count: number; first: number } | undefined {
  const [layer] = layers;
  if (layer?.kind === 'embedding') return { count: layer.count, first: 0 };
  return layer?.kind === 'bag' ? { count: layer.inputs, first: 1 } : undefined;
}

/** Numbers of one row. */
export const rowSize = ({ steps, features }: SequenceNet) => steps * Math.max(1, features);
