// @internal
import { BlasnetError, clipped, describe } from '../../core/errors.js';
import { CellProblem, isDecimal } from '../preparation/cells.js';
import { dateFormat, readDate } from '../preparation/date-format.js';

/** Reads the times of rows, which are numbers or dates, and sees that they ascend. */
export class RowTimes {
  readonly #format: ReturnType<typeof dateFormat> | undefined;
  #areNumbers: boolean | undefined;

  /** @param format - of dates that are not ISO dates */
  constructor(format: string | undefined, option = 'time') {
    this.#format = format === undefined ? undefined : dateFormat(option, format);
  }

  /**
   * The time of a cell: its number, or the milliseconds of its date.
   * @throws CellProblem for any other text, and for dates among numbers
   */
  read(cell: string): number {
    if (this.#format) return this.#format.read(cell).time;
    const isNumber = isDecimal(cell);
    this.#areNumbers ??= isNumber;
    if (isNumber !== this.#areNumbers) {
      throw new CellProblem(
        this.#areNumbers ? 'a number, as in other rows,' : 'a date, as in other rows,',
        describe(cell),
      );
    }
    return isNumber ? Number(cell) : readDate(cell).time;
  }
}

/** The `ERR_BAD_FILE` for a row whose time does not follow that of the row before. */
export function notAscending(place: string, cell: string, before: string, hint: string): BlasnetError {
  const message = `Expected a time after ${describe(before)} in ${place} but received ${describe(cell)}; ${hint}`;
  return new BlasnetError('ERR_BAD_FILE', clipped(message));
}
