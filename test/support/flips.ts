import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Calls `use` while one bit of a file is the other way, for every `step`-th bit from `from` to `to`. */
export async function withFlippedBits(
  file: string,
  { from, to, step = 1 }: { readonly from: number; readonly to: number; readonly step?: number },
  use: (bit: number) => Promise<void>,
): Promise<void> {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const flip = (bit: number) => {
    readSync(handle, byte, 0, 1, bit >> 3);
    byte[0]! ^= 1 << (bit & 7);
    writeSync(handle, byte, 0, 1, bit >> 3);
  };
  try {
    for (let bit = from; bit < to; bit += step) {
      flip(bit);
      await use(bit);
      flip(bit);
    }
  } finally {
    closeSync(handle);
  }
}
