// @internal
import { badFile } from '../../core/files.js';

const NEWLINE = 10;
const RETURN = 13;

/**
 * Passes bytes on, and refuses lines that are too long. The parser counts no delimiters: a line of nothing else would
 * become an array without end.
 */
export async function* withShortLines(
  bytes: AsyncIterable<Buffer>,
  path: string,
  most: number,
): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of bytes) {
    const end = Math.max(chunk.lastIndexOf(NEWLINE), chunk.lastIndexOf(RETURN));
    length = end < 0 ? length + chunk.length : chunk.length - 1 - end;
    if (length > most) throw badFile(`'${path}'`, `lines of at most ${most} bytes`, 'a longer one');
    yield chunk;
  }
}

/** Skips that many lines; they end as records do: with \r, \n or both. */
export async function* withoutLines(bytes: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  let isAfterReturn = false; // a \n there, perhaps of the next chunk, ends the same line
  for await (const chunk of bytes) {
    let start = 0;
    for (; start < chunk.length && (left > 0 || isAfterReturn); start++) {
      const byte = chunk[start];
      const isSecond = isAfterReturn && byte === NEWLINE;
      if (left === 0 && !isSecond) {
        isAfterReturn = false;
        break;
      }
      isAfterReturn = byte === RETURN;
      if (isAfterReturn || (byte === NEWLINE && !isSecond)) left--;
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }
}
