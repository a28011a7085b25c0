import { badArgument, shapeMismatch } from '../../core/errors.js';
import { sizeOf } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import { requireIndices, Value } from '../value.js';

/**
 * Rows of a table by whole numbers: w of [count, ..] and numbers of any shape give [..numbers, ..]. The gradient of a row
 * of w is the sum of those of all places where its number occurs.
 * @param numbers - an int32 value of numbers from 0 to count − 1
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a value of floats as numbers, or a number that is out of range
 */
export function embedding(tape: Tape, w: Value, numbers: Value): Value {
  if (!(w instanceof Value) || w.rank < 1) throw shapeMismatch("embedding's w", 'a table of rows', 'another');
  requireIndices("embedding's numbers", numbers);
  const [count, ...row] = w.shape as [number, ...number[]];
  const table = [count, sizeOf(row)];
  return tape.operation(
    [...numbers.shape, ...row],
    [w],
    (y) => tape.run('embedding', { w: w.tensor.reshape(table), numbers: numbers.tensor, y }),
    (dy) =>
      tape.addGradient(w, (dw, accumulate) =>
        tape.run('embedding_backward', { numbers: numbers.tensor, dy, dw: dw.reshape(table), accumulate }),
      ),
  );
}

/**
 * 1 for each whole number that is not 0, else 0: which steps of padded sequences count.
 * @param numbers - an int32 value
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a value of floats
 */
export function nonZero(tape: Tape, numbers: Value): Value {
  requireIndices("nonZero's numbers", numbers);
  if (numbers.rank === 0) throw badArgument("nonZero's numbers", 'numbers with a dimension', 'one without');
  return tape.operation(numbers.shape, [], (y) => tape.run('non_zero', { numbers: numbers.tensor, y }));
}
