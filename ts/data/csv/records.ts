// @internal
import type { FileHandle } from 'node:fs/promises';
import { Duplex, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { CsvError, Options, Parser } from 'csv-parse';
import type { BlasnetError } from '../../errors.js';
import { badFile, openForReading, unreadable } from '../../files.js';

/** How text is cut into cells. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string | false;
  readonly comment: string | undefined;
  readonly skipLines: number;
}

/** Longer rows come from a quote that nobody closed, or hold more cells than there may be columns. */
const MAX_RECORD = 1 << 21;
const GZIP = 0x1f8b;
const NEWLINE = 10;
const RETURN = 13;
const WHAT = 'CSV';

/** The rows of a CSV file as lists of trimmed cells, one after another, without empty lines and comments. */
export class CsvRecords {
  readonly path: string;
  readonly #dialect: Dialect;
  #failure: unknown; // of the file or of unpacking it, as opposed to the parser

  constructor(path: string, dialect: Dialect) {
    this.path = path;
    this.#dialect = dialect;
  }

  /** Reads the file from its start. Leave the loop over it in any way you like: the file is closed. */
  async open(): Promise<AsyncIterable<string[]>> {
    return (await this.#parse({})) as AsyncIterable<string[]>;
  }

  /**
   * The line, counted from 1, on which the record of that index ends. Reads the file anew: counting lines all along
   * would double the time that good files take.
   */
  async lineOf(index: number): Promise<number> {
    let line = 0;
    const on_record: Options['on_record'] = (_, { records, lines }) => {
      if (records > index + 1) throw new Error('far enough');
      line = lines;
      return null;
    };
    try {
      for await (const _ of await this.#parse({ on_record }));
    } catch {
      // The line is known, or the file ends before it.
    }
    return line + this.#dialect.skipLines;
  }

  /** Says what is wrong with a file, if that is why reading it failed; gives back any other error. */
  async explain(error: unknown): Promise<unknown> {
    const { CsvError } = await import('csv-parse');
    // First, because the other streams of the pipeline are destroyed with the parser's error.
    if (error instanceof CsvError) return this.#explainSyntax(error);
    if (error !== this.#failure) return error;
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    return isZlib
      ? badFile(`'${this.path}'`, 'whole gzipped data', error.message, error)
      : unreadable(this.path, WHAT, error);
  }

  async #explainSyntax(error: CsvError): Promise<BlasnetError> {
    const { lines, records } = error as CsvError & { readonly lines: number; readonly records: number };
    const at = (line: number) => `line ${line} of '${this.path}'`;
    const here = at(lines + this.#dialect.skipLines);
    const whole = 'quotes around whole cells only';
    // The parser's count has then gone on to the end of the file, or of its patience.
    const next = async () => at(1 + (records > 0 ? await this.lineOf(records - 1) : this.#dialect.skipLines));
    switch (error.code as string) {
      case 'CSV_QUOTE_NOT_CLOSED':
        return badFile(await next(), 'a closing quote', 'the end of the file', error);
      case 'CSV_MAX_RECORD_SIZE':
        return badFile(await next(), `a row of at most ${MAX_RECORD} characters`, 'a longer one', error);
      case 'INVALID_OPENING_QUOTE':
        return badFile(here, whole, `one within cell ${Number(error.column) + 1}`, error);
      case 'CSV_INVALID_CLOSING_QUOTE':
        return badFile(here, whole, `text behind one in cell ${Number(error.column) + 1}`, error);
      default:
        return badFile(here, 'well-formed CSV', error.message, error);
    }
  }

  async #parse(options: Options): Promise<Parser> {
    const { delimiter, quote, comment, skipLines } = this.#dialect;
    const { parse } = await import('csv-parse');
    const parser = parse({
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true, // ours to check, with a better message
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: MAX_RECORD,
      delimiter,
      quote: quote === false ? null : quote,
      escape: quote === false ? null : quote,
      ...(comment !== undefined && { comment, comment_no_infix: true }),
      ...options,
    });
    const { handle, zipped } = await this.#openFile();
    const streams: (Readable | Duplex)[] = [handle.createReadStream({ start: 0 })];
    if (zipped) streams.push(createGunzip());
    for (const stream of streams) {
      stream.on('error', (error) => {
        this.#failure ??= error;
      });
    }
    streams.push(Duplex.from((bytes: AsyncIterable<Buffer>) => withShortLines(bytes, this.path)));
    if (skipLines > 0) streams.push(Duplex.from((bytes: AsyncIterable<Buffer>) => withoutLines(bytes, skipLines)));
    // The parser is destroyed with the error that any of them meets, and passes it on to the loop over it.
    pipeline([...(streams as Duplex[]), parser], () => undefined);
    return parser;
  }

  async #openFile(): Promise<{ handle: FileHandle; zipped: boolean }> {
    const handle = await openForReading(this.path, WHAT);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return { handle, zipped: bytesRead === 2 && buffer.readUInt16BE() === GZIP };
    } catch (error) {
      await handle.close();
      throw unreadable(this.path, WHAT, error);
    }
  }
}

/** The parser counts no delimiters: a line of nothing else would become an array without end. */
async function* withShortLines(bytes: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of bytes) {
    const end = Math.max(chunk.lastIndexOf(NEWLINE), chunk.lastIndexOf(RETURN));
    length = end < 0 ? length + chunk.length : chunk.length - 1 - end;
    if (length > MAX_RECORD) throw badFile(`'${path}'`, `lines of at most ${MAX_RECORD} bytes`, 'a longer one');
    yield chunk;
  }
}

/** Leaves out so many lines, which end as records do: with \r, \n or both. */
async function* withoutLines(bytes: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
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
