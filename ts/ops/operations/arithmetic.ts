import { addBroadcastGradient, addSummedGradient } from '../broadcast.js';
import { binary, type Pair } from '../elementwise.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

/** a + b, with shapes that broadcast as in NumPy. */
export function add(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'add', [a, b], (pair, dy) => {
    addSummedGradient(tape, pair.a, dy, 1);
    addSummedGradient(tape, pair.b, dy, 1);
  });
}

/** a − b */
export function subtract(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'subtract', [a, b], (pair, dy) => {
    addSummedGradient(tape, pair.a, dy, 1);
    addSummedGradient(tape, pair.b, dy, -1);
  });
}

/** a · b, element by element */
export function multiply(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'multiply', [a, b], (pair, dy) => {
    addBroadcastGradient(tape, pair.a, pair.shape, (y, accumulate) =>
      tape.run('multiply', { a: dy, b: pair.right, y, accumulate }),
    );
    addBroadcastGradient(tape, pair.b, pair.shape, (y, accumulate) =>
      tape.run('multiply', { a: dy, b: pair.left, y, accumulate }),
    );
  });
}

/** a / b */
export function divide(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'divide', [a, b], (pair, dy, y) => {
    addBroadcastGradient(tape, pair.a, pair.shape, (da, accumulate) =>
      tape.run('divide', { a: dy, b: pair.right, y: da, accumulate }),
    );
    addBroadcastGradient(tape, pair.b, pair.shape, (db, accumulate) =>
      tape.run('divide_backward_divisor', { b: pair.right, y, dy, db, accumulate }),
    );
  });
}

/** −x */
export function negate(tape: Tape, x: ValueOrNumber): Value {
  return multiply(tape, x, -1);
}

/** x · x */
export function square(tape: Tape, x: ValueOrNumber): Value {
  return multiply(tape, x, x);
}

/** a to the power of b. The gradient by b is 0 where a is 0; a negative a takes whole powers only. */
export function power(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  if (b === 2) return square(tape, a);
  return binary(tape, 'power', [a, b], (pair, dy) => {
    const { left, right } = pair;
    addBroadcastGradient(tape, pair.a, pair.shape, (da, accumulate) =>
      tape.run('power_backward_base', { a: left, b: right, dy, da, accumulate }),
    );
    addBroadcastGradient(tape, pair.b, pair.shape, (db, accumulate) =>
      tape.run('power_backward_exponent', { a: left, b: right, dy, db, accumulate }),
    );
  });
}

/** The larger of a and b; where they are equal, each takes half of the gradient, as in PyTorch. */
export function maximum(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'maximum', [a, b], choiceBackward(tape, 'maximum_backward'));
}

/** The smaller of a and b */
export function minimum(tape: Tape, a: ValueOrNumber, b: ValueOrNumber): Value {
  return binary(tape, 'minimum', [a, b], choiceBackward(tape, 'minimum_backward'));
}

function choiceBackward(tape: Tape, kernel: string) {
  return ({ a, b, left, right, shape }: Pair, dy: Pair['left']) => {
    addBroadcastGradient(tape, a, shape, (da, accumulate) =>
      tape.run(kernel, { a: left, b: right, dy, da, accumulate }),
    );
    addBroadcastGradient(tape, b, shape, (da, accumulate) =>
      tape.run(kernel, { a: right, b: left, dy, da, accumulate }),
    );
  };
}
