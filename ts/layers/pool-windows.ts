// @internal
import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import {
  checkedImageShape,
  checkedPair,
  geometryOf,
  type ImageShape,
  numbersOf,
  type Pair,
  windowsOver,
} from './windows.js';

export interface PoolOptions {
  /** Rows that are vectors of as many numbers will do as well. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  readonly poolSize: Pair;
  /** Default: poolSize, so that windows touch. What it does not divide is left out at the bottom and at the right. */
  readonly stride?: Pair | undefined;
  /** So many rows and columns on either side, at most half of poolSize; default 0. */
  readonly padding?: Pair | undefined;
}

/** A pool's options checked, and as its kernels take them. */
export interface PoolWindows {
  readonly inputShape: ImageShape;
  readonly outputShape: ImageShape;
  readonly sizes: Readonly<Record<'poolSize' | 'stride' | 'padding', readonly [number, number]>>;
  readonly geometry: ReturnType<typeof geometryOf>;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other */
export function poolWindows(options: PoolOptions): PoolWindows {
  checkOptions(options, ['inputShape', 'poolSize', 'stride', 'padding']);
  const inputShape = checkedImageShape(options.inputShape);
  const kernel = checkedPair('poolSize', options.poolSize);
  const stride = checkedPair('stride', options.stride === undefined ? kernel : options.stride);
  const padding = checkedPair('padding', options.padding === undefined ? 0 : options.padding, 0);
  for (const i of [0, 1] as const) {
    if (2 * padding[i] > kernel[i]) {
      throw badArgument('padding', `at most half of poolSize, ${Math.floor(kernel[i] / 2)}`, padding[i]);
    }
  }
  const windows = windowsOver(inputShape, { kernel, stride, padding }, 'poolSize');
  return {
    inputShape,
    outputShape: [inputShape[0], windows[0].output, windows[1].output],
    sizes: { poolSize: kernel, stride, padding },
    geometry: geometryOf(numbersOf(windows)),
  };
}
