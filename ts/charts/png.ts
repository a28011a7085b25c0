import { deflateSync } from 'node:zlib';
import { crc32 } from '../core/crc32.js';

/** Pixels in channels, as nets have them: a plane of grey, or planes of red, green and blue, row by row from the top. */
export interface Pixels {
  /** From 0 (black) to 255 (white); values beyond are cut off. */
  readonly data: ArrayLike<number>;
  readonly shape: readonly [channels: 1 | 3, height: number, width: number];
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** The colour types of the PNG header, by the number of channels. */
const colourTypes = { 1: 0, 3: 2 } as const;

/** Encodes pixels as a PNG file with 8 bits a channel. */
export function encodePng({ data, shape: [channels, height, width] }: Pixels): Uint8Array {
  const stride = 1 + width * channels; // each line begins with the number of its filter: 0, none
  const lines = new Uint8ClampedArray(height * stride);
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      lines[row * stride + 1 + column * channels + channel] = data[channel * height * width + pixel]!;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourTypes[channels]], 8);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(lines)), chunk('IEND')]);
}

/** Length, name, content, checksum of name and content. */
function chunk(name: string, content: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.alloc(12 + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(name, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}
