import type { Tape } from '../tape.js';
import type { Value } from '../value.js';
import { type StepWindowsOptions, windowsOverSteps } from '../windows-over-steps.js';

export type { StepWindowsOptions };

/**
 * The steps of each window over sequences, side by side: [m, steps, features] → [m, windows, size, features]. Together with
 * `affine` it is a convolution.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for x of another rank, `ERR_BAD_ARGUMENT` for windows that do not fit
 */
export function stepWindows(tape: Tape, x: Value, options: StepWindowsOptions): Value {
  const { count, geometry } = windowsOverSteps(x, options);
  const [rows, , features] = x.shape as readonly [number, number, number];
  return tape.operation(
    [rows, count, options.size, features],
    [x],
    (y) => tape.run('step_windows', { x: x.tensor, y, geometry }),
    (dy) =>
      tape.addGradient(x, (dx, accumulate) => tape.run('step_windows_backward', { dy, dx, geometry, accumulate })),
  );
}
