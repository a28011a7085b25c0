// Cases of transposed convolutions, global pools and upsampling, and of activations that came after the first ones.
import { each, type Naive, numbersOf, over } from '../support/naive-tensors.js';
import type { OperationCase } from './cases.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

interface Lie {
  readonly stride?: readonly [number, number];
  readonly pad?: readonly [number, number];
  readonly extra?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

/** Every input adds its kernel to the output; an output gathers those that reach it. */
function transposedTwin({ stride = [1, 1], pad = [0, 0], extra = [0, 0], dilation = [1, 1], groups = 1 }: Lie) {
  return (x: Naive, w: Naive, b?: Naive): Naive => {
    const [channels, ofGroup, ...kernel] = w.shape as [number, number, number, number];
    const size = [0, 1].map(
      (i) => (x.shape[2 + i]! - 1) * stride[i]! + (kernel[i]! - 1) * dilation[i]! + 1 + extra[i]! - 2 * pad[i]!,
    );
    /** The inputs of an axis and the taps by which they reach an output. */
    const reaching = (i: number, output: number) =>
      range(kernel[i]!).flatMap((tap) => {
        const place = (output + pad[i]! - tap * dilation[i]!) / stride[i]!;
        return Number.isInteger(place) && place >= 0 && place < x.shape[2 + i]! ? [{ place, tap }] : [];
      });
    return {
      shape: [x.shape[0]!, ofGroup * groups, ...size],
      at: ([m, f, row, column]) => {
        const group = Math.floor(f! / ofGroup);
        const terms = range(channels / groups).flatMap((c) =>
          reaching(0, row!).flatMap((down) =>
            reaching(1, column!).map((across) => {
              const channel = group * (channels / groups) + c;
              return (
                x.at([m!, channel, down.place, across.place]) * w.at([channel, f! % ofGroup, down.tap, across.tap])
              );
            }),
          ),
        );
        return sum(terms) + (b ? numbersOf(b)[f!]! : 0);
      },
    };
  };
}

/** The inputs of output o of an axis with their weights. */
type Blend = (o: number, input: number, output: number) => readonly (readonly [place: number, weight: number])[];

const nearest: Blend = (o, input, output) => [[Math.floor((o * input) / output), 1]];

const bilinear: Blend = (o, input, output) => {
  const place = ((o + 0.5) * input) / output - 0.5;
  const below = Math.floor(place);
  const within = (i: number) => Math.min(Math.max(i, 0), input - 1);
  return [
    [within(below), below + 1 - place],
    [within(below + 1), place - below],
  ];
};

function resizedTwin(blend: Blend, height: number, width: number) {
  return (x: Naive): Naive => ({
    shape: [...x.shape.slice(0, 2), height, width],
    at: ([m, c, row, column]) =>
      sum(
        blend(row!, x.shape[2]!, height).flatMap(([i, down]) =>
          blend(column!, x.shape[3]!, width).map(([j, across]) => down * across * x.at([m!, c!, i, j])),
        ),
      ),
  });
}

function unary(
  apply: OperationCase['apply'],
  f: (x: number) => number,
  rest: Partial<OperationCase> = {},
): readonly OperationCase[] {
  return [[1], [17], [3, 65], [2, 3, 1, 2, 3]].map((shape) => ({
    shapes: [shape],
    apply,
    twin: (x) => each(f, x!),
    range: [-4, 4],
    ...rest,
  }));
}

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];

