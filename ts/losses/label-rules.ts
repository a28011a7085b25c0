// @internal
import { badArgument } from '../core/errors.js';

/**
 * The labels that a loss takes: any numbers, probabilities from 0 to 1, probabilities of classes that sum to 1,
 * numbers of classes, −1 or 1 (or 0 for −1), numbers ≥ 0.
 */
export type LabelRule = 'numbers' | 'probabilities' | 'distribution' | 'classes' | 'signs' | 'counts';

/** Labels of some rows, one behind the other. */
export interface LabelRows {
  readonly data: ArrayLike<number>;
  readonly count: number;
}

const expected: Readonly<Record<Exclude<LabelRule, 'numbers'>, (width: number) => string>> = {
  probabilities: () => 'numbers from 0 to 1',
  distribution: () => 'numbers from 0 to 1',
  classes: (width) => `whole numbers from 0 to ${width - 1}`,
  signs: () => '-1 or 1, or 0 and 1',
  counts: () => 'numbers ≥ 0',
};

/**
 * Checks that labels follow a rule.
 * @param width - of the output's last dimension: the number of classes
 * @param name - of the set, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the first row with another label
 */
export function requireLabels(rule: LabelRule, labels: LabelRows, width: number, name: string, hint?: string): void {
  if (rule === 'numbers') return;
  const { data, count } = labels;
  const size = count === 0 ? 0 : data.length / count;
  const what = (at: number) => `the label in row ${Math.floor(at / size)} of ${name}`;
  let sum = 0;
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    if (!fits(rule, value, width)) throw badArgument(what(at), expected[rule](width), value, hint);
    if (rule !== 'distribution') continue;
    sum += value;
    if ((at + 1) % width !== 0) continue;
    if (Math.abs(sum - 1) > 1e-3) throw badArgument(what(at), 'numbers that sum to 1', sum, hint);
    sum = 0;
  }
}

function fits(rule: Exclude<LabelRule, 'numbers'>, value: number, width: number): boolean {
  switch (rule) {
    case 'classes':
      return Number.isInteger(value) && value >= 0 && value < width;
    case 'signs':
      return value === -1 || value === 0 || value === 1;
    case 'counts':
      return value >= 0;
    default:
      return value >= 0 && value <= 1;
  }
}
