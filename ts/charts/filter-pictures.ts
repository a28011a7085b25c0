import { shapeMismatch } from '../core/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Picture } from './picture-sheet.js';

/**
 * Converts the weights of a first convolution to pictures, one for each filter: 0 is middle grey, and the weight
 * furthest from 0 is white or black. Three channels are red, green and blue.
 *
 * @param weights W of a `ConvLayer`: [filters, 1 or 3, height, width]
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another number of channels
 */
export function filterPictures(weights: Tensor): Picture[] {
  const [filters, channels, height, width] = weights.shape;
  if (weights.shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw shapeMismatch('weights', 'shape [filters, 1 or 3, height, width]', `[${weights.shape.join(', ')}]`);
  }
  return Array.from({ length: filters! }, (_, filter) => {
    const values = Array.from(weights.data.subarray(filter * weights.rowSize, (filter + 1) * weights.rowSize));
    const furthest = Math.max(...values.map(Math.abs)) || 1;
    return { data: values.map((value) => 127.5 * (1 + value / furthest)), shape: [channels, height!, width!] };
  });
}
