// @internal
import { shapeMismatch } from '../core/errors.js';
import type { RowShape } from '../graph/node.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedImageShape, type ImageShape, requireImages } from '../ops/windows.js';

/** An option of all layers of images. */
export interface ImageInputOptions {
  /** By default that of the rows that reach the layer. Where it is given, vectors of as many numbers will do as well. */
  readonly inputShape?: readonly [channels: number, height: number, width: number] | undefined;
}

/** The given shape of images, checked. @throws BlasnetError `ERR_BAD_ARGUMENT` */
export function givenImages({ inputShape }: ImageInputOptions): ImageShape | undefined {
  return inputShape === undefined ? undefined : checkedImageShape(inputShape);
}

/**
 * The shape of the images in rows of a shape.
 * @param given - the layer's own; rows are then images of it, or vectors of as many numbers
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`
 */
export function imagesIn(given: ImageShape | undefined, row: RowShape): ImageShape {
  if (given) {
    requireImages(given, row);
    return given;
  }
  if (row.length !== 3) {
    throw shapeMismatch('input', 'images of [channels, height, width]', `rows of shape [${row.join(', ')}]`);
  }
  return checkedImageShape(row);
}

/** Rows as images: m × channels × height × width. */
export function asImages(ops: Ops, x: Value, shape: ImageShape): Value {
  return x.rank === 4 ? x : ops.reshape(x, [x.shape[0]!, ...shape]);
}
