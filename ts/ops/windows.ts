// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkedShape } from '../tensor/tensor.js';

/** One number for rows and columns alike, or [rows, columns]. */
export type Pair = number | readonly [number, number];

/** Shape of one image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** One axis of windows that slide over an image; as C++ has it (native/math/windows.h). */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  /** Zeros before the first input. */
  readonly pad: number;
  readonly dilation: number;
}

/** Windows over rows and columns. */
export type Windows = readonly [rows: Axis, columns: Axis];

const largest = 2 ** 31 - 1; // C++ takes sizes as int32

/** A whole number from `least` on. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function checkedSize(name: string, value: unknown, least = 1): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > largest) {
    throw badArgument(name, `a whole number from ${least} to ${largest}`, value);
  }
  return value;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function checkedImageShape(value: unknown): ImageShape {
  if (!Array.isArray(value) || value.length !== 3) {
    throw badArgument('inputShape', '[channels, height, width]', value);
  }
  const [channels, height, width] = value.map((size) => checkedSize('inputShape', size));
  return Object.freeze([channels!, height!, width!] as const);
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function checkedPair(name: string, value: unknown, least = 1): readonly [number, number] {
  if (!Array.isArray(value)) {
    const both = checkedSize(name, value, least);
    return [both, both];
  }
  if (value.length !== 2) throw badArgument(name, 'a number or [rows, columns]', value);
  return [checkedSize(name, value[0], least), checkedSize(name, value[1], least)];
}

/**
 * The shape of one image of a batch.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another rank than 4
 */
export function imagesOf(operation: string, { shape }: { readonly shape: readonly number[] }): ImageShape {
  if (shape.length !== 4) {
    throw shapeMismatch(`${operation}'s images`, 'shape [rows, channels, height, width]', `[${shape.join(', ')}]`);
  }
  return [shape[1]!, shape[2]!, shape[3]!];
}

/** The sizes of windows, as [rows, columns]; 'same' keeps ⌈input / stride⌉ windows. */
export interface WindowSizes {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number] | 'same';
  readonly dilation?: readonly [number, number];
}

/**
 * Checks the options of a convolution and fills in their defaults.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function windowSizes({
  kernelSize,
  stride = 1,
  padding = 'valid',
  dilation = 1,
}: {
  readonly kernelSize: Pair;
  readonly stride?: Pair | undefined;
  readonly padding?: 'same' | 'valid' | Pair | undefined;
  readonly dilation?: Pair | undefined;
}): WindowSizes & { readonly dilation: readonly [number, number] } {
  return {
    kernel: checkedPair('kernelSize', kernelSize),
    stride: checkedPair('stride', stride),
    padding: checkedPadding(padding),
    dilation: checkedPair('dilation', dilation),
  };
}

function checkedPadding(padding: unknown): readonly [number, number] | 'same' {
  if (padding === 'same') return padding;
  if (padding === 'valid') return [0, 0];
  if (typeof padding === 'number' || Array.isArray(padding)) return checkedPair('padding', padding, 0);
  throw badArgument('padding', "'same', 'valid', a whole number or [rows, columns]", padding);
}

/**
 * Windows over the rows and columns of an image; a stride that does not divide what is left leaves the rest out.
 * @param name - what to call the kernel in a message
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for windows larger than the padded image
 */
export function windowsOver(
  [, height, width]: ImageShape,
  { kernel, stride, padding, dilation = [1, 1] }: WindowSizes,
  name: string,
): Windows {
  const axis = (i: 0 | 1): Axis => {
    const input = i === 0 ? height : width;
    const span = (kernel[i] - 1) * dilation[i] + 1;
    if (padding === 'same') {
      const output = Math.ceil(input / stride[i]);
      const total = Math.max((output - 1) * stride[i] + span - input, 0);
      return { input, output, kernel: kernel[i], stride: stride[i], pad: Math.floor(total / 2), dilation: dilation[i] };
    }
    const padded = input + 2 * padding[i];
    if (span > padded) {
      const which = i === 0 ? 'rows' : 'columns';
      const spread = dilation[i] > 1 ? `${name} with its dilation` : name;
      throw badArgument(spread, `at most the ${padded} ${which} of the padded input`, span);
    }
    const output = Math.floor((padded - span) / stride[i]) + 1;
    return { input, output, kernel: kernel[i], stride: stride[i], pad: padding[i], dilation: dilation[i] };
  };
  return [axis(0), axis(1)];
}

/** Windows as kernels take them. */
export function numbersOf(windows: Windows): number[] {
  return windows.flatMap(({ input, output, kernel, stride, pad, dilation }) => [
    input,
    output,
    kernel,
    stride,
    pad,
    dilation,
  ]);
}

/** Numbers for a kernel's `geometry`. */
export function geometryOf(numbers: readonly number[]): { readonly data: Int32Array; readonly shape: number[] } {
  return { data: Int32Array.from(numbers), shape: [numbers.length] };
}

/**
 * Lets rows pass that are images of that shape, or vectors of as many numbers (MNIST's [784] for [1, 28, 28]).
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`
 */
export function requireImages(expected: ImageShape, input: readonly number[]): void {
  checkedShape(input, 'input');
  const size = expected[0] * expected[1] * expected[2];
  const isFlat = input.length === 1 && input[0] === size;
  const isImage = input.length === 3 && input.every((length, i) => length === expected[i]);
  if (isFlat || isImage) return;
  throw shapeMismatch('input', `images of [${expected.join(', ')}]`, `rows of shape [${input.join(', ')}]`);
}
