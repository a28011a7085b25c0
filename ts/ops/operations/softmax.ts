import type { Tensor } from '../../tensor/tensor.js';
import { axisOf } from '../axes.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';
import { transpose } from './movement.js';

/** eˣ / Σ eˣ over one dimension, the last by default. */
export function softmax(tape: Tape, x: ValueOrNumber, axis = -1): Value {
  return alongLast(tape, 'softmax', x, axis, (last) => {
    const rows = asRows(last.shape);
    let logSum: Tensor | undefined;
    const result = tape.operation(
      last.shape,
      [last],
      (y) => {
        logSum = tape.runner.tensor([rows(y).rows]);
        tape.run('softmax_forward', { z: rows(last.tensor), a: rows(y), logSum });
      },
      (dy, y) =>
        tape.addGradient(last, (dx, accumulate) =>
          tape.run('softmax_backward', { y: rows(y), dy: rows(dy), dx: rows(dx), accumulate }),
        ),
    );
    result.logits = { kind: 'softmax', z: last, logSum };
    return result;
  });
}

/** ln of the softmax over one dimension, the last by default; finite for all finite x. */
export function logSoftmax(tape: Tape, x: ValueOrNumber, axis = -1): Value {
  return alongLast(tape, 'logSoftmax', x, axis, (last) => {
    const rows = asRows(last.shape);
    return tape.operation(
      last.shape,
      [last],
      (y) => tape.run('log_softmax', { x: rows(last.tensor), y: rows(y) }),
      (dy, y) =>
        tape.addGradient(last, (dx, accumulate) =>
          tape.run('log_softmax_backward', { y: rows(y), dy: rows(dy), dx: rows(dx), accumulate }),
        ),
    );
  });
}

/** Views a tensor as rows of its last dimension. */
const asRows = (shape: readonly number[]) => (tensor: Tensor) =>
  tensor.reshape([tensor.size / (shape.at(-1) || 1), shape.at(-1)!]);

/** Applies an operation on the last dimension to another one. */
function alongLast(tape: Tape, name: string, operand: ValueOrNumber, axis: number, apply: (x: Value) => Value): Value {
  const x = tape.valueOf('x', operand);
  const [place, last] = [axisOf(name, axis, x.rank), x.rank - 1];
  if (place === last) return apply(x);
  const order = x.shape.map((_, i) => (i === place ? last : i === last ? place : i));
  return transpose(tape, apply(transpose(tape, x, order)), order);
}
