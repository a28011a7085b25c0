// Cases of recurrent operations, one number at a time.
import { type Ops, Tensor, type Value as ValueType } from 'blasnet';
import { Value } from '#blasnet/ops/value';
import { type Naive, naive, numbersOf } from '../support/naive-tensors.js';
import type { OperationCase } from './cases.js';

interface Options {
  readonly returnSequences?: boolean;
  readonly reverse?: boolean;
  readonly mask?: readonly (readonly number[])[];
  readonly factors?: readonly (readonly number[])[];
  /** The last c instead of the last h. */
  readonly isCell?: boolean;
}

type Cell = (sum: (column: number) => number, inner: (column: number) => number, h: number, c: number) => number[];

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** h of all steps or of the last one, with the weights' columns as native/layers has them. */
function twinOf(gates: number, cell: (units: number) => (j: number) => Cell, hasInner: boolean, options: Options) {
  const { returnSequences = false, reverse = false, mask, factors, isCell = false } = options;
  return (x: Naive, w: Naive, u: Naive, b?: Naive, innerB?: Naive, h0?: Naive, c0?: Naive): Naive => {
    const [rows, steps, features] = x.shape as [number, number, number];
    const units = u.shape[0]!;
    const step = cell(units);
    const [first, second] = [b, innerB].map((one) => (one ? numbersOf(one) : undefined));
    const outputs: number[] = [];
    const last: number[] = [];
    for (let row = 0; row < rows; row++) {
      let h = Array.from({ length: units }, (_, j) => h0?.at([row, j]) ?? 0);
      let c = Array.from({ length: units }, (_, j) => c0?.at([row, j]) ?? 0);
      const all = new Map<number, readonly number[]>();
      for (let i = 0; i < steps; i++) {
        const t = reverse ? steps - 1 - i : i;
        all.set(
          t,
          h.map(() => 0),
        );
        if (mask && mask[row]![t] === 0) continue;
        const left = h.map((value, j) => value * (factors ? factors[row]![j]! : 1));
        const inner = (column: number) =>
          left.reduce((sum, value, j) => sum + value * u.at([j, column]), second?.[column] ?? 0);
        const outer = (column: number) =>
          Array.from({ length: features }, (_, k) => x.at([row, t, k]) * w.at([k, column])).reduce(
            (sum, value) => sum + value,
            first?.[column] ?? 0,
          );
        const next = h.map((value, j) => step(j)(outer, inner, value, c[j]!));
        h = next.map(([value]) => value!);
        c = next.map(([, value]) => value ?? 0);
        all.set(t, h);
      }
      for (let t = 0; t < steps; t++) outputs.push(...all.get(t)!);
      last.push(...(isCell ? c : h));
    }
    if (!hasInner && innerB) throw new Error('one bias only');
    if (w.shape[1] !== gates * units) throw new Error('other weights');
    return returnSequences ? naive([rows, steps, units], outputs) : naive([rows, units], last);
  };
}

const lstmCell = (units: number) => (j: number) => {
  const cell: Cell = (outer, inner, _h, c) => {
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) => outer(gate * units + j) + inner(gate * units + j));
    const next = sigma(f!) * c + sigma(i!) * Math.tanh(g!);
    return [sigma(o!) * Math.tanh(next), next];
  };
  return cell;
};

const gruCell = (units: number) => (j: number) => {
  const cell: Cell = (outer, inner, h) => {
    const [r, z] = [0, 1].map((gate) => sigma(outer(gate * units + j) + inner(gate * units + j)));
    const fresh = Math.tanh(outer(2 * units + j) + r! * inner(2 * units + j));
    return [(1 - z!) * fresh + z! * h];
  };
  return cell;
};

const plainCell = (f: (x: number) => number) => () => (j: number) => {
  const cell: Cell = (outer, inner) => [f(outer(j) + inner(j))];
  return cell;
};

