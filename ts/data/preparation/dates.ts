import { badArgument } from '../../core/errors.js';
import { repeated } from '../../core/fields.js';
import type { DateColumn, DatePart } from '../csv-options.js';
import { calendarDay, dateFormat, readDate, type WrittenDate } from './date-format.js';

/** The parts of a column's dates that are features, in their order, and the format if it is given. */
export interface DateEncoding {
  readonly parts: readonly DatePart[];
  readonly format?: string | undefined;
}

/** All parts of dates. */
export const dateParts: readonly DatePart[] = [
  ...(['year', 'month', 'day', 'weekday', 'hour'] as const),
  ...(['monthCycle', 'dayCycle', 'weekdayCycle', 'hourCycle'] as const),
];

/** Values of the option `dates` in their longest form. */
export function dateEncodingOf(value: DatePart | readonly DatePart[] | DateColumn): DateEncoding {
  const { parts, format } = typeof value === 'object' && 'parts' in value ? value : { parts: value, format: undefined };
  return { parts: typeof parts === 'string' ? [parts] : parts, ...(format !== undefined && { format }) };
}

/** The features of a date: what follows the column's name and a point. */
export function datePartNames(parts: readonly DatePart[]): string[] {
  return parts.flatMap((part) => {
    const name = part.replace('Cycle', '');
    return name === part ? [part] : [`${name}.sin`, `${name}.cos`];
  });
}

/** Reads dates into the numbers of their parts. */
export class DateReader {
  /** The parts and the format that it reads. */
  readonly encoding: { readonly parts: readonly DatePart[]; readonly format?: string };
  readonly #read: (text: string) => WrittenDate;
  #last: { readonly text: string; readonly numbers: readonly number[] } | undefined;

  /**
   * @param name - of the option, for messages
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a part that comes twice, and a format that lacks what a part needs
   */
  constructor({ parts, format }: DateEncoding, name: string) {
    const twice = repeated(parts);
    if (twice !== undefined) throw badArgument(name, 'each part once', twice);
    this.encoding = { parts, ...(format !== undefined && { format }) };
    if (format === undefined) {
      this.#read = readDate;
      return;
    }
    const { fields, read } = dateFormat(name, format);
    const part = parts.find((each) => !fieldsFor(each).every((field) => fields.has(field)));
    if (part !== undefined)
      throw badArgument(name, `a format with ${fieldsFor(part).join(', ')} for '${part}'`, format);
    this.#read = read;
  }

  /**
   * The numbers of a cell: one for a part, two for a cycle.
   * @throws CellProblem for what is not a date
   */
  read(text: string): readonly number[] {
    if (this.#last?.text !== text) {
      const date = this.#read(text);
      this.#last = { text, numbers: this.encoding.parts.flatMap((part) => numbersOf(part, date)) };
    }
    return this.#last.numbers;
  }
}

function fieldsFor(part: DatePart): readonly string[] {
  const name = part.replace('Cycle', '');
  return name === 'weekday' ? ['year', 'month', 'day'] : [name];
}

function numbersOf(part: DatePart, date: WrittenDate): readonly number[] {
  const { year, month, day, hour } = date;
  switch (part) {
    case 'weekday':
      return [weekdayOf(date)];
    case 'monthCycle':
      return cycle((month - 1) / 12);
    case 'dayCycle':
      return cycle((day - 1) / 31);
    case 'weekdayCycle':
      return cycle(weekdayOf(date) / 7);
    case 'hourCycle':
      return cycle(hour / 24);
    default:
      return [{ year, month, day, hour }[part]];
  }
}

/** 0 for Monday to 6 for Sunday. */
function weekdayOf({ year, month, day }: WrittenDate): number {
  return (calendarDay(year, month, day).getUTCDay() + 6) % 7;
}

function cycle(share: number): readonly number[] {
  return [Math.sin(2 * Math.PI * share), Math.cos(2 * Math.PI * share)];
}
