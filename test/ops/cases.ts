import type { Ops, Value } from 'blasnet';
import { each, type Index, moved, type Naive, naive, numbersOf, over } from '../support/naive-tensors.js';
import { attentionCases } from './attention-cases.js';
import { imageCases } from './image-cases.js';
import { layerCases } from './layer-cases.js';
import { recurrentCases } from './recurrent-cases.js';
import { sequenceCases } from './sequence-cases.js';

/** An operation on inputs of some shapes, and the same in plain loops. */
export interface OperationCase {
  readonly shapes: readonly (readonly number[])[];
  readonly apply: (ops: Ops, ...inputs: Value[]) => Value;
  readonly twin: (...inputs: Naive[]) => Naive;
  /** Range of the inputs' numbers; default −1 to 1. */
  readonly range?: readonly [number, number];
  /** Where the gradient jumps: inputs are kept away from there. */
  readonly kink?: number;
  /** False where there is no gradient. */
  readonly hasGradient?: boolean;
}

const pairs = [
  [[3], [3]],
  [
    [17, 5],
    [17, 5],
  ],
  [[7, 65], [65]],
  [
    [7, 3],
    [7, 1],
  ],
  [
    [1, 3],
    [5, 1],
  ],
  [[2, 3, 4], []],
  [
    [4, 1, 3, 1, 2],
    [1, 5, 1, 7, 1],
  ],
] as const;

type Binary = (ops: Ops) => (a: Value, b: Value) => Value;

/** Cases for an element-wise operation on two operands, in all ways to broadcast. */
function binary(of: Binary, f: (a: number, b: number) => number, rest: Partial<OperationCase> = {}): OperationCase[] {
  return pairs.map((shapes) => ({
    shapes,
    apply: (ops, a, b) => of(ops)(a!, b!),
    twin: (a, b) => each(f, a!, b!),
    ...rest,
  }));
}

