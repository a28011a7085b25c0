// Cases of the operations that layers of sequences are made of: embeddings, windows over steps, norms of rows.
import { Tensor } from 'blasnet';
import { Value } from '#blasnet/ops/value';
import { type Index, indicesOf, type Naive, numbersOf } from '../support/naive-tensors.js';
import type { OperationCase } from './cases.js';

/** Numbers as a value of int32. */
const whole = (numbers: readonly number[], shape: readonly number[]) =>
  new Value(Tensor.from([...numbers], shape, 'int32'));

const numbers = [3, 0, 3, 4, 1, 3, 0, 0, 2, 3, 4, 4] as const;

function rowsTwin(shape: readonly number[]) {
  return (w: Naive | undefined): Naive => ({
    shape: [...shape, ...w!.shape.slice(1)],
    at: (index) => {
      const place = index.slice(0, shape.length).reduce((at, i, d) => at * shape[d]! + i, 0);
      return w!.at([numbers[place]!, ...index.slice(shape.length)]);
    },
  });
}

interface Window {
  readonly size: number;
  readonly stride?: number;
  readonly padding?: readonly [number, number];
  readonly dilation?: number;
}

function windowsTwin({ size, stride = 1, padding: [before, behind] = [0, 0], dilation = 1 }: Window) {
  return (x: Naive | undefined): Naive => {
    const [rows, steps, features] = x!.shape as [number, number, number];
    const count = Math.floor((steps + before + behind - (size - 1) * dilation - 1) / stride) + 1;
    return {
      shape: [rows, count, size, features],
      at: ([m, o, j, f]) => {
        const step = o! * stride - before + j! * dilation;
        return step >= 0 && step < steps ? x!.at([m!, step, f!]) : 0;
      },
    };
  };
}

function windowCases(): OperationCase[] {
  const ways: (readonly [number[], Window])[] = [
    [[2, 7, 3], { size: 3 }],
    [[3, 8, 5], { size: 3, stride: 2, padding: [2, 1] }],
    [[1, 9, 17], { size: 4, dilation: 2, padding: [6, 0] }],
    [[2, 3, 2], { size: 5, padding: [7, 6], dilation: 2, stride: 3 }],
    [[4, 1, 1], { size: 1 }],
  ];
  return ways.map(([shape, window]) => ({
    shapes: [shape],
    apply: (ops, x) => ops.stepWindows(x!, window),
    twin: windowsTwin(window),
  }));
}

/** (x − mean) / √(variance + epsilon), or x / √(mean x² + epsilon), over the numbers that `alike` puts together. */
function normalTwin(
  alike: (index: Index, rank: number) => string,
  channel: (index: Index) => number,
  isCentred = true,
) {
  return (x: Naive, gamma: Naive, beta?: Naive): Naive => {
    const groups = new Map<string, number[]>();
    for (const index of indicesOf(x.shape)) {
      const key = alike(index, x.shape.length);
      groups.set(key, [...(groups.get(key) ?? []), x.at(index)]);
    }
    const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const statistics = new Map(
      [...groups].map(([key, values]) => {
        const mean = isCentred ? average(values) : 0;
        return [key, { mean, variance: average(values.map((value) => (value - mean) ** 2)) }];
      }),
    );
    const [g, b] = [numbersOf(gamma), beta && numbersOf(beta)];
    return {
      shape: x.shape,
      at: (index) => {
        const { mean, variance } = statistics.get(alike(index, x.shape.length))!;
        const c = channel(index);
        return ((x.at(index) - mean) / Math.sqrt(variance + 0.01)) * g[c]! + (b?.[c] ?? 0);
      },
    };
  };
}

const butLast = (index: Index) => index.slice(0, -1).join();

function groupCases(): OperationCase[] {
  const ways = [
    { shape: [3, 8], groups: 2, axis: 1 },
    { shape: [2, 5, 6], groups: 3, axis: 2 },
    { shape: [2, 4, 3, 5], groups: 2, axis: 1 },
    { shape: [3, 70, 4], groups: 1, axis: 2 },
    { shape: [2, 3, 5, 17], groups: 3, axis: 1 },
  ];
  return ways.map(({ shape, groups, axis }) => {
    const channels = shape[axis]!;
    const group = (index: Index) => `${index[0]} ${Math.floor((index[axis]! * groups) / channels)}`;
    const twin = normalTwin(group, (index) => index[axis]!);
    return {
      shapes: [shape, [channels], [channels]],
      apply: (ops, x, gamma, beta) => ops.groupNorm(x!, gamma!, beta!, groups, 0.01),
      twin: (x, gamma, beta) => twin(x!, gamma!, beta!),
    };
  });
}

function lastCases(isCentred: boolean): OperationCase[] {
  const twin = normalTwin(butLast, (index) => index.at(-1)!, isCentred);
  return [[5, 3], [2, 3, 65], [7, 1], [2, 2, 2, 17], [4]].map((shape) => {
    const features = shape.at(-1)!;
    return isCentred
      ? {
          shapes: [shape, [features], [features]],
          apply: (ops, x, gamma, beta) => ops.layerNorm(x!, gamma!, beta!, 0.01),
          twin: (x, gamma, beta) => twin(x!, gamma!, beta!),
        }
      : {
          shapes: [shape, [features]],
          apply: (ops, x, gamma) => ops.rmsNorm(x!, gamma!, 0.01),
          twin: (x, gamma) => twin(x!, gamma!),
        };
  });
}

export const sequenceCases = {
  embedding: [
    { shapes: [[5, 3]], apply: (ops, w) => ops.embedding(w!, whole(numbers, [12])), twin: rowsTwin([12]) },
    { shapes: [[5, 65]], apply: (ops, w) => ops.embedding(w!, whole(numbers, [3, 4])), twin: rowsTwin([3, 4]) },
    { shapes: [[5, 2, 2]], apply: (ops, w) => ops.gather(w!, whole(numbers, [2, 3, 2])), twin: rowsTwin([2, 3, 2]) },
  ],
  nonZero: [
    {
      shapes: [[3, 4]],
      apply: (ops, x) => ops.multiply(x!, ops.nonZero(whole(numbers, [3, 4]))),
      twin: (x) => ({
        shape: [3, 4],
        at: ([i, j]) => (numbers[i! * 4 + j!] === 0 ? 0 : x!.at([i!, j!])),
      }),
    },
  ],
  stepWindows: windowCases(),
  layerNorm: lastCases(true),
  rmsNorm: lastCases(false),
  groupNorm: groupCases(),
} satisfies Record<string, readonly OperationCase[]>;
