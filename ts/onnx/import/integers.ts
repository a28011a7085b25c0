// @internal
import { sizeOf } from '../../tensor/tensor.js';
import { type Extent, holdsRows, rowsTimes, timesOf } from './extents.js';
import type { GraphValue, IntegersValue } from './graph-values.js';
import type { OnnxNode } from './node.js';

/** Limit on the integers that are computed: shapes have a few. */
const mostIntegers = 2 ** 20;

/** The integer functions of operators. */
const functions = new Map<string, (...values: readonly number[]) => number>([
  ['Add', (a, b) => a! + b!],
  ['Sub', (a, b) => a! - b!],
  ['Mul', (a, b) => a! * b!],
  ['Div', (a, b) => (b === 0 ? Number.NaN : Math.trunc(a! / b!))],
  ['Mod', (a, b) => a! - b! * Math.floor(a! / b!)],
  ['Fmod', (a, b) => a! % b!],
  ['Pow', (a, b) => a! ** b!],
  ['Max', (...all) => Math.max(...all)],
  ['Min', (...all) => Math.min(...all)],
  ['Sum', (...all) => all.reduce((sum, one) => sum + one, 0)],
  ['Neg', (a) => -a!],
  ['Greater', (a, b) => Number(a! > b!)],
  ['GreaterOrEqual', (a, b) => Number(a! >= b!)],
  ['Less', (a, b) => Number(a! < b!)],
  ['LessOrEqual', (a, b) => Number(a! <= b!)],
  ['Equal', (a, b) => Number(a === b)],
  ['And', (a, b) => a! * b!],
  ['Or', (a, b) => Math.max(a!, b!)],
  ['Xor', (a, b) => Math.abs(a! - b!)],
]);

const truths = new Set(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal', 'And', 'Or', 'Xor']);

/**
 * Computes integers that broadcast, such as dimensions of shapes.
 * @throws BlasnetError `ERR_BAD_FILE` for arithmetic with the number of rows, which is not known
 */
export function integerArithmetic(node: OnnxNode, given: readonly GraphValue[]): IntegersValue {
  const values = given as readonly IntegersValue[];
  const rank = Math.max(...values.map(({ shape }) => shape.length));
  const shape = Array.from({ length: rank }, (_, i) => {
    const lengths = values.map((value) => value.shape[i - rank + value.shape.length] ?? 1);
    const length = lengths.find((one) => one !== 1) ?? 1;
    if (lengths.some((one) => one !== 1 && one !== length)) {
      throw node.bad('integers that broadcast', values.map((one) => `[${one.shape.join(', ')}]`).join(' and '));
    }
    return length;
  });
  const size = sizeOf(shape);
  if (!(size <= mostIntegers)) throw node.bad(`at most ${mostIntegers} integers`, `${size}`);
  const result = Array.from({ length: size }, (_, i) => {
    const places = placesOf(i, shape);
    return combined(
      node,
      values.map((value) => at(value, places)),
    );
  });
  return { kind: 'integers', shape, values: result, isTruth: truths.has(node.operator) };
}

function placesOf(i: number, shape: readonly number[]): number[] {
  let rest = i;
  return shape
    .toReversed()
    .map((length) => {
      const place = rest % length;
      rest = (rest - place) / length;
      return place;
    })
    .toReversed();
}

function at({ shape, values }: IntegersValue, places: readonly number[]): Extent {
  let index = 0;
  for (const [i, length] of shape.entries()) {
    const place = places[i + places.length - shape.length]!;
    index = index * length + (length === 1 ? 0 : place);
  }
  return values[index]!;
}

function combined(node: OnnxNode, values: readonly Extent[]): Extent {
  const { operator } = node;
  const [a, b] = values;
  if (operator === 'Where') return holdsRows(a!) ? unknown(node, values) : a !== 0 ? b! : values[2]!;
  if (values.some(holdsRows)) return ofRows(operator, a!, b!) ?? unknown(node, values);
  const isFmod = operator === 'Mod' && node.int('fmod', 0) !== 0;
  const value = functions.get(isFmod ? 'Fmod' : operator)?.(...(values as readonly number[]));
  if (!Number.isSafeInteger(value)) {
    throw node.bad('integers that fit each other', `${operator} of ${values.join(' and ')}`);
  }
  return value!;
}

/** The result of two integers of which one holds the number of rows; undefined where it depends on that. */
function ofRows(operator: string, a: Extent, b: Extent): Extent | undefined {
  if (operator === 'Add' || operator === 'Sub') return b === 0 ? a : a === 0 && operator === 'Add' ? b : undefined;
  // The number of rows is no negative number, and not 0.
  if (operator === 'Equal') return a === b ? 1 : [a, b].some((one) => !holdsRows(one) && one < 1) ? 0 : undefined;
  const [times, more] = [a, b].map((one) => (holdsRows(one) ? timesOf(one) : one)) as [number, number];
  const areRows = holdsRows(a) && holdsRows(b);
  const [product, quotient] = [times * more, times / more];
  if (operator === 'Mul') return !areRows && isLength(product) ? rowsTimes(product) : undefined;
  if (operator !== 'Div') return undefined;
  if (areRows) return Math.trunc(quotient);
  return holdsRows(a) && isLength(quotient) ? rowsTimes(quotient) : undefined;
}

const isLength = (value: number) => Number.isSafeInteger(value) && value > 0;

function unknown(node: OnnxNode, values: readonly Extent[]): never {
  throw node.bad(
    'a shape that keeps the rows apart',
    `arithmetic with the number of rows, ${node.operator} of ${values.join(' and ')}`,
  );
}
