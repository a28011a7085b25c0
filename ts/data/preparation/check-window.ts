import { badArgument } from '../../core/errors.js';
import { fieldsOf, repeated } from '../../core/fields.js';
import type { ForecastPreparation, WindowPreparation } from './preparation.js';

/** Checks how rows of a table make a window, which may come from a file. */
export function windowOf(where: string, value: unknown, inputShape: readonly number[]): WindowPreparation {
  const { length, order } = fieldsOf(where, value, ['length', 'order']);
  if (inputShape.length !== 2 || length !== inputShape[0]) {
    throw badArgument(`${where}.length`, 'the first of two lengths of inputShape', length);
  }
  if (order === undefined) return Object.freeze({ length: inputShape[0]! });
  const { column, format } = fieldsOf(`${where}.order`, order, ['column', 'format']);
  if (typeof column !== 'string') throw badArgument(`${where}.order.column`, 'a string', column);
  if (format !== undefined && typeof format !== 'string')
    throw badArgument(`${where}.order.format`, 'a string', format);
  return Object.freeze({
    length: inputShape[0]!,
    order: Object.freeze({ column, ...(format !== undefined && { format }) }),
  });
}

/** Checks what the outputs forecast, which may come from a file. */
export function forecastOf(where: string, value: unknown): ForecastPreparation {
  const { horizon, targets, gap } = fieldsOf(where, value, ['horizon', 'targets', 'gap']);
  if (!isCount(horizon)) throw badArgument(`${where}.horizon`, 'a whole number above 0', horizon);
  if (gap !== undefined && !isCount(gap)) throw badArgument(`${where}.gap`, 'a whole number above 0, or nothing', gap);
  const areNames = Array.isArray(targets) && targets.length > 0 && targets.every((name) => typeof name === 'string');
  if (!areNames || repeated(targets as string[]) !== undefined) {
    throw badArgument(`${where}.targets`, 'a list of different names', targets);
  }
  return Object.freeze({
    horizon,
    targets: Object.freeze([...(targets as string[])]),
    ...(gap !== undefined && { gap }),
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
