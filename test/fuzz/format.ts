import type { ErrorCode } from 'blasnet';
import type { Dice } from './dice.js';
import { editBytes } from './edit-bytes.js';

/** A reader of files, and how to make files for it that are nearly right. */
export interface Format {
  /** What an input is called; readers go by the ending. */
  readonly file: string;
  /** Codes of the errors that it may throw. */
  readonly codes: readonly ErrorCode[];
  /** Seconds of processor time that an input may take, on all threads; default {@link secondsAtMost}. */
  readonly seconds?: number;
  /**
   * Valid files.
   * @param folder - for writers, and for files that lie beside the input
   */
  corpus(folder: string): Promise<readonly Uint8Array[]>;
  /** One change that knows the format; bytes that are not of it are given back. */
  edit(bytes: Uint8Array, dice: Dice): Promise<Uint8Array> | Uint8Array;
  /**
   * Reads a file, and uses what came of it.
   * @param dice - for options
   */
  read(path: string, dice: Dice): Promise<void>;
}

export const secondsAtMost = 3;

/**
 * Bytes of memory that a file may take: 64 MiB, since a heap's garbage must not decide, and so many for each of its bytes.
 * Where that is packed it may become 1032 at deflate's best, of which there may be copies as floats; else it may become
 * an object, as an empty message in an ONNX model does.
 */
export function memoryFor(bytes: Uint8Array): number {
  const isPacked = ['\x1f\x8b', 'PK'].includes(Buffer.from(bytes.subarray(0, 2)).toString('latin1'));
  return 64 * 2 ** 20 + bytes.length * (isPacked ? 8 * 1032 : 256);
}

/** A file for the format: a valid one with some changes, or no such file at all. */
export async function makeInput(format: Format, corpus: readonly Uint8Array[], dice: Dice): Promise<Uint8Array> {
  if (dice.once(25)) return dice.bytes(dice.size(2048));
  let bytes = dice.pick(corpus);
  const [knowing, blind] = dice.pick([
    [1, 0],
    [1, 0],
    [2, 0],
    [4, 0],
    [0, 1],
    [0, 1],
    [0, 3],
    [1, 1],
    [0, 0],
  ] as const);
  for (let i = 0; i < knowing; i++) {
    try {
      bytes = await format.edit(bytes, dice);
    } catch {
      break; // earlier changes left nothing that this one could be made to
    }
  }
  for (let i = 0; i < blind; i++) bytes = editBytes(bytes, dice, corpus);
  return bytes;
}
