// @internal
import { badArgument } from '../errors.js';
import { arrayOf, Tensor } from '../tensor.js';

/** How many classes labels base, base + 1, … span. */
export function countCategories(labels: readonly Tensor[], base: number): number {
  if (!Number.isInteger(base)) throw badArgument('base', 'a whole number', base);
  let largest = base;
  for (const tensor of labels) {
    requireOneColumn(tensor);
    tensor.data.forEach((label, row) => {
      if (!Number.isInteger(label) || label < base) {
        throw badArgument(`the label in row ${row}`, `a whole number from ${base} on`, label);
      }
      largest = Math.max(largest, label);
    });
  }
  if (largest - base >= 1e6) throw badArgument('labels', 'fewer than a million classes', largest - base + 1);
  return largest - base + 1;
}

/** Rows of zeros with a one at label − base. */
export function oneHot(labels: Tensor, base: number, categories: number): Tensor {
  const target = Tensor.zeros([labels.rows, categories], labels.dtype);
  labels.data.forEach((label, row) => {
    target.data[row * categories + label - base] = 1;
  });
  return target;
}

export interface ZeroOneOptions {
  /** The label that becomes 1 (default 1), and the one that becomes 0 (default 0). */
  readonly positiveLabel?: number;
  readonly negativeLabel?: number;
}

/** Two labels as 1 and 0. */
export function zeroOne(labels: Tensor, { positiveLabel = 1, negativeLabel = 0 }: ZeroOneOptions = {}): Tensor {
  if (positiveLabel === negativeLabel)
    throw badArgument('positiveLabel', 'another label than negativeLabel', positiveLabel);
  requireOneColumn(labels);
  const target = new (arrayOf(labels.dtype))(labels.size);
  labels.data.forEach((label, row) => {
    if (label !== positiveLabel && label !== negativeLabel) {
      throw badArgument(`the label in row ${row}`, `${negativeLabel} or ${positiveLabel}`, label);
    }
    target[row] = label === positiveLabel ? 1 : 0;
  });
  return Tensor.from(target, [labels.rows, 1]);
}

function requireOneColumn(labels: Tensor): void {
  if (labels.rowSize !== 1) throw badArgument('labels', 'one column', `${labels.rowSize}`);
}
