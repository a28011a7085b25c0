// The sizes at which a pass of the plan compiler pays. Those that C++ knows as well come from native/core/sizes.h,
// and from native/core/rules.h where they follow from the machine.
import { native } from '../runtime/native.js';

const { sizes } = native;

/** Tensors start at multiples of this many bytes, as arenas hand them out; the bytes between two tensors are padding. */
export const alignment = sizes.alignment!;

/** Columns of a panel of weights. */
export const panelWidth = sizes.panelWidth!;

/**
 * Whether a step of Adam is faster in one kernel with the weights' gradient. Each step begins with powers of β: too much for
 * small layers. Large products need the cache for themselves.
 */
export function paysToFoldAdam(weights: number, rows: number): boolean {
  return weights >= sizes.smallCall! && weights * rows <= sizes.blockedProduct!;
}

/**
 * Whether weights in panels are faster. Smaller updates run on one core; larger ones, and those of more rows, may be
 * computed by BLAS, which needs weights in rows.
 * @param rows - of the batch of each update of the weights
 */
export function paysInPanels(weights: number, rows: readonly number[]): boolean {
  const most = Math.max(0, ...rows);
  return most <= sizes.panelDepth! && most * weights >= sizes.largeProduct! && most * weights <= sizes.blockedProduct!;
}
