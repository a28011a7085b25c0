// @internal
import { badArgument } from '../core/errors.js';
import {
  type Axis,
  checkedPair,
  type ImageShape,
  type Pair,
  type WindowSizes,
  type Windows,
  windowSizes,
} from './windows.js';

/** How the windows of a transposed convolution lie. */
export interface ConvTransposeWindow {
  /** Distance between the outputs of neighbouring inputs; default 1. */
  readonly stride?: Pair | undefined;
  /**
   * Rows and columns that are cut off on either side; 'valid' (default), none; 'same', as many as leave
   * input · stride outputs, as in TensorFlow: one more at the bottom and at the right where they are odd.
   */
  readonly padding?: 'same' | 'valid' | Pair | undefined;
  /** Rows and columns more at the bottom and at the right, less than stride or dilation; default 0. Not for 'same'. */
  readonly outputPadding?: Pair | undefined;
  /** Distance between the outputs of neighbouring taps; default 1. */
  readonly dilation?: Pair | undefined;
}

/** Checked sizes of a transposed convolution's windows. */
export interface TransposedSizes extends WindowSizes {
  readonly dilation: readonly [number, number];
  readonly outputPadding: readonly [number, number];
}

/**
 * Checks the options of a transposed convolution and fills in their defaults.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function transposedSizes({
  outputPadding = 0,
  ...window
}: ConvTransposeWindow & { readonly kernelSize: Pair }): TransposedSizes {
  const sizes = windowSizes(window);
  const extra = checkedPair('outputPadding', outputPadding, 0);
  for (const i of [0, 1] as const) {
    const end = sizes.padding === 'same' ? 1 : Math.max(sizes.stride[i], sizes.dilation[i]);
    if (extra[i] < end) continue;
    const expected = sizes.padding === 'same' ? "0 with padding 'same'" : 'less than stride or dilation';
    throw badArgument('outputPadding', expected, outputPadding);
  }
  return { ...sizes, outputPadding: extra };
}

/**
 * The windows of the convolution that is transposed: its outputs are the given images, its inputs the result.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` where padding leaves nothing
 */
export function transposedWindows([, height, width]: ImageShape, sizes: TransposedSizes): Windows {
  const axis = (i: 0 | 1): Axis => {
    const [kernel, stride, dilation] = [sizes.kernel[i], sizes.stride[i], sizes.dilation[i]];
    const output = i === 0 ? height : width;
    const span = (kernel - 1) * dilation + 1;
    if (sizes.padding === 'same') {
      const pad = Math.floor(Math.max(span - stride, 0) / 2);
      return { input: output * stride, output, kernel, stride, pad, dilation };
    }
    const pad = sizes.padding[i];
    const input = (output - 1) * stride + span + sizes.outputPadding[i] - 2 * pad;
    if (input < 1) {
      const [before, which] = [input + 2 * pad, i === 0 ? 'rows' : 'columns'];
      throw badArgument('padding', `less than half of the ${before} ${which} without it`, pad);
    }
    return { input, output, kernel, stride, pad, dilation };
  };
  return [axis(0), axis(1)];
}
