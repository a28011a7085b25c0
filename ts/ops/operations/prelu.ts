import type { Tensor } from '../../tensor/tensor.js';
import { addBroadcastGradient, broadcastShape, withRank } from '../broadcast.js';
import type { Tape } from '../tape.js';
import type { Value, ValueOrNumber } from '../value.js';

/**
 * x above 0, slope · x below, where the slope may be learned.
 * @param slope - of a shape that broadcasts with x: [] for one slope, [channels, 1, 1] for one for each channel of images
 */
export function prelu(tape: Tape, x: ValueOrNumber, slope: ValueOrNumber): Value {
  const [input, below] = [tape.valueOf('x', x), tape.valueOf('slope', slope)];
  const shape = broadcastShape('prelu', [input.shape, below.shape]);
  const ranked = (tensor: Tensor) => withRank(tensor, shape.length);
  const operands = { x: ranked(input.tensor), slope: ranked(below.tensor) };
  return tape.operation(
    shape,
    [input, below],
    (y) => tape.run('prelu', { ...operands, y: ranked(y), accumulate: 0 }),
    (result) => {
      const dy = ranked(result);
      addBroadcastGradient(tape, input, shape, (dx, accumulate) =>
        tape.run('prelu_backward', { ...operands, dy, dx, accumulate }),
      );
      addBroadcastGradient(tape, below, shape, (ds, accumulate) =>
        tape.run('prelu_backward_slope', { x: operands.x, dy, ds, accumulate }),
      );
    },
  );
}
