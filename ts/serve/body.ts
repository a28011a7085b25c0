import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { Deadlines } from './deadlines.js';
import type { Settings } from './options.js';
import { Problem, wrong } from './problem.js';

/** Header with the bytes of JSON at the start of a body that has binary tensors behind it. */
export const jsonLengthHeader = 'inference-header-content-length';

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const [gunzipped, inflated, inflatedRaw] = [promisify(gunzip), promisify(inflate), promisify(inflateRaw)];
/** The lower half of the first byte of zlib's format is 8; without it, the bytes are those of plain deflate. */
const isZlib = (bytes: Buffer) => ((bytes[0] ?? 0) & 0x0f) === 8;

const decompressors: Readonly<Record<string, Decompress | undefined>> = {
  gzip: gunzipped,
  'x-gzip': gunzipped,
  deflate: (bytes, options) => (isZlib(bytes) ? inflated : inflatedRaw)(bytes, options),
};

/** Reads the bodies of requests. */
export class BodyReader {
  readonly #settings: Settings;
  readonly #deadlines: Deadlines;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#deadlines = new Deadlines(settings.timeoutMs);
  }

  /**
   * Reads a request's body, and decompresses it where `Content-Encoding` is gzip or deflate. A body of JSON alone may have
   * `jsonLimit` bytes, one with binary tensors `bodyLimit`, before and after it is decompressed.
   * @param done - gets the bytes, or a Problem: 413 for too many bytes, before reading where `Content-Length` says so; 408
   *   where the body is not complete after `timeoutMs`; 415 for another encoding; 400 for bytes that cannot be decompressed
   *   or parts of JSON whose length is no number. By callback, since a promise more adds to what each request takes
   */
  read(request: FastifyRequest, payload: NodeJS.ReadableStream, done: (body: Buffer | Error) => void): void {
    try {
      const limit = limitOf(request, this.#settings);
      const encoding = request.headers['content-encoding']?.trim().toLowerCase() || 'identity';
      const decompress = Object.hasOwn(decompressors, encoding) ? decompressors[encoding] : undefined;
      if (!decompress && encoding !== 'identity')
        throw new Problem(415, `Expected gzip or deflate for Content-Encoding but received '${encoding.slice(0, 60)}'`);
      const length = Number(request.headers['content-length']);
      if (length > limit.bytes) throw limit.problem(length > this.#settings.bodyLimit);
      this.#collect(payload, limit, (bytes) => {
        if (!decompress || bytes instanceof Error || bytes.length === 0) done(bytes);
        else decompressed(bytes, encoding, decompress, limit).then(done, done);
      });
    } catch (error) {
      done(error as Error);
    }
  }

  /** Reads a stream to its end. Listeners stay, since removing them takes time; they do nothing once it is over. */
  #collect(payload: NodeJS.ReadableStream, limit: Limit, done: (body: Buffer | Error) => void): void {
    let chunks: Buffer[] = [];
    let length = 0;
    let isOver = false;
    const finish = (body: Buffer | Error) => {
      isOver = true;
      chunks = [];
      this.#deadlines.delete(onLate);
      done(body);
    };
    const onData = (chunk: Buffer) => {
      if (isOver) return; // the rest is forgotten
      length += chunk.length;
      if (length > limit.bytes) finish(limit.problem(true));
      else chunks.push(chunk);
    };
    const onEnd = () => {
      if (!isOver) finish(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    };
    // A stream is closed after its end, too.
    const onClose = () => {
      if (!isOver) finish(new Problem(400, 'Expected a whole body but the client stopped sending'));
    };
    const onLate = () => finish(slow(this.#settings.timeoutMs));
    this.#deadlines.add(onLate);
    payload.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  }
}

async function decompressed(bytes: Buffer, encoding: string, decompress: Decompress, limit: Limit): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: limit.bytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw limit.problem();
    throw new Problem(400, `Expected ${encoding} for the body but received other bytes: ${(cause as Error).message}`);
  }
}

interface Limit {
  readonly bytes: number;
  /** @param isCut - whether the connection is closed; otherwise the rest of the body is read and forgotten */
  problem(isCut?: boolean): Problem;
}

function limitOf({ headers }: FastifyRequest, { bodyLimit, jsonLimit }: Settings): Limit {
  const header = headers[jsonLengthHeader];
  if (header === undefined) {
    const advice = 'send binary tensors, fewer rows, or raise the option jsonLimit';
    const bytes = Math.min(jsonLimit, bodyLimit);
    return { bytes, problem: (isCut) => tooLarge(`at most ${bytes} bytes for a body of JSON`, advice, isCut) };
  }
  if (lengthIn(header) > jsonLimit)
    throw tooLarge(`at most ${jsonLimit} bytes of JSON before binary tensors`, 'raise the option jsonLimit');
  const advice = 'send fewer rows, or raise the option bodyLimit';
  return { bytes: bodyLimit, problem: (isCut) => tooLarge(`at most ${bodyLimit} bytes for a body`, advice, isCut) };
}

const closing = { headers: { Connection: 'close' } };

const tooLarge = (expected: string, advice: string, isCut = false) =>
  new Problem(413, `Expected ${expected} but received more: ${advice}`, isCut ? closing : {});

/**
 * Returns the number in the header Inference-Header-Content-Length.
 * @throws Problem 400 where it is no whole number
 */
export function lengthIn(header: string | readonly string[]): number {
  const text = String(header);
  if (!/^\d{1,15}$/.test(text)) throw wrong('Inference-Header-Content-Length', 'a whole number', text);
  return Number(text);
}

const slow = (timeoutMs: number) =>
  new Problem(408, `Expected a whole body within ${timeoutMs} ms but received a part`, closing);
