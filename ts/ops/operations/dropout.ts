import { fieldsOf } from '../../core/fields.js';
import { checkedRate, firstMaskStream } from '../dropout-draw.js';
import type { Tape } from '../tape.js';
import type { Value } from '../value.js';

/** Which random numbers `dropout` draws. */
export interface DropoutOptions {
  /** Default 0. */
  readonly seed?: number | undefined;
  /** The sequence of random numbers of that seed; default 0. */
  readonly stream?: number | undefined;
}

/**
 * Inverted dropout: each number becomes 0 with probability `rate`, and is multiplied by 1/(1 − rate) otherwise. Which ones
 * are dropped depends on seed, stream and the number of the training step.
 * @param rate - from 0, which drops nothing, to less than 1
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for another rate
 */
export function dropout(tape: Tape, x: Value, rate: number, options: DropoutOptions = {}): Value {
  checkedRate('rate', rate);
  const { seed = 0, stream = 0 } = fieldsOf('options', options, ['seed', 'stream']);
  if (rate === 0) return x;
  const mask = tape.runner.tensor(x.shape);
  const { step } = tape.runner;
  const from = { rate, seed, stream: firstMaskStream + stream, step };
  return tape.operation(
    x.shape,
    [x],
    (y) => tape.run('dropout_forward', { x: x.tensor, y, mask, ...from }),
    (dy) => tape.addOverwritten(x, (dx) => tape.run('dropout_backward', { dy, mask, dx })),
  );
}
