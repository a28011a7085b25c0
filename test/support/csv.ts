import type { ExecutionContext } from 'ava';
import { type CsvOptions, type DataFiles, DataReader } from 'blasnet';
import { temporaryFolder, write } from './files.js';

/** Options for one or two files whose text is given. */
export interface CsvTexts extends CsvOptions, Pick<DataFiles, 'split'> {
  readonly train: string | Uint8Array;
  readonly test?: string | Uint8Array;
  /** What the files are called; default train.csv and test.csv. */
  readonly extension?: string;
}

/** A reader that has read those texts from files. */
export async function readCsv(
  t: ExecutionContext,
  { train, test, extension = 'csv', ...options }: CsvTexts,
): Promise<DataReader> {
  const folder = await temporaryFolder(t);
  const reader = new DataReader({
    train: await write(folder, `train.${extension}`, train),
    ...(test !== undefined && { test: await write(folder, `test.${extension}`, test) }),
    ...options,
  });
  await reader.readData();
  return reader;
}
