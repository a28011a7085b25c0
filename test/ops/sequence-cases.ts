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

/** Σⱼ weights[i, j] · w[numbers[i, j], :], for weights of that shape. */
function bagTwin(w: Naive, weights: Naive): Naive {
  const [length, count] = [weights.shape.at(-1)!, weights.shape.length - 1];
  return {
    shape: [...weights.shape.slice(0, -1), w.shape[1]!],
    at: (index) => {
      const row = index.slice(0, count);
      const first = row.reduce((at, i, d) => at * weights.shape[d]! + i, 0) * length;
      let sum = 0;
      for (let j = 0; j < length; j++) sum += weights.at([...row, j]) * w.at([numbers[first + j]!, index[count]!]);
      return sum;
    },
  };
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

function convolutionTwin(window: Window, groups: number) {
  return (x: Naive, w: Naive, b?: Naive): Naive => {
    const windows = windowsTwin(window)(x);
    const [size, ofGroup, filters] = w.shape as [number, number, number];
    return {
      shape: [...windows.shape.slice(0, 2), filters],
      at: ([m, o, f]) => {
        const first = Math.floor((f! * groups) / filters) * ofGroup;
        let sum = b ? numbersOf(b)[f!]! : 0;
        for (let j = 0; j < size; j++) {
          for (let c = 0; c < ofGroup; c++) sum += windows.at([m!, o!, j, first + c]) * w.at([j, c, f!]);
        }
        return sum;
      },
    };
  };
}

function convolutionCases(): OperationCase[] {
  const ways: (readonly [number[], number[], Omit<Window, 'size'>, number])[] = [
    [[2, 7, 3], [3, 3, 5], {}, 1],
    [[3, 8, 4], [3, 2, 6], { stride: 2, padding: [2, 1] }, 2],
    [[2, 9, 3], [4, 1, 3], { dilation: 2, padding: [6, 0] }, 3],
    [[4, 5, 2], [1, 2, 3], {}, 1],
    [[2, 3, 4], [1, 2, 2], { stride: 2 }, 2],
  ];
  return ways.flatMap(([x, w, window, groups]) =>
    [false, true].map((hasBias) => ({
      shapes: [x, w, ...(hasBias ? [[w[2]!]] : [])],
      apply: (ops, ...[values, weights, bias]) => ops.conv1d(values!, weights!, bias, { ...window, groups }),
      twin: (...[values, weights, bias]) =>
        convolutionTwin({ ...window, size: w[0]! }, groups)(values!, weights!, bias),
    })),
  );
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
  embeddingBag: [
    [
      [5, 3],
      [3, 4],
    ],
    [
      [5, 65],
      [2, 3, 2],
    ],
    [[5, 1], [12]],
  ].map(([table, shape]) => ({
    shapes: [table!, shape!],
    apply: (ops, w, weights) => ops.embeddingBag(w!, whole(numbers, shape!), weights!),
    twin: (w, weights) => bagTwin(w!, weights!),
  })),
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
  stepMask: [
    {
      shapes: [[4, 3]],
      apply: (ops, x) => ops.multiply(x!, ops.stepMask(whole([0, 1, 3, 2], [4]), 3)),
      twin: (x) => ({ shape: [4, 3], at: ([i, t]) => (t! < [0, 1, 3, 2][i!]! ? x!.at([i!, t!]) : 0) }),
    },
  ],
  stepWindows: windowCases(),
  conv1d: convolutionCases(),
  layerNorm: lastCases(true),
  rmsNorm: lastCases(false),
  groupNorm: groupCases(),
} satisfies Record<string, readonly OperationCase[]>;
