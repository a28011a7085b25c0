import { endianness } from 'node:os';

/** NumPy's sign for this machine's byte order. */
export const hostOrder = endianness() === 'LE' ? '<' : '>';

/** The bytes of numbers of 4 or 8 bytes, the lowest first: a view where this machine has them so, else a copy. */
export function littleEndianBytes(numbers: Float32Array | Float64Array | BigInt64Array): Buffer {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (hostOrder === '<') return bytes;
  const swapped = Buffer.from(bytes);
  return numbers.BYTES_PER_ELEMENT === 4 ? swapped.swap32() : swapped.swap64();
}

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The shortest decimal that is the same float32: 1e-5 comes back as it was meant. Other numbers stay as they are. */
export function shortestDecimal(value: number): number {
  if (Math.fround(value) !== value) return value;
  // Six digits are always right where fewer would do; nine always are.
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}
