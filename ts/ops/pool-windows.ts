// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { checkedPair, geometryOf, type ImageShape, numbersOf, type Pair, windowsOver } from './windows.js';

/** The windows of a pool. */
export interface PoolWindow {
  readonly poolSize: Pair;
  /** Default: poolSize, so that windows touch. What it does not divide is left out at the bottom and at the right. */
  readonly stride?: Pair | undefined;
  /** So many rows and columns on either side, at most half of poolSize; default 0. */
  readonly padding?: Pair | undefined;
}

/** The sizes of a pool, defaults filled in. */
export type PoolSizes = Readonly<Record<'poolSize' | 'stride' | 'padding', readonly [number, number]>>;

/** A pool over images of some shape, as its kernels take it. */
export interface PoolWindows {
  readonly outputShape: ImageShape;
  readonly geometry: ReturnType<typeof geometryOf>;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range */
export function poolSizes(options: PoolWindow): PoolSizes {
  checkOptions(options, ['poolSize', 'stride', 'padding']);
  const poolSize = checkedPair('poolSize', options.poolSize);
  const stride = checkedPair('stride', options.stride === undefined ? poolSize : options.stride);
  const padding = checkedPair('padding', options.padding === undefined ? 0 : options.padding, 0);
  for (const i of [0, 1] as const) {
    if (2 * padding[i] > poolSize[i]) {
      throw badArgument('padding', `at most half of poolSize, ${Math.floor(poolSize[i] / 2)}`, padding[i]);
    }
  }
  return { poolSize, stride, padding };
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other */
export function poolWindows(imageShape: ImageShape, options: PoolWindow): PoolWindows {
  const { poolSize, stride, padding } = poolSizes(options);
  const windows = windowsOver(imageShape, { kernel: poolSize, stride, padding }, 'poolSize');
  return {
    outputShape: [imageShape[0], windows[0].output, windows[1].output],
    geometry: geometryOf(numbersOf(windows)),
  };
}
