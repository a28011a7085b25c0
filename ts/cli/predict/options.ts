import { option, type ValuesOf } from '../option.js';
import { oneOfWords } from '../values.js';

const formats = ['csv', 'json'] as const;

/** The options of `blasnet predict`. */
export const predictOptions = {
  out: option<string>('-o, --out <file>', 'file for the answers (default: the standard output)'),
  format: option('--format <format>', 'csv or json (default: by --out; else json for JSON rows, csv for others)', {
    parse: oneOfWords(formats),
  }),
  keep: option<true | readonly string[]>(
    '--keep [columns...]',
    'put these columns of the rows, or all of them, in front of the answers',
  ),
  header: option<boolean>('--no-header', 'the first line of a CSV file is a row; its columns are called 0, 1, …'),
  delimiter: option<string>('--delimiter <text>', 'text between cells (default: as in the first line)'),
  encoding: option('--encoding <name>', 'utf-8 (default) or latin1', { parse: oneOfWords(['utf-8', 'latin1']) }),
  unseen: option('--unseen <policy>', 'names that no training row had: error (default), or zero', {
    parse: oneOfWords(['error', 'zero']),
  }),
};

/** The values of the options. */
export type PredictFlags = ValuesOf<typeof predictOptions>;