/** A value of the operands' dtype that no gradient goes to. */
const constant = (like: ValueType, rows: readonly (readonly number[])[]) =>
  new Value(Tensor.from(rows.map((row) => [...row])).clone(like.tensor.dtype));

const optionsOf = (x: ValueType, { mask, factors, ...rest }: Options) => ({
  ...rest,
  ...(mask && { mask: constant(x, mask) }),
  ...(factors && { stateFactors: constant(x, factors) }),
});

const mask = [
  [1, 1, 0, 1],
  [0, 1, 1, 0],
  [0, 0, 0, 0],
];
const factors = [
  [2, 0, 2],
  [0, 2, 2],
  [2, 2, 0],
];
const ways: readonly Options[] = [
  {},
  { returnSequences: true },
  { returnSequences: true, reverse: true, mask },
  { mask, factors },
];

const shapesOf = (gates: number) => [
  [3, 4, 2],
  [2, gates * 3],
  [3, gates * 3],
];

type Values = readonly ValueType[];

export const recurrentCases = {
  lstm: [
    ...ways.map(
      (way): OperationCase => ({
        shapes: [...shapesOf(4), [12]],
        apply: (ops: Ops, ...[x, W, U, B]: Values) => ops.lstm(x!, { W: W!, U: U!, B: B! }, optionsOf(x!, way)),
        twin: twinOf(4, lstmCell, false, way) as OperationCase['twin'],
      }),
    ),
    {
      shapes: [...shapesOf(4), [3, 3], [3, 3]],
      apply: (ops, x, W, U, h, c) => ops.lstm(x!, { W: W!, U: U! }, { returnSequences: true, initialState: [h!, c!] }),
      twin: (x, w, u, h, c) =>
        twinOf(4, lstmCell, false, { returnSequences: true })(x!, w!, u!, undefined, undefined, h, c),
    },
    {
      // The state c is a result, too.
      shapes: shapesOf(4),
      apply: (ops, x, W, U) => ops.add(...(ops.lstm(x!, { W: W!, U: U! }).states as [Value, Value])),
      twin: (x, w, u) => {
        const [h, c] = [false, true].map((isCell) => twinOf(4, lstmCell, false, { isCell })(x!, w!, u!));
        return { shape: h!.shape, at: (index) => h!.at(index) + c!.at(index) };
      },
    },
  ],
  gru: [
    ...ways.map(
      (way): OperationCase => ({
        shapes: [...shapesOf(3), [9], [1, 9]],
        apply: (ops: Ops, ...[x, W, U, B, recurrentB]: Values) =>
          ops.gru(x!, { W: W!, U: U!, B: B!, recurrentB: recurrentB! }, optionsOf(x!, way)),
        twin: twinOf(3, gruCell, true, way) as OperationCase['twin'],
      }),
    ),
    {
      shapes: [...shapesOf(3), [3, 3]],
      apply: (ops, x, W, U, h) => ops.gru(x!, { W: W!, U: U! }, { initialState: [h!] }),
      twin: (x, w, u, h) => twinOf(3, gruCell, true, {})(x!, w!, u!, undefined, undefined, h),
    },
  ],
  simpleRnn: [
    ...ways.map(
      (way): OperationCase => ({
        shapes: [...shapesOf(1), [3]],
        apply: (ops: Ops, ...[x, W, U, B]: Values) => ops.simpleRnn(x!, { W: W!, U: U!, B: B! }, optionsOf(x!, way)),
        twin: twinOf(1, plainCell(Math.tanh), false, way) as OperationCase['twin'],
      }),
    ),
    {
      shapes: shapesOf(1),
      apply: (ops, x, W, U) => ops.simpleRnn(x!, { W: W!, U: U! }, { activation: 'relu', returnSequences: true }),
      twin: (x, w, u) =>
        twinOf(
          1,
          plainCell((value) => Math.max(0, value)),
          false,
          { returnSequences: true },
        )(x!, w!, u!),
    },
  ],
} satisfies Record<string, readonly OperationCase[]>;
