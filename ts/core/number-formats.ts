import { endianness } from 'node:os';

/** NumPy's character for this machine's byte order. */
export const hostOrder = endianness() === 'LE' ? '<' : '>';

/** Gets the bytes of numbers in little-endian order: a view on a little-endian machine, else a copy. */
export function littleEndianBytes(
  numbers: Float32Array | Float64Array | Int32Array | BigInt64Array | Int8Array | Uint8Array,
): Buffer {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (hostOrder === '<' || numbers.BYTES_PER_ELEMENT === 1) return bytes;
  const swapped = Buffer.from(bytes);
  return numbers.BYTES_PER_ELEMENT === 4 ? swapped.swap32() : swapped.swap64();
}

/** Converts the bits of an IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Gets the shortest decimal that rounds to the same float32, so that 1e-5 is 1e-5 again. Keeps other numbers. */
export function shortestDecimal(value: number): number {
  if (Math.fround(value) !== value) return value;
  // Six digits are always right where fewer would do; nine always are.
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}
