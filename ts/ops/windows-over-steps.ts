import { badArgument, shapeMismatch } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import type { KernelArgument } from '../runtime/runner.js';
import type { Value } from './value.js';
import { checkedSize } from './windows.js';

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

/** How many windows lie over the steps of a sequence, and what describes them to the kernels. */
export interface WindowsOverSteps {
  readonly count: number;
  /** Stride, padding before the first step, and dilation. */
  readonly geometry: KernelArgument;
}

/**
 * The windows of `options` over the steps of x, [rows, steps, features].
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for x of another rank, `ERR_BAD_ARGUMENT` for windows that do not fit
 */
export function windowsOverSteps(x: Value, options: StepWindowsOptions): WindowsOverSteps {
  if (x.rank !== 3) throw shapeMismatch("stepWindows's x", 'shape [rows, steps, features]', `[${x.shape.join(', ')}]`);
  const steps = x.shape[1]!;
  const { size, stride = 1, padding = [0, 0], dilation = 1 } = fieldsOf('options', options, stepWindowsOptions);
  for (const [name, value] of Object.entries({ size, stride, dilation })) checkedSize(name, value);
  const [before, behind] = padding.map((count) => checkedSize('padding', count, 0)) as [number, number];
  const room = steps + before + behind - (size - 1) * dilation - 1;
  if (room < 0) throw badArgument('size', `a window that fits into ${steps + before + behind} steps`, size);
  const geometry = { data: Int32Array.of(stride, before, dilation), shape: [3] };
  return { count: Math.floor(room / stride) + 1, geometry };
}

const stepWindowsOptions = ['size', 'stride', 'padding', 'dilation'] as const;
