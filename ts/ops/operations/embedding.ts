import { badArgument, shapeMismatch } from '../../core/errors.js';
import { sizeOf } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import { requireIndices, Value } from '../value.js';
import { checkedSize } from '../windows.js';

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
 * Sums of rows of a table, each times a weight: w of [count, size], numbers and weights of [.., length] give [.., size]. The
 * same as the product of w with rows of `count` numbers that are 0 but for the weights; a weight of 0 is padding. A number may be
 * there several times.
 * @param numbers - an int32 value of numbers from 0 to count − 1
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a value of floats as numbers, or a number that is out of range;
 *   `ERR_SHAPE_MISMATCH` for weights of another shape than the numbers
 */
export function embeddingBag(tape: Tape, w: Value, numbers: Value, weights: Value): Value {
  if (!(w instanceof Value) || w.rank !== 2)
    throw shapeMismatch("embeddingBag's w", 'a table [count, size]', 'another');
  requireIndices("embeddingBag's numbers", numbers);
  const textOf = ({ shape }: Value) => `[${shape.join(', ')}]`;
  if (numbers.rank === 0) throw shapeMismatch("embeddingBag's numbers", 'shape [.., length]', textOf(numbers));
  if (!(weights instanceof Value) || weights.dtype === 'int32') {
    throw badArgument(
      "embeddingBag's weights",
      'a value of floats',
      weights instanceof Value ? 'an int32 one' : weights,
    );
  }
  if (weights.shape.join() !== numbers.shape.join()) {
    throw shapeMismatch("embeddingBag's weights", `shape ${textOf(numbers)}`, textOf(weights));
  }
  const [size, length] = [w.shape[1]!, numbers.shape.at(-1)!];
  const rows = sizeOf(numbers.shape.slice(0, -1));
  const given = { numbers: numbers.tensor.reshape([rows, length]) };
  const factors = { weights: weights.tensor.reshape([rows, length]) };
  return tape.operation(
    [...numbers.shape.slice(0, -1), size],
    [w, weights],
    (y) => tape.run('embedding_bag', { w: w.tensor, ...given, ...factors, y: y.reshape([rows, size]) }),
    (result) => {
      const dy = result.reshape([rows, size]);
      tape.addGradient(w, (dw, accumulate) =>
        tape.run('embedding_bag_backward', { ...given, ...factors, dy, dw, accumulate }),
      );
      tape.addGradient(weights, (target, accumulate) => {
        const dweights = target.reshape([rows, length]);
        tape.run('embedding_bag_backward_weights', { w: w.tensor, ...given, dy, dweights, accumulate });
      });
    },
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

/**
 * 1 for the steps of each sequence before its end, else 0: m × steps.
 * @param lengths - an int32 value of m numbers
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a value of floats, or steps that are not a whole number above 0;
 *   `ERR_SHAPE_MISMATCH` for lengths of more dimensions
 */
export function stepMask(tape: Tape, lengths: Value, steps: number): Value {
  requireIndices("stepMask's lengths", lengths);
  checkedSize('steps', steps);
  if (lengths.rank !== 1) throw shapeMismatch("stepMask's lengths", 'shape [rows]', `[${lengths.shape.join(', ')}]`);
  return tape.operation([lengths.size, steps], [], (y) => tape.run('step_mask', { lengths: lengths.tensor, y }));
}
