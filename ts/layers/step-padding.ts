// @internal
import { badArgument } from '../core/errors.js';
import { checkedSize } from '../ops/windows.js';

/** How the windows of a convolution over steps lie. */
export interface StepWindowSizes {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: 'valid' | 'same' | 'causal' | number;
  readonly dilation: number;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for another padding of steps than there is */
export function checkedPadding(padding: unknown): StepWindowSizes['padding'] {
  if (padding === 'valid' || padding === 'same' || padding === 'causal') return padding;
  if (typeof padding === 'number') return checkedSize('padding', padding, 0);
  throw badArgument('padding', "'valid', 'same', 'causal' or a whole number", padding);
}

/** Zeros before and behind so many steps, and the number of windows. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function stepWindowsOver(
  { kernelSize, stride, dilation, padding }: StepWindowSizes,
  steps: number,
): { readonly padding: readonly [before: number, behind: number]; readonly count: number } {
  const span = (kernelSize - 1) * dilation + 1;
  if (padding === 'same') {
    const count = Math.ceil(steps / stride);
    const total = Math.max((count - 1) * stride + span - steps, 0);
    const before = Math.floor(total / 2);
    return { padding: [before, total - before], count };
  }
  const [before, behind] = padding === 'causal' ? [span - 1, 0] : padding === 'valid' ? [0, 0] : [padding, padding];
  const padded = steps + before + behind;
  if (span > padded) {
    const spread = dilation > 1 ? 'kernelSize with its dilation' : 'kernelSize';
    throw badArgument(spread, `at most the ${padded} steps of the padded input`, span);
  }
  return { padding: [before, behind], count: Math.floor((padded - span) / stride) + 1 };
}
