import { addBroadcastGradient, broadcastShape, withRank } from '../broadcast.js';
import { binary } from '../elementwise.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

/** 1 where a > b, else 0; no gradient. */
export function greater(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'greater', [a, b]);
}

/** 1 where a ≥ b, else 0 */
export function greaterOrEqual(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'greater_or_equal', [a, b]);
}

/** 1 where a < b, else 0 */
export function less(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return greater(tape, b, a);
}

/** 1 where a ≤ b, else 0 */
export function lessOrEqual(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return greaterOrEqual(tape, b, a);
}

/** 1 where a = b, else 0 */
export function equal(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'equal', [a, b]);
}

/** a where the condition is not 0, else b; all three broadcast. */
export function where(tape: Tape, condition: ValueOrNumber, a: ValueOrNumber, b: ValueOrNumber): Value {
  const values = [tape.valueOf('condition', condition), tape.valueOf('a', a), tape.valueOf('b', b)] as const;
  const shape = broadcastShape(
    'where',
    values.map((value) => value.shape),
  );
  const ranked = (value: Value) => withRank(value.tensor, shape.length);
  const [chooser, yes, no] = [ranked(values[0]), ranked(values[1]), ranked(values[2])];
  return tape.operation(
    shape,
    values,
    (y) => tape.run('where', { condition: chooser, a: yes, b: no, y: withRank(y, shape.length), accumulate: 0 }),
    (result) => {
      const dy = withRank(result, shape.length);
      const nothing = withRank(tape.valueOf('zero', 0).tensor, shape.length);
      addBroadcastGradient(tape, values[1], shape, (y, accumulate) =>
        tape.run('where', { condition: chooser, a: dy, b: nothing, y, accumulate }),
      );
      addBroadcastGradient(tape, values[2], shape, (y, accumulate) =>
        tape.run('where', { condition: chooser, a: nothing, b: dy, y, accumulate }),
      );
    },
  );
}