function unary(
  of: (ops: Ops) => (x: Value) => Value,
  f: (x: number) => number,
  rest: Partial<OperationCase> = {},
): OperationCase[] {
  return [[1], [17], [3, 65], [2, 3, 1, 2, 3]].map((shape) => ({
    shapes: [shape],
    apply: (ops, x) => of(ops)(x!),
    twin: (x) => each(f, x!),
    ...rest,
  }));
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Φ(x) by its series, for moderate x. */
function cumulative(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / (2 * n);
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

function reductions(of: (ops: Ops) => Ops['sum'], f: (values: number[]) => number): OperationCase[] {
  const ways = [
    { shape: [5], axis: undefined, axes: [0] },
    { shape: [17, 3], axis: 0, axes: [0] },
    { shape: [3, 65], axis: -1, axes: [1] },
    { shape: [4, 3, 5], axis: 1, axes: [1] },
    { shape: [4, 3, 5], axis: [0, -1], axes: [0, 2] },
    { shape: [2, 3, 2, 3, 2], axis: [1, 3], axes: [1, 3] },
    { shape: [2, 1, 3], axis: [0, 1, 2], axes: [0, 1, 2] },
  ];
  return ways.flatMap(({ shape, axis, axes }) =>
    [false, true].map((keepDims) => ({
      shapes: [shape],
      apply: (ops: Ops, x: Value | undefined) => of(ops)(x!, axis, { keepDims }),
      twin: (x: Naive | undefined) => over(f, x!, axes, keepDims),
    })),
  );
}

function products(): OperationCase[] {
  const factors = [
    [
      [3, 4],
      [4, 5],
    ],
    [
      [1, 17],
      [17, 1],
    ],
    [
      [2, 3, 4],
      [4, 5],
    ],
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [
      [2, 1, 3, 4],
      [5, 4, 2],
    ],
    [
      [3, 4],
      [2, 4, 5],
    ],
    [
      [19, 9],
      [9, 21],
    ],
  ] as const;
  const turned = (shape: readonly number[]) => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
  const swap = (x: Naive) => moved(x, turned(x.shape), (index) => turned(index));
  return factors.flatMap(([a, b]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => ({
        shapes: [transposeA ? turned(a) : a, transposeB ? turned(b) : b],
        apply: (ops: Ops, x: Value | undefined, w: Value | undefined) => ops.matmul(x!, w!, { transposeA, transposeB }),
        twin: (x: Naive | undefined, w: Naive | undefined) => {
          const [left, right] = [transposeA ? swap(x!) : x!, transposeB ? swap(w!) : w!];
          const [m, k] = left.shape.slice(-2) as [number, number];
          const n = right.shape.at(-1)!;
          const batch = each(
            () => 0,
            { shape: left.shape.slice(0, -2), at: () => 0 },
            { shape: right.shape.slice(0, -2), at: () => 0 },
          ).shape;
          const matrix = (factor: Naive, index: Index, place: Index) => {
            const own = index
              .slice(index.length - factor.shape.length + 2)
              .map((i, d) => (factor.shape[d] === 1 ? 0 : i));
            return factor.at([...own, ...place]);
          };
          return {
            shape: [...batch, m, n],
            at: (index: Index) => {
              const [i, j] = index.slice(-2) as [number, number];
              const at = index.slice(0, -2);
              return total(Array.from({ length: k }, (_, s) => matrix(left, at, [i, s]) * matrix(right, at, [s, j])));
            },
          };
        },
      })),
    ),
  );
}

function alongAxis(of: (ops: Ops) => Ops['softmax'], f: (values: number[]) => number[]): OperationCase[] {
  const ways = [
    { shape: [5], axis: undefined, place: 0 },
    { shape: [17, 3], axis: -1, place: 1 },
    { shape: [3, 65], axis: 1, place: 1 },
    { shape: [4, 3, 5], axis: 1, place: 1 },
    { shape: [4, 3], axis: 0, place: 0 },
  ];
  return ways.map(({ shape, axis, place }) => ({
    shapes: [shape],
    range: [-4, 4] as const,
    apply: (ops, x) => of(ops)(x!, axis),
    twin: (x) => ({
      shape,
      at: (index) => {
        const line = Array.from({ length: shape[place]! }, (_, i) =>
          x!.at(index.map((own, d) => (d === place ? i : own))),
        );
        return f(line)[index[place]!]!;
      },
    }),
  }));
}

const softmaxOf = (values: number[]) => {
  const terms = values.map(Math.exp);
  return terms.map((term) => term / total(terms));
};

function flattened(shape: readonly number[]): (x: Naive | undefined) => Naive {
  return (x) => naive(shape, numbersOf(x!));
}

/** The cases of each operation by its name. The test fails for an operation that has no cases. */
export const cases: Readonly<Record<keyof Ops, readonly OperationCase[]>> = {
  ...layerCases,
  ...recurrentCases,
  ...attentionCases,
  ...imageCases,
  ...sequenceCases,
  add: binary(
    (ops) => ops.add,
    (a, b) => a + b,
  ),
  subtract: binary(
    (ops) => ops.subtract,
    (a, b) => a - b,
  ),
  multiply: binary(
    (ops) => ops.multiply,
    (a, b) => a * b,
  ),
  divide: binary(
    (ops) => ops.divide,
    (a, b) => a / b,
    { range: [0.5, 2] },
  ),
  negate: unary(
    (ops) => ops.negate,
    (x) => -x,
  ),
  square: unary(
    (ops) => ops.square,
    (x) => x * x,
  ),
  power: [
    ...binary(
      (ops) => ops.power,
      (a, b) => a ** b,
      { range: [0.5, 2] },
    ),
    { shapes: [[5]], apply: (ops, x) => ops.power(x!, 2), twin: (x) => each((v) => v ** 2, x!) },
    { shapes: [[5]], apply: (ops, x) => ops.power(x!, 3), twin: (x) => each((v) => v ** 3, x!) },
  ],
  maximum: binary((ops) => ops.maximum, Math.max),
  minimum: binary((ops) => ops.minimum, Math.min),
  greater: binary(
    (ops) => ops.greater,
    (a, b) => Number(a > b),
    { hasGradient: false },
  ),
  greaterOrEqual: binary(
    (ops) => ops.greaterOrEqual,
    (a, b) => Number(a >= b),
    { hasGradient: false },
  ),
  less: binary(
    (ops) => ops.less,
    (a, b) => Number(a < b),
    { hasGradient: false },
  ),
  lessOrEqual: binary(
    (ops) => ops.lessOrEqual,
    (a, b) => Number(a <= b),
    { hasGradient: false },
  ),
  equal: binary(
    (ops) => ops.equal,
    (a, b) => Number(a === b),
    { hasGradient: false },
  ),
  where: [
    ...binary((ops) => (a, b) => ops.where(ops.greater(a, b), a, b), Math.max),
    {
      shapes: [[5, 1], [3], [5, 3]],
      apply: (ops, c, a, b) => ops.where(ops.greater(c!, 0), a!, b!),
      twin: (c, a, b) => each((vc, va, vb) => (vc! > 0 ? va! : vb!), c!, a!, b!),
      kink: 0,
    },
  ],
  abs: unary((ops) => ops.abs, Math.abs, { kink: 0 }),
  exp: unary((ops) => ops.exp, Math.exp),
  log: unary((ops) => ops.log, Math.log, { range: [0.5, 3] }),
  sqrt: unary((ops) => ops.sqrt, Math.sqrt, { range: [0.5, 3] }),
  clip: unary(
    (ops) => (x) => ops.clip(x, 0.25, 5),
    (x) => Math.min(Math.max(x, 0.25), 5),
    { kink: 0.25 },
  ),
  sigmoid: unary((ops) => ops.sigmoid, sigmoid),
  tanh: unary((ops) => ops.tanh, Math.tanh),
  relu: unary(
    (ops) => ops.relu,
    (x) => Math.max(x, 0),
    { kink: 0 },
  ),
  leakyRelu: unary(
    (ops) => (x) => ops.leakyRelu(x, 0.2),
    (x) => (x > 0 ? x : 0.2 * x),
    { kink: 0 },
  ),
  elu: unary(
    (ops) => (x) => ops.elu(x, 0.5),
    (x) => (x > 0 ? x : 0.5 * Math.expm1(x)),
    { kink: 0 },
  ),
  gelu: unary(
    (ops) => ops.gelu,
    (x) => x * cumulative(x),
  ),
  silu: unary(
    (ops) => ops.silu,
    (x) => x * sigmoid(x),
  ),
  softplus: unary(
    (ops) => ops.softplus,
    (x) => Math.log1p(Math.exp(x)),
  ),
  sum: reductions((ops) => ops.sum, total),
  mean: reductions(
    (ops) => ops.mean,
    (values) => total(values) / values.length,
  ),
  max: reductions(
    (ops) => ops.max,
    (values) => Math.max(...values),
  ),
  min: reductions(
    (ops) => ops.min,
    (values) => Math.min(...values),
  ),
  matmul: products(),
  softmax: alongAxis((ops) => ops.softmax, softmaxOf),
  logSoftmax: alongAxis(
    (ops) => ops.logSoftmax,
    (values) => softmaxOf(values).map(Math.log),
  ),
  reshape: [
    { shapes: [[4, 3]], apply: (ops, x) => ops.reshape(x!, [2, 6]), twin: flattened([2, 6]) },
    { shapes: [[4, 3]], apply: (ops, x) => ops.reshape(x!, [-1]), twin: flattened([12]) },
    { shapes: [[2, 3, 2]], apply: (ops, x) => ops.reshape(x!, [1, -1, 2, 1, 2]), twin: flattened([1, 3, 2, 1, 2]) },
    { shapes: [[1]], apply: (ops, x) => ops.reshape(x!, []), twin: flattened([]) },
  ],
  transpose: [
    { shapes: [[3, 5]], apply: (ops, x) => ops.transpose(x!), twin: (x) => moved(x!, [5, 3], ([i, j]) => [j!, i!]) },
    {
      shapes: [[2, 3, 4]],
      apply: (ops, x) => ops.transpose(x!, [2, 0, 1]),
      twin: (x) => moved(x!, [4, 2, 3], ([a, b, c]) => [b!, c!, a!]),
    },
    {
      shapes: [[2, 3, 4, 2]],
      apply: (ops, x) => ops.transpose(x!),
      twin: (x) => moved(x!, [2, 3, 2, 4], ([a, b, c, d]) => [a!, b!, d!, c!]),
    },
  ],
  slice: [
    {
      shapes: [[7, 5]],
      apply: (ops, x) => ops.slice(x!, { from: 1, to: 6, step: 2 }, { from: -2 }),
      twin: (x) => moved(x!, [3, 2], ([i, j]) => [1 + 2 * i!, 3 + j!]),
    },
    {
      shapes: [[7, 3]],
      apply: (ops, x) => ops.slice(x!, { step: -1 }),
      twin: (x) => moved(x!, [7, 3], ([i, j]) => [6 - i!, j!]),
    },
    {
      shapes: [[4, 3, 5]],
      apply: (ops, x) => ops.slice(x!, null, { to: 2 }),
      twin: (x) => moved(x!, [4, 2, 5], (index) => index),
    },
  ],
  concatenate: [
    {
      shapes: [
        [3, 2],
        [3, 5],
      ],
      apply: (ops, a, b) => ops.concatenate([a!, b!]),
      twin: (a, b) => ({ shape: [3, 7], at: ([i, j]) => (j! < 2 ? a!.at([i!, j!]) : b!.at([i!, j! - 2])) }),
    },
    {
      shapes: [
        [1, 2],
        [3, 2],
        [2, 2],
      ],
      apply: (ops, a, b, c) => ops.concatenate([a!, b!, c!], 0),
      twin: (a, b, c) => ({
        shape: [6, 2],
        at: ([i, j]) => (i! < 1 ? a!.at([i!, j!]) : i! < 4 ? b!.at([i! - 1, j!]) : c!.at([i! - 4, j!])),
      }),
    },
  ],
  gather: [
    {
      shapes: [[5, 3]],
      apply: (ops, x) => ops.gather(x!, [4, 0, 0, -1]),
      twin: (x) => moved(x!, [4, 3], ([i, j]) => [[4, 0, 0, 4][i!]!, j!]),
    },
    {
      shapes: [[2, 3, 4]],
      apply: (ops, x) => ops.gather(x!, Int32Array.of(2, 2, 1), 1),
      twin: (x) => moved(x!, [2, 3, 4], ([a, b, c]) => [a!, [2, 2, 1][b!]!, c!]),
    },
  ],
};
