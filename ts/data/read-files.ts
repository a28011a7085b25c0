// @internal
import { badArgument } from '../errors.js';
import { checkOptions, fieldsOf } from '../fields.js';
import { badFile } from '../files.js';
import { arrayOf } from '../tensor.js';
import { csvOptionNames, csvOptionsIn } from './csv/check-options.js';
import { type CsvData, readCsv } from './csv/read-csv.js';
import type { DataFiles } from './data-files.js';
import { readNpz, toTensor } from './npz.js';
import { checkPart, type Part, splitOrder, splitPart } from './part.js';
import { rowsOf } from './rows.js';

/** The contents of files; CSV files have more of them. */
export type FileData = Pick<CsvData, 'train' | 'test'> & Partial<CsvData>;

/**
 * Refuses what names no files, and options that nobody knows.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function checkFiles(files: DataFiles): void {
  checkOptions(files, ['train', 'test', 'format', 'split', ...csvOptionNames], 'files');
}

/** Reads a data set's files. */
export async function readFiles(files: DataFiles): Promise<FileData> {
  const { train, test, format = formatOf(train), split } = files;
  if (format !== 'csv' && format !== 'npz') throw badArgument('format', "'csv' or 'npz'", format);
  if (split !== undefined && test !== undefined) throw badArgument('split', 'no test file beside it', test);
  const { k, seed = 0 } = typeof split === 'object' ? fieldsOf('split', split, ['k', 'seed']) : { k: split };
  if (format === 'csv') {
    return readCsv(train, test, files, k === undefined ? undefined : (count) => splitOrder(count, k, seed));
  }
  const [option] = csvOptionsIn(files);
  if (option !== undefined) throw badArgument(`train, where there is the option ${option}`, 'a CSV file', train);
  const part = await readNpzPart(train);
  if (k === undefined) return { train: part, test: test === undefined ? undefined : await readNpzPart(test) };
  checkPart('train', part, part.x);
  return splitPart(part, k, seed);
}

/** The format of a file by its name. */
export function formatOf(path: string): 'csv' | 'npz' {
  return /\.(csv|tsv|data|txt)(\.gz)?$/i.test(path) ? 'csv' : 'npz';
}

async function readNpzPart(path: string): Promise<Part> {
  const arrays = await readNpz(path);
  const [x, y] = ['data', 'label'].map((key) => {
    const array = arrays[key];
    if (!array) {
      const received = Object.keys(arrays).join(', ') || 'nothing';
      throw badFile(`'${path}'`, `'${key}'`, received);
    }
    const tensor = toTensor(array, array.data instanceof arrayOf('float64') ? 'float64' : 'float32');
    return rowsOf(tensor.shape.length === 1 ? tensor.reshape([tensor.size, 1]) : tensor);
  });
  return { x: x!, y: y! };
}
