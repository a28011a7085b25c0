// @internal
import type { Transform } from 'node:stream';
import { constants, type ZlibOptions } from 'node:zlib';
import { BlasnetError } from '../core/errors.js';
import { badFile } from '../core/files.js';

/** Deflate's best: 258 bytes for two bits. */
export const maxRatio = 1032;

/** Packed bytes that are handed over at once. */
const chunk = 1 << 16;

/**
 * Unpacks data that ought to have `size` bytes; the result may be shorter. Takes memory for so many bytes once, and stops
 * as soon as there are more.
 * @param create - zlib's function that makes a stream to unpack such data
 * @param name - what the data is (`what`), and the file or the part of it (`where`), for error messages
 * @throws BlasnetError `ERR_BAD_FILE` for damaged data, and for more than `size` bytes
 */
export async function inflateTo(
  create: (options: ZlibOptions) => Transform,
  packed: Uint8Array,
  size: number,
  { what, where }: { readonly what: string; readonly where: string },
): Promise<Uint8Array> {
  try {
    const target = new Uint8Array(size);
    const stream = create({ chunkSize: Math.min(1 << 18, Math.max(64, size)) });
    let done = 0;
    feed(stream, packed);
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      if (done + piece.length > size) throw badFile(where, `${what} of ${size} bytes`, 'more than that');
      target.set(piece, done);
      done += piece.length;
    }
    return target.subarray(0, done);
  } catch (error) {
    if (error instanceof BlasnetError) throw error;
    throw badFile(where, `${what} of ${size} bytes`, (error as Error).message, error);
  }
}

/**
 * Unpacks the beginning of data: `bytes` of it, a few more, or all there are.
 * @throws BlasnetError `ERR_BAD_FILE` for damaged data
 */
export async function inflateStart(
  create: (options: ZlibOptions) => Transform,
  packed: Uint8Array,
  bytes: number,
  { what, where }: { readonly what: string; readonly where: string },
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let done = 0;
  try {
    // Flushing instead of finishing accepts that the data goes on behind the packed bytes.
    const stream = create({ chunkSize: Math.max(64, bytes), finishFlush: constants.Z_SYNC_FLUSH });
    feed(stream, packed);
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      done += piece.length;
      if (done >= bytes) break;
    }
  } catch (error) {
    throw badFile(where, what, (error as Error).message, error);
  }
  return Buffer.concat(pieces);
}

/** Writes the packed bytes to a stream as fast as it takes them. */
function feed(stream: Transform, packed: Uint8Array): void {
  let at = 0;
  const next = () => {
    while (at < packed.length) {
      const piece = packed.subarray(at, at + chunk);
      at += chunk;
      if (!stream.write(piece)) {
        stream.once('drain', next);
        return;
      }
    }
    stream.end();
  };
  next();
}
