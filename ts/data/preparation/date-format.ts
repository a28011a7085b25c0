import { badArgument, describe } from '../../core/errors.js';
import { CellProblem } from './cells.js';

/** A date and time as it is written, without time zone. */
export interface WrittenDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  /** Milliseconds since 1970, minutes, seconds and the time zone included where they are written. */
  readonly time: number;
}

/** The fields that a date may be written with. */
type Field = 'year' | 'shortYear' | 'month' | 'day' | 'hour' | 'minute' | 'second';

const TOKENS = /YYYY|YY|MM?|DD?|HH?|mm?|ss?|%[YymdHMS]/g;
const LONGEST = 60;

const time =
  /(?:[T ]\s*(?<hour>\d{1,2})(?::?(?<minute>\d{2})(?::?(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?)?(?:\s?(?<half>[AaPp])[Mm]|\s?Z|\s?(?<zone>[+-]\d{2}(?::?\d{2})?))?)?$/
    .source;
const yearFirst = new RegExp(
  `^(?<year>\\d{4})(?:-(?<month>\\d{1,2})(?:-(?<day>\\d{1,2}))?|\\/(?<month2>\\d{1,2})\\/(?<day2>\\d{1,2})|(?<month3>\\d{2})(?<day3>\\d{2}))${time}`,
);
const yearLast = new RegExp(`^(?<first>\\d{1,2})(?<mark>[/.-])(?<other>\\d{1,2})\\k<mark>(?<year>\\d{4})${time}`);

const PLAIN = 'a date such as 2014-10-13, 20141013T000000 or 10/13/2014';

/**
 * Reads dates whose year, month and day are clear from the text: ISO dates with or without a time, and days and months in
 * front of a year where only one of them can be the month.
 * @throws CellProblem for any other text
 */
export function readDate(text: string): WrittenDate {
  const found = yearFirst.exec(text)?.groups;
  if (found) {
    const { year, month, day, month2, day2, month3, day3 } = found;
    return checked(text, PLAIN, { ...found, year, month: month ?? month2 ?? month3, day: day ?? day2 ?? day3 });
  }
  const last = yearLast.exec(text)?.groups;
  if (!last) throw new CellProblem(PLAIN, describe(text), 'date');
  const [first, other] = [Number(last.first), Number(last.other)];
  if (first <= 12 && other <= 12 && first !== other) {
    const expected = `a date in which day and month cannot be confused, or a format in dates, such as 'MM/DD/YYYY',`;
    throw new CellProblem(expected, describe(text), 'date');
  }
  const [month, day] = first > 12 ? [last.other, last.first] : [last.first, last.other];
  return checked(text, PLAIN, { ...last, month, day });
}

/** Whether a text is a date; one whose day and month could be confused counts. */
export function isDate(text: string): boolean {
  try {
    readDate(text);
    return true;
  } catch {
    return yearLast.test(text);
  }
}

/** Whether day and month of a date could be confused, so that it needs a format. */
export function needsFormat(text: string): boolean {
  const last = yearLast.exec(text)?.groups;
  return last !== undefined && Number(last.first) <= 12 && Number(last.other) <= 12 && last.first !== last.other;
}

/** Reads dates of one format. */
export interface DateFormat {
  /** The fields that the format has. */
  readonly fields: ReadonlySet<string>;
  /** @throws CellProblem for text of another format */
  read(text: string): WrittenDate;
}

/**
 * Compiles a format such as 'DD/MM/YYYY HH:mm' or '%d/%m/%Y %H:%M'. Numbers may be written without leading zeros.
 * @param name - the option, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a format without fields, or with one of them twice
 */
export function dateFormat(name: string, format: string): DateFormat {
  const fields = new Set<string>();
  let pattern = '';
  let at = 0;
  for (const { 0: token, index } of format.matchAll(TOKENS)) {
    const field = fieldOf(token);
    const isYear = field === 'shortYear' || field === 'year';
    if (fields.has(isYear ? 'year' : field)) throw badArgument(name, `one field for the ${field}`, format);
    fields.add(isYear ? 'year' : field);
    pattern += `${literal(format.slice(at, index))}(?<${field}>${isYear ? `\\d{${field === 'year' ? 4 : 2}}` : '\\d{1,2}'})`;
    at = index + token.length;
  }
  if (fields.size === 0 || format.length > LONGEST) {
    throw badArgument(name, "a format such as 'DD/MM/YYYY HH:mm'", format);
  }
  const expression = new RegExp(`^${pattern}${literal(format.slice(at))}$`);
  const expected = `a date in the format '${format}'`;
  return {
    fields,
    read(text) {
      const found = expression.exec(text)?.groups;
      if (!found) throw new CellProblem(expected, describe(text), 'date');
      const { shortYear } = found;
      // As strptime reads them.
      const year =
        shortYear === undefined ? found.year : String(Number(shortYear) + (Number(shortYear) < 69 ? 2000 : 1900));
      return checked(text, expected, { ...found, year });
    },
  };
}

function fieldOf(token: string): Field {
  if (token === 'YYYY' || token === '%Y') return 'year';
  if (token === 'YY' || token === '%y') return 'shortYear';
  if (token.startsWith('%')) return strptime[token] as Field;
  const names: Readonly<Record<string, Field>> = { M: 'month', D: 'day', H: 'hour', m: 'minute', s: 'second' };
  return names[token[0]!]!;
}

const strptime: Readonly<Record<string, Field>> = {
  '%m': 'month',
  '%d': 'day',
  '%H': 'hour',
  '%M': 'minute',
  '%S': 'second',
};

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

type Texts = Readonly<Record<string, string | undefined>>;

/** The date of texts, if there is such a day and time; absent fields are the first of their kind. */
function checked(text: string, expected: string, texts: Texts): WrittenDate {
  const { year, month, day, hour, minute, second, half, fraction = '0', zone } = texts;
  const numbers = { year: Number(year ?? 2000), month: Number(month ?? 1), day: Number(day ?? 1) };
  const isHalf = half !== undefined;
  const hours = Number(hour ?? 0);
  const date = calendarDay(numbers.year, numbers.month, numbers.day);
  const isDay = date.getUTCMonth() === numbers.month - 1 && date.getUTCDate() === numbers.day;
  const isTime =
    hours <= (isHalf ? 12 : 23) && (!isHalf || hours > 0) && Number(minute ?? 0) < 60 && Number(second ?? 0) <= 60;
  if (!isDay || !isTime) throw new CellProblem(expected, describe(text), 'date');
  const clock = isHalf ? (hours % 12) + (/p/i.test(half) ? 12 : 0) : hours;
  const seconds = (clock * 60 + Number(minute ?? 0) - minutesOf(zone)) * 60 + Number(second ?? 0);
  return { ...numbers, hour: clock, time: date.getTime() + (seconds + Number(`0.${fraction}`)) * 1000 };
}

/** Minutes of a time zone such as +02:00 or -0530. */
function minutesOf(zone = '+00'): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)!;
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
}

/** Midnight of that day, UTC; `Date.UTC` would take the years 0 to 99 for 1900 to 1999. */
export function calendarDay(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}
