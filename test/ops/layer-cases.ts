// Cases of the operations that layers are made of: products with a bias, windows over images, normalisation, dropout.
import { Tensor } from 'blasnet';
import { Value } from '#blasnet/ops/value';
import { philox } from '../support/augment.js';
import { each, type Naive, naive, numbersOf, over } from '../support/naive-tensors.js';
import type { OperationCase } from './cases.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function affineTwin(x: Naive, w: Naive, b?: Naive): Naive {
  const [inputs, outputs] = w.shape as [number, number];
  const product = ([...index]: readonly number[]) => {
    const j = index.pop()!;
    return sum(range(inputs).map((k) => x.at([...index, k]) * w.at([k, j]))) + (b ? numbersOf(b)[j]! : 0);
  };
  return { shape: [...x.shape.slice(0, -1), outputs], at: product };
}

interface Lie {
  readonly stride?: number;
  readonly pad?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/** f of the numbers in the window of an output, with their places; undefined for a place in the padding. */
function inWindow(x: Naive, m: number, c: number, i: number, j: number, [h, w]: readonly number[], lie: Lie) {
  const { stride = 1, pad = 0, dilation = 1 } = lie;
  return range(h!).flatMap((p) =>
    range(w!).map((q) => {
      const [row, column] = [i * stride - pad + p * dilation, j * stride - pad + q * dilation];
      const inside = row >= 0 && column >= 0 && row < x.shape[2]! && column < x.shape[3]!;
      return { p, q, value: inside ? x.at([m, c, row, column]) : undefined };
    }),
  );
}

const outputs = (length: number, kernel: number, { stride = 1, pad = 0, dilation = 1 }: Lie) =>
  Math.floor((length + 2 * pad - (kernel - 1) * dilation - 1) / stride) + 1;

function convolutionTwin(lie: Lie) {
  return (x: Naive, w: Naive, b?: Naive): Naive => {
    const { groups = 1 } = lie;
    const [filters, ofGroup, height, width] = w.shape as [number, number, number, number];
    const shape = [x.shape[0]!, filters, outputs(x.shape[2]!, height, lie), outputs(x.shape[3]!, width, lie)];
    return {
      shape,
      at: ([m, f, i, j]) => {
        const first = Math.floor(f! / (filters / groups)) * ofGroup;
        const terms = range(ofGroup).flatMap((c) =>
          inWindow(x, m!, first + c, i!, j!, [height, width], lie).map(
            ({ p, q, value = 0 }) => value * w.at([f!, c, p, q]),
          ),
        );
        return sum(terms) + (b ? numbersOf(b)[f!]! : 0);
      },
    };
  };
}

function poolTwin(f: (values: (number | undefined)[]) => number, kernel: readonly [number, number], lie: Lie) {
  return (x: Naive): Naive => ({
    shape: [...x.shape.slice(0, 2), outputs(x.shape[2]!, kernel[0], lie), outputs(x.shape[3]!, kernel[1], lie)],
    at: ([m, c, i, j]) => f(inWindow(x, m!, c!, i!, j!, kernel, lie).map(({ value }) => value)),
  });
}

const largest = (values: (number | undefined)[]) =>
  Math.max(...values.map((value = Number.NEGATIVE_INFINITY) => value));
const meanWithZeros = (values: (number | undefined)[]) => sum(values.map((value = 0) => value)) / values.length;

const vector = (values: readonly number[]) => Tensor.from(Float64Array.from(values), [values.length]);
const [mean, variance] = [
  [0.2, -0.5, 0.1],
  [0.7, 1.5, 0.25],
];

/** gamma · (x − mean) / √(variance + epsilon) + beta, where features are dimension 1. */
function normalized(x: Naive, gamma: Naive, beta: Naive, means: number[], variances: number[], epsilon: number): Naive {
  const [g, b] = [numbersOf(gamma), numbersOf(beta)];
  return {
    shape: x.shape,
    at: (index) => {
      const c = index[1]!;
      return (g[c]! * (x.at(index) - means[c]!)) / Math.sqrt(variances[c]! + epsilon) + b[c]!;
    },
  };
}

function batchStatistics(x: Naive): { means: number[]; variances: number[] } {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const average = (values: number[]) => sum(values) / values.length;
  const means = numbersOf(over(average, x, axes));
  const squares = numbersOf(over((values) => average(values.map((value) => (value - average(values)) ** 2)), x, axes));
  return { means, variances: squares };
}

function dropped(rate: number, seed: number, stream: number): (x: Naive) => Naive {
  return (x) => {
    const word = (i: number) => philox(Math.floor(i / 4), 2 ** 31 + stream, { seed, step: 0 })[i % 4]!;
    const least = Math.round(rate * 2 ** 32);
    const values = numbersOf(x).map((value, i) => (word(i) < least ? 0 : value / (1 - rate)));
    return naive(x.shape, values);
  };
}

export const layerCases = {
  affine: [
    { shapes: [[5, 3], [3, 4], [4]], apply: (ops, x, w, b) => ops.affine(x!, w!, b), twin: affineTwin },
    {
      shapes: [
        [17, 31],
        [31, 7],
        [1, 7],
      ],
      apply: (ops, x, w, b) => ops.affine(x!, w!, b),
      twin: affineTwin,
    },
    {
      shapes: [
        [3, 2],
        [2, 5],
      ],
      apply: (ops, x, w) => ops.affine(x!, w!),
      twin: affineTwin,
    },
    { shapes: [[2, 3, 4], [4, 5], [5]], apply: (ops, x, w, b) => ops.affine(x!, w!, b), twin: affineTwin },
  ],
  convolution: [
    {
      shapes: [[2, 2, 5, 6], [3, 2, 3, 2], [3]],
      apply: (ops, x, w, b) => ops.convolution(x!, w!, b),
      twin: convolutionTwin({}),
    },
    {
      shapes: [
        [3, 4, 7, 6],
        [2, 2, 3, 3],
      ],
      apply: (ops, x, w) => ops.convolution(x!, w!, undefined, { stride: 2, padding: 1, dilation: 2, groups: 2 }),
      twin: convolutionTwin({ stride: 2, pad: 1, dilation: 2, groups: 2 }),
    },
  ],
  maxPool: [
    {
      shapes: [[2, 3, 6, 5]],
      apply: (ops, x) => ops.maxPool(x!, { poolSize: 2 }),
      twin: poolTwin(largest, [2, 2], { stride: 2 }),
    },
    {
      shapes: [[1, 2, 5, 7]],
      apply: (ops, x) => ops.maxPool(x!, { poolSize: 3, stride: 2, padding: 1 }),
      twin: poolTwin(largest, [3, 3], { stride: 2, pad: 1 }),
    },
  ],
  averagePool: [
    {
      shapes: [[2, 3, 6, 5]],
      apply: (ops, x) => ops.averagePool(x!, { poolSize: 2 }),
      twin: poolTwin(meanWithZeros, [2, 2], { stride: 2 }),
    },
    {
      shapes: [[1, 2, 5, 7]],
      apply: (ops, x) => ops.averagePool(x!, { poolSize: 3, stride: 2, padding: 1 }),
      twin: poolTwin(meanWithZeros, [3, 3], { stride: 2, pad: 1 }),
    },
  ],
  globalAveragePool: [
    {
      shapes: [[3, 2, 4, 5]],
      apply: (ops, x) => ops.globalAveragePool(x!),
      twin: (x) => over((values) => sum(values) / values.length, x!, [2, 3]),
    },
  ],
  batchNorm: [
    ...[
      [7, 3],
      [4, 3, 2, 5],
    ].flatMap((shape): OperationCase[] => [
      {
        shapes: [shape, [3], [3]],
        apply: (ops, x, gamma, beta) => {
          const running = {
            mean: new Value(Tensor.zeros([3], x!.tensor.dtype)),
            variance: new Value(Tensor.zeros([3], x!.tensor.dtype)),
          };
          return ops.batchNorm(x!, { gamma: gamma!, beta: beta!, ...running, training: true, epsilon: 0.01 });
        },
        twin: (x, gamma, beta) => {
          const { means, variances } = batchStatistics(x!);
          return normalized(x!, gamma!, beta!, means, variances, 0.01);
        },
      },
      {
        shapes: [shape, [3], [3]],
        apply: (ops, x, gamma, beta) => {
          const { dtype } = x!.tensor;
          const fixed = {
            mean: new Value(vector(mean!).clone(dtype)),
            variance: new Value(vector(variance!).clone(dtype)),
          };
          return ops.batchNorm(x!, { gamma: gamma!, beta: beta!, ...fixed, epsilon: 0.01 });
        },
        twin: (x, gamma, beta) => normalized(x!, gamma!, beta!, mean!, variance!, 0.01),
      },
    ]),
  ],
  dropout: [
    {
      shapes: [[9, 7]],
      apply: (ops, x) => ops.dropout(x!, 0.4, { seed: 5, stream: 3 }),
      twin: (x) => dropped(0.4, 5, 3)(x!),
    },
    { shapes: [[4]], apply: (ops, x) => ops.dropout(x!, 0), twin: (x) => each((value) => value, x!) },
  ],
} satisfies Record<string, readonly OperationCase[]>;
