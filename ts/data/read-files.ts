// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions, fieldsOf } from '../core/fields.js';
import { csvOptionNames, csvOptionsIn } from './csv/check-options.js';
import { type CsvData, type CsvDetails, readCsv } from './csv/read-csv.js';
import type { DataFiles } from './data-files.js';
import { checkNpzNames, readNpzParts } from './npz-parts.js';
import { checkPart, splitOrder, splitPart } from './part.js';

/** The data in files; CSV files also have names of columns and categories. */
export type FileData = Pick<CsvData, 'train' | 'test'> & { readonly csv?: CsvDetails };

/** Refuses unknown options, and anything but an object of options, by `ERR_BAD_ARGUMENT`. */
export function checkFiles(files: DataFiles): void {
  checkOptions(files, ['train', 'test', 'format', 'arrays', 'split', ...csvOptionNames], 'files');
  if (files.arrays !== undefined) checkNpzNames(files.arrays);
}

/** Reads a data set's files. */
export async function readFiles(files: DataFiles): Promise<FileData> {
  const { train, test, format = formatOf(train), split } = files;
  if (format !== 'csv' && format !== 'npz') throw badArgument('format', "'csv' or 'npz'", format);
  if (split !== undefined && test !== undefined) throw badArgument('split', 'no test file beside it', test);
  const { k, seed = 0 } = typeof split === 'object' ? fieldsOf('split', split, ['k', 'seed']) : { k: split };
  if (format === 'csv') {
    if (files.arrays) throw badArgument('train, where there is the option arrays', 'an npz file', train);
    return readCsv(train, test, files, k === undefined ? undefined : (count) => splitOrder(count, k, seed));
  }
  const [option] = csvOptionsIn(files);
  if (option !== undefined) throw badArgument(`train, where there is the option ${option}`, 'a CSV file', train);
  const parts = await readNpzParts(files, k !== undefined);
  if (k === undefined) return parts;
  checkPart('train', parts.train, parts.train);
  return splitPart(parts.train, k, seed);
}

/** The format of a file by its name. */
export function formatOf(path: string): 'csv' | 'npz' {
  return /\.(csv|tsv|data|txt)(\.gz)?$/i.test(path) ? 'csv' : 'npz';
}
