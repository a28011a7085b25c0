// @internal
import type { ZlibOptions } from 'node:zlib';
import { badFile } from '../files.js';

/** Deflate's best: 258 bytes for two bits. */
export const maxRatio = 1032;

/** One of zlib's functions that unpack, as a promise. */
type Inflate = (packed: Uint8Array, options: ZlibOptions) => Promise<Uint8Array>;

/**
 * Unpacks data that ought to have `size` bytes; the result may be shorter.
 * @param name - what error messages call the data, and the file or the part of it
 * @throws BlasnetError `ERR_BAD_FILE` for damaged data, and for more than that, which no memory is taken for
 */
export async function inflateTo(
  inflate: Inflate,
  packed: Uint8Array,
  size: number,
  { what, where }: { readonly what: string; readonly where: string },
): Promise<Uint8Array> {
  try {
    // Never runs past `size`; the option's least value is 1, and chunks of 64 bytes or more are required.
    const chunkSize = Math.min(1 << 20, Math.max(64, size));
    return await inflate(packed, { maxOutputLength: Math.max(1, size), chunkSize });
  } catch (error) {
    const received = error instanceof RangeError ? 'more than that' : (error as Error).message;
    throw badFile(where, `${what} of ${size} bytes`, received, error);
  }
}
