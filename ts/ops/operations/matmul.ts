import { shapeMismatch } from '../../core/errors.js';
import { checkOptions } from '../../core/fields.js';
import { sizeOf, type Tensor } from '../../tensor/tensor.js';
import { addSummedGradient, broadcastShape, withRank } from '../broadcast.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

export interface MatmulOptions {
  /** Whether rows and columns of the factor's matrices are exchanged; default false. */
  readonly transposeA?: boolean | undefined;
  readonly transposeB?: boolean | undefined;
}

/**
 * Product of matrices: a[…, m, k] · b[…, k, n]. The dimensions in front of the last two broadcast, as in NumPy's matmul.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for factors that do not fit
 */
export function matmul(tape: Tape, a: ValueOrNumber, b: ValueOrNumber, options: MatmulOptions = {}): Value {
  checkOptions(options, ['transposeA', 'transposeB']);
  const [left, right] = [tape.valueOf('a', a), tape.valueOf('b', b)];
  const { transposeA = false, transposeB = false } = options;
  for (const factor of [left, right]) {
    if (factor.rank < 2) throw shapeMismatch("matmul's factors", 'two dimensions or more', `[${factor.shape}]`);
  }
  const [m, k] = matrixOf(left, transposeA);
  const [inner, n] = matrixOf(right, transposeB);
  if (k !== inner) {
    const received = `${k} columns and ${inner} rows of [${left.shape.join(', ')}] and [${right.shape.join(', ')}]`;
    throw shapeMismatch("matmul's factors", 'as many columns of a as rows of b', received);
  }
  if (right.rank === 2 && !transposeA) return byRows(tape, left, right, transposeB, n);
  const batch = broadcastShape('matmul', [left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const rank = batch.length + 2;
  const multiply = (x: Tensor, turnX: boolean, w: Tensor, turnW: boolean, y: Tensor, accumulate: 0 | 1) =>
    tape.runProduct('batched_product', {
      a: withRank(x, rank),
      b: withRank(w, rank),
      y: withRank(y, rank),
      transposeA: Number(turnX),
      transposeB: Number(turnW),
      accumulate,
    });
  const [x, w] = [left.tensor, right.tensor];
  return tape.operation(
    [...batch, m, n],
    [left, right],
    (y) => multiply(x, transposeA, w, transposeB, y, 0),
    (dy) => {
      // y = op(a)·op(b): d op(a) = dy · op(b)ᵀ, d op(b) = op(a)ᵀ · dy; each transposed once more where the factor is.
      addFactorGradient(tape, left, batch, (da, accumulate) =>
        transposeA
          ? multiply(w, transposeB, dy, true, da, accumulate)
          : multiply(dy, false, w, !transposeB, da, accumulate),
      );
      addFactorGradient(tape, right, batch, (db, accumulate) =>
        transposeB
          ? multiply(dy, true, x, transposeA, db, accumulate)
          : multiply(x, !transposeA, dy, false, db, accumulate),
      );
    },
  );
}

/** Rows and columns of a factor's matrices. */
function matrixOf({ shape }: Value, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Where all matrices of a meet one matrix b, they are one tall matrix. */
function byRows(tape: Tape, a: Value, b: Value, transposeB: boolean, n: number): Value {
  const rows = sizeOf(a.shape.slice(0, -1));
  const flat = (tensor: Tensor) => (tensor.shape.length === 2 ? tensor : tensor.reshape([rows, tensor.shape.at(-1)!]));
  const [x, w] = [flat(a.tensor), b.tensor];
  return tape.operation(
    [...a.shape.slice(0, -1), n],
    [a, b],
    (y) =>
      tape.runProduct('product_by_rows', { a: x, b: w, y: flat(y), transposeB: Number(transposeB), accumulate: 0 }),
    (result) => {
      const dy = flat(result);
      tape.addGradient(b, (db, accumulate) =>
        tape.runProduct(
          'product_over_rows',
          transposeB ? { a: dy, b: x, y: db, accumulate } : { a: x, b: dy, y: db, accumulate },
        ),
      );
      tape.addGradient(a, (da, accumulate) =>
        tape.runProduct('product_by_rows', { a: dy, b: w, y: flat(da), transposeB: Number(!transposeB), accumulate }),
      );
    },
  );
}

/** Adds a contribution to a factor's gradient, summed over the matrices that it stood for. */
function addFactorGradient(
  tape: Tape,
  factor: Value,
  batch: readonly number[],
  pass: (target: Tensor, accumulate: 0 | 1) => void,
): void {
  const matrix = factor.shape.slice(-2);
  if (sizeOf(factor.shape) === sizeOf(batch) * sizeOf(matrix)) {
    tape.addGradient(factor, pass);
    return;
  }
  if (!tape.needs(factor)) return;
  const whole = tape.runner.tensor([...batch, ...matrix]);
  pass(whole, 0);
  addSummedGradient(tape, factor, whole, 1);
}
