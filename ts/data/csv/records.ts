// @internal
import type { FileHandle } from 'node:fs/promises';
import { Duplex, pipeline, type Readable } from 'node:stream';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import type { Options, Parser } from 'csv-parse';
import { BlasnetError } from '../../core/errors.js';
import { badFile, openForReading, unreadable } from '../../core/files.js';
import { type Dialect, delimiterFor } from './dialect.js';
import { withoutLines, withShortLines } from './lines.js';
import { notUtf8Error } from './not-utf8.js';
import { syntaxError } from './syntax-error.js';
import { NotUtf8, utf8From } from './text.js';

/** Longer rows come from a quote that is not closed, or hold more cells than there may be columns. */
export const MAX_RECORD = 1 << 21;
/** The first line is looked for in so many bytes of the file, which unpack to 8 MiB at the most. */
const MAX_HEAD = 1 << 13;
const GZIP = 0x1f8b;
const WHAT = 'CSV';

/** The rows of a CSV file as lists of trimmed cells, one after another, without empty lines and comments. */
export class CsvRecords {
  readonly path: string;
  readonly dialect: Dialect;
  #delimiter: string | undefined;
  readonly #failures = new WeakSet<object>(); // of the file or of unpacking it, as opposed to the parser

  constructor(path: string, dialect: Dialect) {
    this.path = path;
    this.dialect = dialect;
    this.#delimiter = dialect.delimiter;
  }

  /** Reads the file from its start. The file is closed when the loop over the rows ends, however that happens. */
  async open(): Promise<AsyncIterable<string[]>> {
    return (await this.#parse({})) as AsyncIterable<string[]>;
  }

  /** The rows as `open` gives them, with a character for each byte of the file, whatever its encoding. */
  async openBytes(): Promise<AsyncIterable<string[]>> {
    return (await this.#parse({ encoding: 'latin1' })) as AsyncIterable<string[]>;
  }

  /** The line, counted from 1, on which the record of that index ends. */
  async lineOf(index: number): Promise<number> {
    return (await this.linesOf([index])).get(index)!;
  }

  /**
   * The lines, counted from 1, on which the records of those indexes end. Reads the file anew: counting lines all along
   * would double the time that good files take.
   */
  async linesOf(indexes: readonly number[], bytes?: 'bytes'): Promise<Map<number, number>> {
    const wanted = new Set(indexes);
    const last = Math.max(...indexes);
    const found = new Map<number, number>();
    let line = 0;
    const on_record: Options['on_record'] = (_, { records, lines }) => {
      if (records > last + 1) throw new Error('far enough');
      line = lines;
      if (wanted.has(records - 1)) found.set(records - 1, lines + this.dialect.skipLines);
      return null;
    };
    try {
      for await (const _ of await this.#parse({ on_record, ...(bytes && { encoding: 'latin1' }) }));
    } catch {
      // The lines are known, or the file ends before them.
    }
    for (const index of indexes) if (!found.has(index)) found.set(index, line + this.dialect.skipLines);
    return found;
  }

  /**
   * The BlasnetError for a file that could not be read; any other error is returned as it is.
   * @param header - as in the options: whether the first row has the columns' names, or the names
   */
  async explain(error: unknown, header: boolean | readonly string[] = true): Promise<unknown> {
    const { CsvError } = await import('csv-parse');
    // First, because the other streams of the pipeline are destroyed with the parser's error.
    if (error instanceof CsvError) return syntaxError(this, error);
    if (error instanceof BlasnetError) return error;
    if (error instanceof NotUtf8) return notUtf8Error(this, header, error);
    if (!(error instanceof Error && this.#failures.has(error))) return error;
    const isZlib = 'code' in error && String(error.code).startsWith('Z_');
    return isZlib
      ? badFile(`'${this.path}'`, 'whole gzipped data', error.message, error)
      : unreadable(this.path, WHAT, error);
  }

  async #parse(options: Options): Promise<Parser> {
    const { quote, comment } = this.dialect;
    const { parse } = await import('csv-parse');
    this.#delimiter ??= await this.#findDelimiter();
    const parser = parse({
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true, // ours to check, with a better message
      record_delimiter: ['\r\n', '\n', '\r'],
      max_record_size: MAX_RECORD,
      delimiter: this.#delimiter,
      quote: quote === false ? null : quote,
      escape: quote === false ? null : quote,
      ...(comment !== undefined && { comment, comment_no_infix: true }),
      ...options,
    });
    const streams = await this.#bytes(options.encoding === 'latin1');
    streams.push(Duplex.from((bytes: AsyncIterable<Buffer>) => withShortLines(bytes, this.path, MAX_RECORD)));
    // The parser is destroyed with the error that any of them meets, and passes it on to the loop over it.
    pipeline([...(streams as Duplex[]), parser], () => undefined);
    return parser;
  }

  /** The file's bytes, unpacked, as UTF-8 and without the lines to skip. */
  async #bytes(asTheyAre: boolean): Promise<(Readable | Duplex)[]> {
    const { skipLines, encoding = 'utf-8' } = this.dialect;
    const { handle, zipped } = await this.#openFile();
    const streams: (Readable | Duplex)[] = [handle.createReadStream({ start: 0 })];
    if (zipped) streams.push(createGunzip());
    for (const stream of streams) {
      stream.on('error', (error) => this.#failures.add(error));
    }
    if (skipLines > 0) streams.push(Duplex.from((bytes: AsyncIterable<Buffer>) => withoutLines(bytes, skipLines)));
    if (!asTheyAre) {
      streams.push(Duplex.from((bytes: AsyncIterable<Buffer>) => utf8From(bytes, encoding, this.path)));
    }
    return streams;
  }

  /** Finds the delimiter by the start of the file; a damaged file is left to the parser. */
  async #findDelimiter(): Promise<string> {
    const { handle, zipped } = await this.#openFile();
    let start: Buffer = Buffer.alloc(MAX_HEAD);
    try {
      const { bytesRead } = await handle.read(start, 0, MAX_HEAD, 0);
      start = start.subarray(0, bytesRead);
      // The start of packed data is packed data that does not end.
      if (zipped) start = gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      start = Buffer.alloc(0);
    } finally {
      await handle.close();
    }
    return delimiterFor(this.path, this.dialect, start.toString('latin1'));
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
