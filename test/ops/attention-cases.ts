// Cases of attention over several heads, and of its probabilities, in plain loops.
import { Tensor } from 'blasnet';
import { Value } from '#blasnet/ops/value';
import { philox } from '../support/augment.js';
import { type Naive, naive, numbersOf } from '../support/naive-tensors.js';
import type { OperationCase } from './cases.js';

interface Form {
  readonly heads: number;
  readonly causal?: boolean;
  readonly scale?: number;
  /** Which keys of a row count. */
  readonly counts?: (row: number, key: number) => boolean;
  readonly dropout?: { readonly rate: number; readonly seed: number; readonly stream: number };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function weightsTwin(form: Form) {
  return (q: Naive, k: Naive): Naive => {
    const [rows, queries, features] = q.shape as [number, number, number];
    const keys = k.shape[1]!;
    const size = features / form.heads;
    const scale = form.scale ?? 1 / Math.sqrt(size);
    const [left, right] = [naive(q.shape, numbersOf(q)), naive(k.shape, numbersOf(k))];
    const at = ([m, h, i, j]: readonly number[]) => {
      const score = (key: number) => {
        if ((form.causal && key > i!) || form.counts?.(m!, key) === false) return 0;
        return Math.exp(
          scale * sum(range(size).map((c) => left.at([m!, i!, h! * size + c]) * right.at([m!, key, h! * size + c]))),
        );
      };
      return score(j!) / (sum(range(keys).map(score)) || 1);
    };
    return { shape: [rows, form.heads, queries, keys], at };
  };
}

/** The factors of probabilities: word `query` of those that begin with the key's block. */
function factorsOf({ rate, seed, stream }: { rate: number; seed: number; stream: number }, p: Naive) {
  const [, heads, queries, keys] = p.shape as [number, number, number, number];
  return ([m, h, i, j]: readonly number[]) => {
    const block = ((m! * heads + h!) * keys + j!) * Math.ceil(queries / 4) + Math.floor(i! / 4);
    const word = philox(block, 2 ** 31 + stream, { seed, step: 0 })[i! % 4]!;
    return word >= Math.round(rate * 2 ** 32) ? 1 / (1 - rate) : 0;
  };
}

function attentionTwin(form: Form) {
  return (q?: Naive, k?: Naive, v?: Naive): Naive => {
    const weights = weightsTwin(form)(q!, k!);
    const p = naive(weights.shape, numbersOf(weights));
    const factor = form.dropout ? factorsOf(form.dropout, p) : () => 1;
    const size = v!.shape[2]! / form.heads;
    return {
      shape: [q!.shape[0]!, q!.shape[1]!, v!.shape[2]!],
      at: ([m, i, c]) => {
        const h = Math.floor(c! / size);
        const terms = range(k!.shape[1]!).map((j) => {
          const place = [m!, h, i!, j];
          return p.at(place) * factor(place) * v!.at([m!, j, c!]);
        });
        return sum(terms);
      },
    };
  };
}

function optionsOf({ counts, ...form }: Form, k: Value) {
  const [rows, keys] = k.shape as [number, number];
  if (!counts) return form;
  const numbers = range(rows * keys).map((i) => Number(counts(Math.floor(i / keys), i % keys)));
  return { ...form, mask: new Value(Tensor.from(Float64Array.from(numbers), [rows, keys]).clone(k.tensor.dtype)) };
}

const forms: readonly (Form & { readonly shapes: readonly (readonly number[])[] })[] = [
  {
    heads: 2,
    shapes: [
      [3, 5, 4],
      [3, 7, 4],
      [3, 7, 6],
    ],
  },
  {
    heads: 1,
    causal: true,
    scale: 0.3,
    shapes: [
      [2, 4, 3],
      [2, 4, 3],
      [2, 4, 3],
    ],
  },
  {
    heads: 2,
    causal: true,
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
      [2, 5, 2],
    ],
  },
  // The first row has no key that counts.
  {
    heads: 2,
    counts: (row, key) => key < 3 * row,
    shapes: [
      [3, 4, 2],
      [3, 5, 2],
      [3, 5, 2],
    ],
  },
  {
    heads: 1,
    causal: true,
    counts: (row, key) => (row + key) % 2 === 0,
    shapes: [
      [2, 5, 3],
      [2, 5, 3],
      [2, 5, 1],
    ],
  },
];

const dropping = { heads: 2, causal: true, dropout: { rate: 0.4, seed: 5, stream: 3 } };

export const attentionCases = {
  attention: [
    ...forms.map(
      ({ shapes, ...form }): OperationCase => ({
        shapes,
        apply: (ops, q, k, v) => ops.attention(q!, k!, v!, optionsOf(form, k!)),
        twin: attentionTwin(form),
      }),
    ),
    // Probabilities that are dropped, as in training.
    {
      shapes: [
        [2, 6, 4],
        [2, 7, 4],
        [2, 7, 4],
      ],
      apply: (ops, q, k, v) => ops.attention(q!, k!, v!, dropping),
      twin: attentionTwin(dropping),
    },
    // One value in all places.
    {
      shapes: [[2, 5, 4]],
      apply: (ops, x) => ops.attention(x!, x!, x!, { heads: 2 }),
      twin: (x) => attentionTwin({ heads: 2 })(x, x, x),
    },
  ],
  attentionWeights: forms.map(
    ({ shapes, ...form }): OperationCase => ({
      shapes: shapes.slice(0, 2),
      apply: (ops, q, k) => ops.attentionWeights(q!, k!, optionsOf(form, k!)),
      twin: (q, k) => weightsTwin(form)(q!, k!),
    }),
  ),
} satisfies Record<string, readonly OperationCase[]>;
