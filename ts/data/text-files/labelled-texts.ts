// @internal
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { badArgument, clipped, reasonOf } from '../../core/errors.js';
import { badFile, readFileBytes, unreadable } from '../../core/files.js';
import { listed, requireNames } from '../csv/columns.js';
import { dialectOf } from '../csv/dialect.js';
import { CsvRecords } from '../csv/records.js';
import type { CsvColumnName } from '../csv-options.js';
import type { TextFiles } from '../text-options.js';

/** Texts and the names of their classes. */
export interface LabelledTexts {
  readonly texts: readonly string[];
  readonly labels: readonly string[];
  /** The column of the texts. */
  readonly column: string;
}

/**
 * Reads a CSV file, or a folder with a folder for each class.
 * @throws BlasnetError `ERR_BAD_FILE` for what cannot be read, and for a text without a class
 */
export async function readTexts(path: string, files: TextFiles): Promise<LabelledTexts> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw unreadable(path, 'CSV', cause);
  }
  const read = isFolder ? await readFolder(path) : await readCsvTexts(path, files);
  if (read.texts.length === 0) throw badFile(`'${path}'`, 'at least one text', 'none');
  return read;
}

async function readCsvTexts(path: string, files: TextFiles): Promise<LabelledTexts> {
  const { text = 'text', label = 'label', header = true, ...options } = files;
  const records = new CsvRecords(path, dialectOf(options, 'train'));
  const [texts, labels]: [string[], string[]] = [[], []];
  let places: { readonly text: number; readonly label: number; readonly names: readonly string[] } | undefined;
  let index = -1;
  try {
    for await (const cells of await records.open()) {
      index++;
      if (!places) {
        const names = header === true ? cells : Array.isArray(header) ? header : cells.map((_, i) => String(i));
        requireNames(names, `the header of '${path}'`);
        places = { text: placeOf(names, text, 'text'), label: placeOf(names, label, 'label'), names };
        if (places.text === places.label) throw badArgument('label', 'another column than that of the texts', label);
        if (header === true) continue;
      }
      if (cells.length !== places.names.length) {
        const where = `line ${await records.lineOf(index)} of '${path}'`;
        throw badFile(where, `${places.names.length} cells`, `${cells.length}`);
      }
      const name = cells[places.label]!;
      if (name === '') throw badFile(`line ${await records.lineOf(index)} of '${path}'`, 'a label', 'an empty cell');
      texts.push(cells[places.text]!);
      labels.push(name);
    }
  } catch (error) {
    throw await records.explain(error, header);
  }
  return { texts, labels, column: places ? places.names[places.text]! : 'text' };
}

function placeOf(names: readonly string[], column: CsvColumnName, option: string): number {
  const place = typeof column === 'number' ? (column < 0 ? names.length + column : column) : names.indexOf(column);
  if (place >= 0 && place < names.length) return place;
  throw badArgument(option, `a column of the file (${listed(names)})`, column);
}

async function readFolder(path: string): Promise<LabelledTexts> {
  const [texts, labels]: [string[], string[]] = [[], []];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const name of await entriesOf(path, true)) {
    for (const file of await entriesOf(join(path, name), false)) {
      const where = join(path, name, file);
      const bytes = await readFileBytes(where, 'text');
      try {
        texts.push(decoder.decode(bytes));
      } catch (cause) {
        throw badFile(`'${where}'`, 'text in UTF-8', reasonOf(cause), cause);
      }
      labels.push(name);
    }
  }
  if (labels.length === 0) throw badFile(`'${path}'`, 'a folder of texts for each class', 'none');
  return { texts, labels, column: 'text' };
}

/** The names of the folders, or of the files, in a folder, sorted; hidden ones are left out. */
async function entriesOf(path: string, folders: boolean): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const wanted = entries.filter((entry) => !entry.name.startsWith('.') && entry.isDirectory() === folders);
    return wanted.map(({ name }) => name).sort();
  } catch (cause) {
    throw unreadable(clipped(path), 'text', cause);
  }
}
