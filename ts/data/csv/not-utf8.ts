// @internal
import { isUtf8 } from 'node:buffer';
import { type BlasnetError, clipped } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import type { CsvRecords } from './records.js';
import { latin1Text } from './text.js';

/** The BlasnetError for a file that is not UTF-8; reads it anew to find the first such cell. */
export async function notUtf8Error(
  records: CsvRecords,
  header: boolean | readonly string[],
  cause: unknown,
): Promise<BlasnetError> {
  const { path } = records;
  let names = typeof header === 'boolean' ? undefined : header;
  let index = 0;
  try {
    for await (const cells of await records.openBytes()) {
      const bytes = (cell: string) => Buffer.from(cell, 'latin1');
      const place = cells.findIndex((cell) => !isUtf8(bytes(cell)));
      names ??= header === true ? cells.map((cell) => latin1Text(bytes(cell))) : cells.map((_, i) => String(i));
      if (place >= 0) {
        const line = (await records.linesOf([index], 'bytes')).get(index)!;
        const name = index > 0 || header !== true ? names[place] : undefined;
        const column = name === undefined ? '' : `, column '${clipped(name, 60)}',`;
        const text = clipped(latin1Text(bytes(cells[place]!)), 60);
        return notUtf8(`line ${line}${column} of '${path}'`, `, which is '${text}' in latin1`, cause);
      }
      index++;
    }
  } catch {
    // Quotes may be misplaced, too: the file alone is named.
  }
  return notUtf8(`'${path}'`, '', cause);
}

function notUtf8(where: string, reading: string, cause: unknown): BlasnetError {
  const expected = "text in UTF-8 (or encoding: 'latin1', for files of Windows and Excel)";
  return badFile(where, expected, `bytes of another encoding${reading}`, cause);
}