export const imageCases = {
  convTranspose: [
    {
      shapes: [[2, 2, 3, 4], [2, 3, 3, 2], [3]],
      apply: (ops, x, w, b) => ops.convTranspose(x!, w!, b),
      twin: transposedTwin({}),
    },
    {
      shapes: [
        [2, 4, 3, 5],
        [4, 3, 3, 4],
      ],
      apply: (ops, x, w) => ops.convTranspose(x!, w!, undefined, { stride: 2, padding: 1, groups: 2 }),
      twin: transposedTwin({ stride: [2, 2], pad: [1, 1], groups: 2 }),
    },
    {
      shapes: [
        [1, 2, 3, 3],
        [2, 2, 2, 3],
        [1, 2],
      ],
      apply: (ops, x, w, b) =>
        ops.convTranspose(x!, w!, b, { stride: [3, 2], padding: [1, 0], outputPadding: [2, 1], dilation: [1, 2] }),
      twin: transposedTwin({ stride: [3, 2], pad: [1, 0], extra: [2, 1], dilation: [1, 2] }),
    },
    {
      // 'same' leaves two outputs for each input: of seven columns six, of six rows all.
      shapes: [
        [1, 1, 3, 3],
        [1, 2, 2, 3],
      ],
      apply: (ops, x, w) => ops.convTranspose(x!, w!, undefined, { stride: 2, padding: 'same' }),
      twin: (x, w) => ({ shape: [1, 2, 6, 6], at: transposedTwin({ stride: [2, 2] })(x!, w!).at }),
    },
  ],
  globalMaxPool: [
    [3, 2, 4, 5],
    [2, 3, 1, 1],
    [1, 2, 9, 7],
  ].map(
    (shape): OperationCase => ({
      shapes: [shape],
      apply: (ops, x) => ops.globalMaxPool(x!),
      twin: (x) => over((values) => Math.max(...values), x!, [2, 3]),
    }),
  ),
  upsample: [
    {
      shapes: [[2, 2, 3, 4]],
      apply: (ops, x) => ops.upsample(x!, { factor: 2 }),
      twin: (x) => resizedTwin(nearest, 6, 8)(x!),
    },
    {
      shapes: [[1, 2, 3, 2]],
      apply: (ops, x) => ops.upsample(x!, { size: [4, 5], mode: 'nearest' }),
      twin: (x) => resizedTwin(nearest, 4, 5)(x!),
    },
    {
      shapes: [[2, 1, 3, 4]],
      apply: (ops, x) => ops.upsample(x!, { factor: [2, 3], mode: 'bilinear' }),
      twin: (x) => resizedTwin(bilinear, 6, 12)(x!),
    },
    {
      shapes: [[1, 2, 5, 7]],
      apply: (ops, x) => ops.upsample(x!, { size: [7, 3], mode: 'bilinear' }),
      twin: (x) => resizedTwin(bilinear, 7, 3)(x!),
    },
  ],
  prelu: [
    [[17], [17]],
    [[7, 65], []],
    [
      [5, 3],
      [1, 3],
    ],
    [
      [2, 3, 4, 2],
      [3, 1, 1],
    ],
  ].map(
    (shapes): OperationCase => ({
      shapes,
      apply: (ops, x, slope) => ops.prelu(x!, slope!),
      twin: (x, slope) => each((v, s) => (v > 0 ? v : s * v), x!, slope!),
      kink: 0,
    }),
  ),
  selu: unary(
    (ops, x) => ops.selu(x!),
    (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    { kink: 0 },
  ),
  relu6: unary(
    (ops, x) => ops.relu6(x!),
    (x) => clamp(x, 0, 6),
    { kink: 0 },
  ),
  hardSwish: unary(
    (ops, x) => ops.hardSwish(x!),
    (x) => (x * clamp(x + 3, 0, 6)) / 6,
    { kink: -3 },
  ),
  hardSigmoid: [
    ...unary(
      (ops, x) => ops.hardSigmoid(x!),
      (x) => clamp(x / 6 + 0.5, 0, 1),
      { kink: 3 },
    ),
    ...unary(
      (ops, x) => ops.hardSigmoid(x!, 0.2, 0.3),
      (x) => clamp(0.2 * x + 0.3, 0, 1),
      { kink: -1.5 },
    ),
  ],
  mish: unary(
    (ops, x) => ops.mish(x!),
    (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  ),
  softsign: unary(
    (ops, x) => ops.softsign(x!),
    (x) => x / (1 + Math.abs(x)),
  ),
} satisfies Record<string, readonly OperationCase[]>;
