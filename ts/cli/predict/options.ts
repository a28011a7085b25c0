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
  delimiter: option<string>('--delimiter <text>', 'text between cells (default: a comma; a tab in .tsv)'),
};

/** The values of the options. */
export type PredictFlags = ValuesOf<typeof predictOptions>;
