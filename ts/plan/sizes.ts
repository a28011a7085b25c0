// The sizes at which a pass of the plan compiler pays.

/** Tensors start at multiples of this many bytes, as arenas hand them out; the bytes between two tensors are padding. */
export const alignment = 64;

/** Columns of a panel of weights; the same number as in native/layers/fully_connected_panels.cc. */
export const panelWidth = 32;

/**
 * Whether a step of Adam is faster in one kernel with the weights' gradient. Each step begins with powers of β: too much for
 * small layers. Large products need the cache for themselves.
 */
export function paysToFoldAdam(weights: number, rows: number): boolean {
  return weights >= 2 ** 15 && weights * rows <= 2 ** 23;
}

/**
 * Whether weights in panels are faster. Smaller updates run on one core; larger ones, and those of more rows, may be
 * computed by BLAS, which needs weights in rows.
 * @param rows - of the batch of each update of the weights
 */
export function paysInPanels(weights: number, rows: readonly number[]): boolean {
  const largest = Math.max(0, ...rows) * weights;
  return Math.max(0, ...rows) <= 256 && largest >= 2 ** 22 && largest <= 2 ** 23;
}
