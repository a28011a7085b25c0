// @internal
import type { CsvError } from 'csv-parse';
import type { BlasnetError } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { type CsvRecords, MAX_RECORD } from './records.js';

/** The BlasnetError, with the line, for an error of the parser. */
export async function syntaxError(records: CsvRecords, error: CsvError): Promise<BlasnetError> {
  const { skipLines } = records.dialect;
  const { lines, records: count } = error as CsvError & { readonly lines: number; readonly records: number };
  const at = (line: number) => `line ${line} of '${records.path}'`;
  const here = at(lines + skipLines);
  const whole = 'quotes around whole cells only';
  // The parser's count has then gone on to the end of the file, or of its patience.
  const next = async () => at(1 + (count > 0 ? await records.lineOf(count - 1) : skipLines));
  switch (error.code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return badFile(await next(), 'a closing quote', 'the end of the file', error);
    case 'CSV_MAX_RECORD_SIZE':
      return badFile(await next(), `a row of at most ${MAX_RECORD} characters`, 'a longer one', error);
    case 'INVALID_OPENING_QUOTE':
      return badFile(here, whole, `one within cell ${Number(error.column) + 1}`, error);
    case 'CSV_INVALID_CLOSING_QUOTE':
      return badFile(here, whole, `text behind one in cell ${Number(error.column) + 1}`, error);
    default:
      return badFile(here, 'well-formed CSV', error.message, error);
  }
}
