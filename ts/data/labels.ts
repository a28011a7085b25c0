// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { type AnyTensor, arrayOf, floatTypeOf, Tensor } from '../tensor/tensor.js';
import { isTooDense, MOST_ONE_HOT, sizeText } from './one-hot-limit.js';

/** Label rows: all of a set, or the different ones of a stream. */
export interface Labels {
  readonly rows: AnyTensor;
  /** How often each of them occurs; undefined: once each. */
  readonly counts?: ArrayLike<number>;
  /** The row of the data set that each of them is, for messages; undefined: its own index. */
  readonly rowOf?: (index: number) => number;
}

const itself = (index: number) => index;

/**
 * The count of classes base, base + 1, … up to the greatest label.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row of a label below base or not a whole number
 */
export function countCategories(labels: readonly Labels[], base: number): number {
  if (!Number.isInteger(base)) throw badArgument('base', 'a whole number', base);
  let largest = base;
  for (const { rows, rowOf = itself } of labels) {
    requireOneColumn(rows);
    rows.data.forEach((label, i) => {
      if (!Number.isInteger(label) || label < base) {
        throw badArgument(`the label in row ${rowOf(i)}`, `a whole number from ${base} on`, label);
      }
      largest = Math.max(largest, label);
    });
  }
  if (largest - base >= 1e6) throw badArgument('labels', 'fewer than a million classes', largest - base + 1);
  return largest - base + 1;
}

/**
 * Rows of zeros with a one at label − base.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a label out of range, or more numbers than are sensible
 */
export function oneHot(labels: AnyTensor, base: number, categories: number, rowOf = itself): Tensor {
  if (isTooDense(labels.rows, categories)) {
    const remedy = "fewer classes, or normalizeY('fitting') for labels that are numbers";
    const expected = `at most ${MOST_ONE_HOT} numbers (${remedy})`;
    throw badArgument('one-hot labels', expected, sizeText(labels.rows, categories, floatTypeOf(labels)));
  }
  const target = Tensor.zeros([labels.rows, categories], floatTypeOf(labels));
  labels.data.forEach((label, row) => {
    const category = label - base;
    // A stream may show other labels than those that were counted.
    if (!Number.isInteger(category) || category < 0 || category >= categories) {
      const expected = `a whole number from ${base} to ${base + categories - 1}`;
      throw badArgument(`the label in row ${rowOf(row)}`, expected, label);
    }
    target.data[row * categories + category] = 1;
  });
  return target;
}

/** Options of `toZeroOne`. */
export interface ZeroOneOptions {
  /** The label that becomes 1 (default: 1), and the label that becomes 0 (default: 0). */
  readonly positiveLabel?: number | undefined;
  readonly negativeLabel?: number | undefined;
}

/**
 * Two labels as 1 and 0, rows × 1.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row of any other label
 */
export function zeroOne(labels: AnyTensor, options: ZeroOneOptions = {}, rowOf = itself): Tensor {
  checkOptions(options, ['positiveLabel', 'negativeLabel']);
  const { positiveLabel = 1, negativeLabel = 0 } = options;
  for (const [name, label] of Object.entries({ positiveLabel, negativeLabel })) {
    if (!Number.isFinite(label)) throw badArgument(name, 'a finite number', label);
  }
  if (positiveLabel === negativeLabel)
    throw badArgument('positiveLabel', 'another label than negativeLabel', positiveLabel);
  requireOneColumn(labels);
  const target = new (arrayOf(floatTypeOf(labels)))(labels.size);
  labels.data.forEach((label, row) => {
    if (label !== positiveLabel && label !== negativeLabel) {
      throw badArgument(`the label in row ${rowOf(row)}`, `${negativeLabel} or ${positiveLabel}`, label);
    }
    target[row] = label === positiveLabel ? 1 : 0;
  });
  return Tensor.from(target, [labels.rows, 1]);
}

function requireOneColumn(labels: AnyTensor): void {
  if (labels.rowSize !== 1) throw badArgument('labels', 'one column', `${labels.rowSize}`);
}
