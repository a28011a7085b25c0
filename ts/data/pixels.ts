// @internal
import type { BoundInput, KernelArgument, Operand, Runner } from '../runtime/runner.js';
import type { FloatArray, Tensor, TensorData } from '../tensor/tensor.js';
import type { Augmentation, ChannelStatistics } from './image-options.js';

/** Channels, height, width. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** Scaling of the bytes of a channel: (byte / divisor − mean) · factor, each operation rounded to the dtype. */
export interface ChannelScaling {
  /** One number for each channel, as in `factor`. */
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

/** Properties of rows of bytes that are images, of any row shape. */
export interface ImageFormat {
  readonly shape: ImageShape;
  /** Absent if pixels are only divided. */
  readonly scaling?: ChannelScaling | undefined;
  /** Random changes in training. */
  readonly augment?: Augmentation | undefined;
}

/** A scaling that keeps pixels once they are divided. */
export const unscaled = (channels: number): ChannelScaling => ({
  mean: new Float64Array(channels),
  factor: new Float64Array(channels).fill(1),
});

const noOrder: Operand = { data: new Int32Array(0), shape: [0] };
/** Changes of images draw from a sequence of their own: layers' are small numbers, or those from 2^31 on. */
const augmentStream = 0x4155474d;

/** The images of a source that make a batch, and the seed of their random changes; without one there are none. */
export interface ImageRange {
  /** Index of the first one, in `order` if there is one. */
  readonly firstRow: KernelArgument;
  readonly order?: Int32Array | undefined;
  readonly augmentSeed?: number | undefined;
}

/** Tells whether images must be scaled by channel or changed, which the kernels for bytes cannot do. */
export function needsImagePass({ scaling, augment }: ImageFormat, { augmentSeed }: ImageRange): boolean {
  return scaling !== undefined || (augment !== undefined && augmentSeed !== undefined);
}

/** Records the kernel that copies images to the batch x. */
export function imagePass(
  runner: Runner,
  source: Operand | BoundInput,
  { divisor, image }: { readonly divisor: number; readonly image: ImageFormat },
  { firstRow, order, augmentSeed }: ImageRange,
  x: Tensor,
): void {
  const { shape, augment, scaling = unscaled(shape[0]) } = image;
  const [mean, factor] = [scaling.mean, scaling.factor].map((data) => ({ data, shape: [data.length] }));
  const rows = order ? { data: order, shape: [order.length] } : noOrder;
  const args = { source, order: rows, firstRow, divisor, mean: mean!, factor: factor!, x };
  if (!augment || augmentSeed === undefined) {
    runner.run('gather_images', args);
    return;
  }
  runner.run('augment_images', {
    ...args,
    width: shape[2],
    flip: Number(augment.horizontalFlip ?? false),
    padding: augment.crop ?? 0,
    seed: augmentSeed,
    stream: augmentStream,
    step: runner.step,
  });
}

/** Scales rows of `rowSize` pixels to the bits that batches hold: each operation rounds to the target's dtype. */
export function scalePixels(
  pixels: Uint8Array | TensorData,
  rowSize: number,
  divisor: number,
  { mean, factor }: ChannelScaling = unscaled(1),
  target: FloatArray,
): void {
  const isSingle = target instanceof Float32Array;
  const [means, factors] = isSingle ? [mean.map(Math.fround), factor.map(Math.fround)] : [mean, factor];
  const plane = rowSize / mean.length;
  for (let at = 0, channel = 0; at < pixels.length; at += plane, channel = (channel + 1) % mean.length) {
    const [m, f] = [means[channel]!, factors[channel]!];
    // Written out for each dtype: a function that rounds would take longer than all the rest.
    if (isSingle) {
      for (let i = at; i < at + plane; i++) target[i] = Math.fround(Math.fround(pixels[i]! / divisor) - m) * f;
    } else {
      for (let i = at; i < at + plane; i++) target[i] = (pixels[i]! / divisor - m) * f;
    }
  }
}

/** Computes mean and deviation of each channel, of pixels divided by 255, from exact counts of the bytes. */
export function statisticsOf(pixels: Uint8Array, channels: number, plane: number): ChannelStatistics {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (let at = 0, channel = 0; at < pixels.length; at += plane, channel = (channel + 1) % channels) {
    const own = counts[channel]!;
    for (let i = at; i < at + plane; i++) own[pixels[i]!]!++;
  }
  // Of bytes, so that a constant channel has a deviation of 0 and not of a rounding error.
  const total = pixels.length / channels;
  const meanOf = (own: Float64Array, f: (byte: number) => number) =>
    own.reduce((sum, count, byte) => sum + count * f(byte), 0) / total;
  const means = counts.map((own) => meanOf(own, (byte) => byte));
  const deviations = counts.map((own, c) => Math.sqrt(meanOf(own, (byte) => (byte - means[c]!) ** 2)));
  return { mean: means.map((value) => value / 255), deviation: deviations.map((value) => value / 255) };
}
