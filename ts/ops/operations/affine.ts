import { shapeMismatch } from '../../core/errors.js';
import { sizeOf, Tensor } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import { Value } from '../value.js';

/**
 * x · W + b for x of [.., inputs], W of inputs × outputs and b of outputs numbers; without b, x · W. Faster than `matmul`
 * and `add`, since one kernel does both.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`
 */
export function affine(tape: Tape, x: Value, w: Value, b?: Value): Value {
  const [inputs, outputs] = w.shape;
  if (w.rank !== 2 || x.rank < 1 || x.shape.at(-1) !== inputs || (b && b.size !== outputs)) {
    const received = [x, w, ...(b ? [b] : [])].map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
    throw shapeMismatch("affine's operands", '[.., inputs], [inputs, outputs] and [outputs]', received);
  }
  const bias = b ?? new Value(Tensor.zeros([1, outputs!], tape.runner.dtype));
  return tape.operation(
    [...x.shape.slice(0, -1), outputs!],
    [x, w, bias],
    (z) => tape.runProduct('fully_connected_forward', { x: rows(x.tensor), w: w.tensor, b: bias.tensor, z: rows(z) }),
    (dz) => {
      tape.addGradients([w, bias], ([dw, db], accumulate) =>
        tape.runProduct('fully_connected_backward_weights', {
          x: rows(x.tensor),
          dz: rows(dz),
          dw: dw!,
          db: db!,
          accumulate,
        }),
      );
      tape.addGradient(x, (dx, accumulate) =>
        tape.runProduct('fully_connected_backward_input', { w: w.tensor, dz: rows(dz), dx: rows(dx), accumulate }),
      );
    },
  );
}

/** Views a tensor as rows of its last dimension. */
function rows(tensor: Tensor): Tensor {
  const last = tensor.shape.at(-1)!;
  return tensor.shape.length === 2 ? tensor : tensor.reshape([sizeOf(tensor.shape.slice(0, -1)), last]);
}
