import { labelOf } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import type { Rows } from '../data/rows.js';
import type { Model } from '../net/model.js';
import { sizeOf } from '../tensor/tensor.js';

/**
 * A bfloat16 number has 8 significant bits. Where the numbers of a column differ by less than this share of the largest of
 * them, the upper five bits are the same for all: no more than three are left to tell them apart.
 */
const leastShare = 1 / 32;

/**
 * Names a column of the training rows whose numbers the rounding to bfloat16 would hardly tell apart: they differ by
 * little, far from 0.
 * @returns a warning; undefined where there is none, for float32, and for rows from a stream
 */
export function bfloat16Warning({ params: { precision } }: Model, reader: DataReader, name: string) {
  if (precision !== 'bfloat16' || reader.trainingStream) return undefined;
  for (const [key, rows] of Object.entries(reader.trainingPart.inputs)) {
    const found = mergedColumn(rows);
    if (!found) continue;
    const column = `column ${found.column + 1} of ${labelOf('x', key)}`;
    const [low, high] = [found.low, found.high].map((value) => Number(value.toPrecision(6)));
    return (
      `Net '${name}' computes in bfloat16, which hardly tells the numbers of ${column} apart: they lie between ` +
      `${low} and ${high}. Call reader.normalizeX() before train`
    );
  }
  return undefined;
}

function mergedColumn({ data, divisor, image, rowShape, count }: Rows) {
  if (image || data instanceof Int32Array) return undefined;
  const width = sizeOf(rowShape);
  for (let column = 0; column < width; column++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < count; row++) {
      const value = data[row * width + column]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const largest = Math.max(Math.abs(low), Math.abs(high));
    if (high > low && high - low < largest * leastShare) return { column, low: low / divisor, high: high / divisor };
  }
  return undefined;
}
