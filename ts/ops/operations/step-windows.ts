import { badArgument, shapeMismatch } from '../../core/errors.js';
import { fieldsOf } from '../../core/fields.js';
import type { Tape } from '../tape.js';
import type { Value } from '../value.js';
import { checkedSize } from '../windows.js';

/** The windows of `stepWindows`. */
export interface StepWindowsOptions {
  /** Steps in a window. */
  readonly size: number;
  /** Steps from one window to the next; default 1. */
  readonly stride?: number | undefined;
  /** Zeros before the first step and behind the last one; default none. */
  readonly padding?: readonly [before: number, behind: number] | undefined;
  /** Steps from one position of a window to the next; default 1. */
  readonly dilation?: number | undefined;
}

/**
 * The steps of each window over sequences, side by side: [m, steps, features] → [m, windows, size, features]. Together with
 * `affine` it is a convolution.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for x of another rank, `ERR_BAD_ARGUMENT` for windows that do not fit
 */
export function stepWindows(tape: Tape, x: Value, options: StepWindowsOptions): Value {
  if (x.rank !== 3) throw shapeMismatch("stepWindows's x", 'shape [rows, steps, features]', `[${x.shape.join(', ')}]`);
  const [rows, steps, features] = x.shape as readonly [number, number, number];
  const { size, stride = 1, padding = [0, 0], dilation = 1 } = fieldsOf('options', options, stepWindowsOptions);
  for (const [name, value] of Object.entries({ size, stride, dilation })) checkedSize(name, value);
  const [before, behind] = padding.map((count) => checkedSize('padding', count, 0)) as [number, number];
  const room = steps + before + behind - (size - 1) * dilation - 1;
  if (room < 0) throw badArgument('size', `a window that fits into ${steps + before + behind} steps`, size);
  const windows = Math.floor(room / stride) + 1;
  const geometry = { data: Int32Array.of(stride, before, dilation), shape: [3] };
  return tape.operation(
    [rows, windows, size, features],
    [x],
    (y) => tape.run('step_windows', { x: x.tensor, y, geometry }),
    (dy) =>
      tape.addGradient(x, (dx, accumulate) => tape.run('step_windows_backward', { dy, dx, geometry, accumulate })),
  );
}

const stepWindowsOptions = ['size', 'stride', 'padding', 'dilation'] as const;
