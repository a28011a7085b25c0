import { badFile } from '../../core/files.js';
import { requireNames } from '../../data/csv/columns.js';
import { CsvRecords } from '../../data/csv/records.js';
import type { RowCells } from '../../index.js';
import type { PredictFlags } from './options.js';

/**
 * Reads the rows of a CSV file as cells by column name, in pieces.
 * @param onHeader - receives the names of the columns before any row
 * @throws BlasnetError `ERR_BAD_FILE` that names the line that cannot be read
 */
export async function* csvRows(
  path: string,
  { header = true, delimiter, encoding }: PredictFlags,
  most: number,
  onHeader: (names: readonly string[]) => void,
): AsyncGenerator<RowCells[]> {
  const records = new CsvRecords(path, { delimiter, encoding, quote: '"', comment: undefined, skipLines: 0 });
  let names: readonly string[] | undefined;
  let rows: RowCells[] = [];
  let index = 0; // of the record among all
  try {
    for await (const cells of await records.open()) {
      if (names === undefined) {
        names = requireNames(header ? cells : cells.map((_, i) => String(i)), `the header of '${path}'`);
        onHeader(names);
        if (header) {
          index++;
          continue;
        }
      }
      if (cells.length !== names.length) {
        throw badFile(`line ${await records.lineOf(index)} of '${path}'`, `${names.length} cells`, `${cells.length}`);
      }
      rows.push(Object.fromEntries(names.map((name, i) => [name, cells[i]!])));
      index++;
      if (rows.length === most) {
        yield rows;
        rows = [];
      }
    }
  } catch (error) {
    throw await records.explain(error);
  }
  if (rows.length > 0) yield rows;
}
