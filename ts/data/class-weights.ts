// @internal
import { badArgument } from '../core/errors.js';
import type { Labels } from './labels.js';

/** A weight for each class, or 'balanced': weights that make all classes count the same. */
export type ClassWeights = 'balanced' | readonly number[];

/**
 * A weight by class number; for one column of 0 and 1, those of 0 and of 1.
 * @param labels - the training labels, one-hot or 0 and 1
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for other labels or weights, and for 'balanced' where a class has no row
 */
export function classWeightsOf(weights: ClassWeights, labels: Labels): Float64Array {
  const counts = countClasses(labels);
  if (weights === 'balanced') {
    const rows = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, category) => {
      if (count === 0) throw badArgument('balanced class weights', `a training row of class ${category}`, 'none');
      return rows / (counts.length * count);
    });
  }
  const isWeight = (weight: unknown) => Number.isFinite(weight) && (weight as number) >= 0;
  if (!Array.isArray(weights) || !weights.every(isWeight) || !weights.some((weight) => weight > 0)) {
    throw badArgument('class weights', "'balanced' or a list of numbers ≥ 0, not all of them 0", weights);
  }
  if (weights.length !== counts.length) {
    throw badArgument('class weights', `${counts.length} numbers, one for each class`, `${weights.length}`);
  }
  return Float64Array.from(weights);
}

/** How many rows each class has. */
function countClasses({ rows, counts, rowOf = (index) => index }: Labels): Float64Array {
  const { data, rowSize } = rows;
  const classes = new Float64Array(rowSize === 1 ? 2 : rowSize);
  for (let row = 0; row < rows.rows; row++) {
    const category = rowSize === 1 ? data[row]! : positionOfOne(data.subarray(row * rowSize, (row + 1) * rowSize));
    if (category !== 0 && category !== 1 && (rowSize === 1 || category < 0)) {
      const received = rowSize === 1 ? data[row] : `others in row ${rowOf(row)}`;
      throw badArgument('the labels of setClassWeights', 'one-hot rows or 0 and 1 (see normalizeY)', received);
    }
    classes[category]! += counts?.[row] ?? 1;
  }
  return classes;
}

/** The place of the 1 in a one-hot row; −1 for any other row. */
export function positionOfOne(row: ArrayLike<number>): number {
  let position = -1;
  for (let i = 0; i < row.length; i++) {
    if (row[i] === 0) continue;
    if (row[i] !== 1 || position >= 0) return -1;
    position = i;
  }
  return position;
}
