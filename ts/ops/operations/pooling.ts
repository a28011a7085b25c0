import type { Tensor } from '../../tensor/tensor.js';
import { type PoolWindow, poolWindows } from '../pool-windows.js';
import type { Tape } from '../tape.js';
import type { Value } from '../value.js';
import { imagesOf } from '../windows.js';

/**
 * The largest number of each window, channel by channel. Padding takes no part; as in PyTorch, the first of several that
 * are largest gets the gradient, and NaN counts as larger than all else.
 * @param x - m × channels × height × width
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit, `ERR_SHAPE_MISMATCH` for x of another rank
 */
export function maxPool(tape: Tape, x: Value, options: PoolWindow): Value {
  return pool(tape, 'max_pool', x, options, { x: x.tensor });
}

/**
 * The mean of each window, channel by channel. Padding counts as zeros, as in PyTorch by default.
 * @param x - m × channels × height × width
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit, `ERR_SHAPE_MISMATCH` for x of another rank
 */
export function averagePool(tape: Tape, x: Value, options: PoolWindow): Value {
  return pool(tape, 'average_pool', x, options, {});
}

function pool(
  tape: Tape,
  kernels: string,
  x: Value,
  options: PoolWindow,
  remembered: Readonly<Record<string, Tensor>>,
): Value {
  const { outputShape, geometry } = poolWindows(imagesOf(kernels, x), options);
  return tape.operation(
    [x.shape[0]!, ...outputShape],
    [x],
    (y) => tape.run(`${kernels}_forward`, { x: x.tensor, y, geometry }),
    (dy) => tape.addOverwritten(x, (dx) => tape.run(`${kernels}_backward`, { ...remembered, dy, dx, geometry })),
  );
}

/**
 * The mean of each channel: m × channels × height × width → m × channels.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for x of another rank
 */
export function globalAveragePool(tape: Tape, x: Value): Value {
  const [channels] = imagesOf('globalAveragePool', x);
  return tape.operation(
    [x.shape[0]!, channels],
    [x],
    (y) => tape.run('global_average_pool_forward', { x: x.tensor, y }),
    (dy) => tape.addOverwritten(x, (dx) => tape.run('global_average_pool_backward', { dy, dx })),
  );
}
