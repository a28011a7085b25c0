import type { Augmentation } from 'blasnet';

/** What decides the random changes of a batch. */
export interface Draws {
  readonly seed: number;
  readonly step: number;
}

/** Four random words of Philox4x32-10, as native/core/philox.h makes them. */
export function philox(index: number, stream: number, { seed, step }: Draws): number[] {
  const low = (value: bigint) => value & 0xffffffffn;
  let counter = [BigInt(index), low(BigInt(step)), BigInt(step) >> 32n, BigInt(stream)];
  let key = [low(BigInt(seed)), BigInt(seed) >> 32n];
  for (let round = 0; round < 10; round++) {
    const a = 0xd2511f53n * counter[0]!;
    const b = 0xcd9e8d57n * counter[2]!;
    counter = [(b >> 32n) ^ counter[1]! ^ key[0]!, low(b), (a >> 32n) ^ counter[3]! ^ key[1]!, low(a)];
    key = [low(key[0]! + 0x9e3779b9n), low(key[1]! + 0xbb67ae85n)];
  }
  return counter.map(Number);
}

/** A batch of images of bytes after its random changes: pixel by pixel, for images in the order of the batch. */
export function augmented(
  pixels: Uint8Array,
  [channels, height, width]: readonly [number, number, number],
  { horizontalFlip = false, crop = 0 }: Augmentation,
  draws: Draws,
): Uint8Array {
  const size = channels * height * width;
  const offset = (word: number) => Math.floor((word / 2 ** 32) * (2 * crop + 1)) - crop;
  const choices = Array.from({ length: pixels.length / size }, (_, image) => {
    const [mirror, down, right] = philox(image, 0x4155474d, draws);
    return { isMirrored: horizontalFlip && mirror! >= 2 ** 31, down: offset(down!), right: offset(right!) };
  });
  return pixels.map((_, at) => {
    const { isMirrored, down, right } = choices[Math.floor(at / size)]!;
    const [column, line] = [at % width, Math.floor(at / width) % height];
    const [y, x] = [line + down, (isMirrored ? width - 1 - column : column) + right];
    if (y < 0 || y >= height || x < 0 || x >= width) return 0;
    return pixels[at - line * width - column + y * width + x]!;
  });
}

/** Whether two arrays hold the same bits: a quick comparison for many numbers. */
export function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return left!.equals(right!);
}
