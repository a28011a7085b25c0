import type { Tape } from '../tape.js';
import type { Value } from '../value.js';
import { imagesOf } from '../windows.js';

/**
 * The largest number of each channel: m × channels × height × width → m × channels. As in `maxPool`, the first of several
 * that are largest gets the gradient, and NaN counts as larger than all else.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for x of another rank
 */
export function globalMaxPool(tape: Tape, x: Value): Value {
  const [channels] = imagesOf('globalMaxPool', x);
  return tape.operation(
    [x.shape[0]!, channels],
    [x],
    (y) => tape.run('global_max_pool_forward', { x: x.tensor, y }),
    (dy, y) => tape.addOverwritten(x, (dx) => tape.run('global_max_pool_backward', { x: x.tensor, y, dy, dx })),
  );
}
