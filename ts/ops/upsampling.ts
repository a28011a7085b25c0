// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions, oneOf } from '../core/fields.js';
import { checkedPair, type ImageShape, type Pair } from './windows.js';

/** How numbers between pixels are found: the nearest pixel's, or between the middles of four. */
export const upsampleModes = ['nearest', 'bilinear'] as const;

/** The size of the images that `upsample` makes. */
export interface UpsampleOptions {
  /** How many times as many rows and columns: a whole number for both, or [rows, columns]. */
  readonly factor?: Pair | undefined;
  /** Instead of `factor`: the number of rows and columns, or [rows, columns]. */
  readonly size?: Pair | undefined;
  /** 'nearest' (default) repeats pixels; 'bilinear' interpolates between the middles of pixels. */
  readonly mode?: (typeof upsampleModes)[number] | undefined;
}

/** Options of `upsample` that were checked. */
export interface Upsampling {
  readonly mode: (typeof upsampleModes)[number];
  /** The options as a config holds them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Rows and columns of the result. */
  sizeOf(images: ImageShape): readonly [number, number];
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` unless there is either a factor or a size */
export function upsamplingOf(options: UpsampleOptions): Upsampling {
  checkOptions(options, ['factor', 'size', 'mode']);
  const mode = oneOf('mode', upsampleModes, options.mode === undefined ? 'nearest' : options.mode);
  if ((options.factor === undefined) === (options.size === undefined)) {
    throw badArgument('options', 'either factor or size', options.size === undefined ? 'neither' : 'both');
  }
  if (options.size !== undefined) {
    const size = checkedPair('size', options.size);
    return { mode, config: { size, mode }, sizeOf: () => size };
  }
  const factor = checkedPair('factor', options.factor);
  return {
    mode,
    config: { factor, mode },
    sizeOf: ([, height, width]) => checkedPair('factor times the image', [height * factor[0], width * factor[1]]),
  };
}
