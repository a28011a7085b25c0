// @internal
import { badArgument, callFirst, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { sizeOf, Tensor } from '../tensor/tensor.js';
import type { Tape } from './tape.js';
import { Value } from './value.js';

/** Options of recurrent operations. */
export interface RecurrentOptions {
  /** Whether the result is h of every step, m × steps × units, instead of the last one, m × units; default false. */
  readonly returnSequences?: boolean | undefined;
  /** The states before the first step, m × units each: h, and c of an LSTM; default zeros. */
  readonly initialState?: readonly Value[] | undefined;
  /** m × steps: 0 for steps that do not count. There the state stays as it is and the output is 0. */
  readonly mask?: Value | undefined;
  /** From the last step to the first; default false. Outputs stay at their steps. */
  readonly reverse?: boolean | undefined;
  /** m × units: factors of h in the recurrent product, such as those of dropout. No gradient goes to them. */
  readonly stateFactors?: Value | undefined;
  /** False where no gradient is wanted: less is kept then. Default true. */
  readonly training?: boolean | undefined;
}

/** A cell as native/layers has it. */
export interface RecurrentCell {
  readonly kernel: 'lstm' | 'gru' | 'simple_rnn_tanh' | 'simple_rnn_relu';
  /** Groups of columns in the weights. */
  readonly gates: number;
  /** Numbers a unit that the backward pass needs of each step. */
  readonly kept: number;
  /** Whether there is a state c beside h. */
  readonly hasCell: boolean;
  /** Whether the recurrent product has a bias of its own. */
  readonly hasInnerBias: boolean;
}

/** Weights of a recurrent operation: in × gates·units, units × gates·units, and biases of gates·units numbers. */
export interface RecurrentOperands {
  readonly w: Value;
  readonly u: Value;
  readonly b?: Value | undefined;
  readonly innerB?: Value | undefined;
}

/**
 * From so many rows on, and up to so many weights, the gradients by weights are summed up while the pass goes back through
 * time: the gradients of each step then need no memory, and the sums stay in the second-level cache.
 */
const leastRowsAtOnce = 16;
const mostWeightsAtOnce = 2 ** 17;

const optionNames = ['returnSequences', 'initialState', 'mask', 'reverse', 'stateFactors', 'training'] as const;

/** Records a recurrent layer over all steps of x, m × steps × features. */
export function recurrence(
  tape: Tape,
  cell: RecurrentCell,
  x: Value,
  { w, u, b, innerB }: RecurrentOperands,
  options: RecurrentOptions,
): Value {
  checkOptions(options, optionNames);
  const { returnSequences = false, initialState = [], mask, reverse = false, stateFactors, training = true } = options;
  const { runner } = tape;
  const [units = 0, columns] = u.shape;
  const [rows = 0, steps = 0, features] = x.shape;
  requireOperands(cell, x, { w, u, b, innerB }, columns === cell.gates * units && features === w.shape[0]);
  const stateCount = cell.hasCell ? 2 : 1;
  if (initialState.length > stateCount) {
    throw badArgument('initialState', `${stateCount} or fewer values of states`, initialState.length);
  }
  const state = [rows, units];
  for (const one of [...initialState, ...(stateFactors ? [stateFactors] : [])]) requireShape('a state', one, state);
  if (mask) requireShape('mask', mask, [rows, steps]);

  const none = Tensor.zeros([0], runner.dtype);
  const zeros = (count: number) => new Value(Tensor.zeros([count], runner.dtype));
  const bias = b ?? zeros(cell.gates * units);
  const inner = innerB ?? zeros(cell.hasInnerBias ? cell.gates * units : 0);
  const [h0, c0] = initialState;
  const sequence = returnSequences ? runner.tensor([rows, steps, units]) : undefined;
  const states = Array.from({ length: stateCount }, () => runner.tensor(state));
  const kept = training ? runner.tensor([rows, steps, cell.kept * units]) : none;
  const previous = training ? runner.tensor([rows, steps, units]) : none;
  const shared = { mask: mask?.tensor ?? none, hMask: stateFactors?.tensor ?? none, reverse: Number(reverse) };
  tape.run(`${cell.kernel}_forward`, {
    x: x.tensor,
    w: w.tensor,
    u: u.tensor,
    b: bias.tensor,
    innerB: inner.tensor,
    h0: h0?.tensor ?? none,
    c0: c0?.tensor ?? none,
    y: sequence ?? none,
    lastH: states[0]!,
    lastC: states[1] ?? none,
    kept,
    previous,
    ...shared,
  });

  const backward = (dys: readonly (Tensor | undefined)[]) => {
    if (!training) throw callFirst('forward with training true', 'backward');
    const [dy, dlastH, dlastC] = sequence ? dys : [undefined, ...dys];
    const wanted = [h0, c0].map((one) => (one && tape.needs(one) ? runner.tensor(state) : none));
    const from = {
      u: u.tensor,
      kept,
      dy: dy ?? none,
      dlastH: dlastH ?? none,
      dlastC: dlastC ?? none,
      dh0: wanted[0]!,
      dc0: wanted[1]!,
      ...shared,
    };
    const weights = [w, u, bias, ...(cell.hasInnerBias ? [inner] : [])];
    if (rows >= leastRowsAtOnce && (features! + units) * u.shape[1]! <= mostWeightsAtOnce) {
      const dx = tape.needs(x) ? runner.tensor(x.shape) : none;
      const gradients = ([dw = none, du = none, db = none, innerDb = none]: readonly Tensor[], accumulate: 0 | 1) =>
        tape.run(`${cell.kernel}_gradients`, {
          ...from,
          x: x.tensor,
          w: w.tensor,
          previous,
          dw,
          du,
          db,
          innerDb,
          dx,
          accumulate,
        });
      if (weights.some((one) => tape.needs(one))) tape.addGradients(weights, gradients);
      else gradients([], 0);
      if (tape.needs(x)) tape.shareGradient(x, dx);
    } else {
      const dz = runner.tensor([rows, steps, cell.gates * units]);
      const dinner = cell.hasInnerBias ? runner.tensor([rows, steps, cell.gates * units]) : none;
      tape.run(`${cell.kernel}_backward`, { ...from, dz, inner: dinner });
      const flat = (tensor: Tensor) => tensor.reshape([rows * steps, tensor.shape.at(-1)!]);
      const right = flat(dz);
      tape.addGradients([w, bias], ([dw, db], accumulate) =>
        tape.run('fully_connected_backward_weights', { x: flat(x.tensor), dz: right, dw: dw!, db: db!, accumulate }),
      );
      if (cell.hasInnerBias) {
        const by = { x: flat(previous), dz: flat(dinner) };
        tape.addGradients([u, inner], ([dw, db], accumulate) =>
          tape.run('fully_connected_backward_weights', { ...by, dw: dw!, db: db!, accumulate }),
        );
      } else {
        tape.addGradient(u, (du, accumulate) =>
          tape.run('product_over_rows', { a: flat(previous), b: right, y: du, accumulate }),
        );
      }
      tape.addGradient(x, (dx, accumulate) =>
        tape.run('fully_connected_backward_input', { w: w.tensor, dz: right, dx: flat(dx), accumulate }),
      );
    }
    for (const [i, one] of [h0, c0].entries()) if (one && tape.needs(one)) tape.shareGradient(one, wanted[i]!);
  };
  const outputs = sequence ? [sequence, ...states] : states;
  const values = tape.results(outputs, [x, w, u, bias, inner, ...initialState], backward);
  const [result] = values;
  result!.states = values.slice(sequence ? 1 : 0);
  return result!;
}

function requireOperands(
  { gates, kernel }: RecurrentCell,
  x: Value,
  { w, u, b, innerB }: RecurrentOperands,
  fits: boolean,
): void {
  const columns = u.shape[1];
  const biases = [b, innerB].filter((one) => one !== undefined);
  const isWhole = x.rank === 3 && w.rank === 2 && u.rank === 2 && sizeOf(x.shape.slice(1)) > 0;
  if (fits && isWhole && w.shape[1] === columns && biases.every(({ size }) => size === columns)) return;
  const expected = `[rows, steps, features], [features, ${gates}·units], [units, ${gates}·units] and [${gates}·units]`;
  const received = [x, w, u, ...biases].map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
  throw shapeMismatch(`${kernel}'s operands`, expected, received);
}

function requireShape(name: string, value: Value, shape: readonly number[]): void {
  if (value.shape.join() === shape.join()) return;
  throw shapeMismatch(name, `shape [${shape.join(', ')}]`, `[${value.shape.join(', ')}]`);
}
