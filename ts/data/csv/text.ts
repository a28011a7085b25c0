// @internal
import { isUtf8 } from 'node:buffer';
import { badFile } from '../../core/files.js';
import type { CsvEncoding } from '../csv-options.js';

/** Bytes of a file that are not UTF-8. A caller that knows the line and the column makes a BlasnetError of it. */
export class NotUtf8 extends Error {}

/** Windows-1252 at 0x80 to 0x9F; the other bytes of Latin-1 are the code points of the same number. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Passes the bytes of a file on as UTF-8.
 * @throws NotUtf8 where they are not of that encoding; BlasnetError `ERR_BAD_FILE` for UTF-16, and for the mark of UTF-8
 *   in front of Latin-1
 */
export async function* utf8From(
  bytes: AsyncIterable<Buffer>,
  encoding: CsvEncoding,
  path: string,
): AsyncGenerator<Buffer> {
  const chunks = withMark(bytes, encoding, path);
  if (encoding === 'latin1') for await (const chunk of chunks) yield Buffer.from(latin1Text(chunk));
  else yield* checkedUtf8(chunks);
}

/** The text of Latin-1 bytes as browsers read it. Node's own 'latin1' leaves 0x80 to 0x9F control characters. */
export function latin1Text(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => WINDOWS[character.charCodeAt(0) - 0x80]!);
}

/** Looks at the first three bytes, in which Unicode files say what they are. */
async function* withMark(bytes: AsyncIterable<Buffer>, encoding: CsvEncoding, path: string): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (!start) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < 3) continue;
    requireEncoding(start, encoding, path);
    yield start;
    start = undefined;
  }
  if (!start || start.length === 0) return;
  requireEncoding(start, encoding, path);
  yield start;
}

function requireEncoding(start: Buffer, encoding: CsvEncoding, path: string): void {
  const mark = start.subarray(0, 3).toString('hex');
  if (/^(fffe|feff)/.test(mark)) {
    throw badFile(`'${path}'`, "text in UTF-8 (save it as 'CSV UTF-8')", 'UTF-16');
  }
  if (mark === 'efbbbf' && encoding !== 'utf-8') {
    throw badFile(`'${path}'`, `text in ${encoding}`, "the mark of UTF-8 at its start; leave encoding: 'latin1' out");
  }
}

/** A character may begin in one chunk and end in the next. */
async function* checkedUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = bytes.length - openEnd(bytes);
    if (!isUtf8(bytes.subarray(0, whole))) throw new NotUtf8();
    rest = bytes.subarray(whole);
    if (whole > 0) yield bytes.subarray(0, whole);
  }
  if (rest.length > 0) throw new NotUtf8();
}

/** The count of bytes at the end that begin a character and do not finish it. */
function openEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0;
}
