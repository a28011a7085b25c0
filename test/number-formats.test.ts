import test from 'ava';
import fc from 'fast-check';
import { halfToNumber, littleEndianBytes, shortestDecimal } from '#blasnet/core/number-formats';

test('halfToNumber: zeros, subnormals, normal numbers, infinities', (t) => {
  const halves = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
  const numbers = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, -2, 65504, Infinity, -Infinity, NaN];
  t.deepEqual(halves.map(halfToNumber), numbers);
});

test('littleEndianBytes puts the lowest byte first, of a part of an array too', (t) => {
  t.deepEqual([...littleEndianBytes(Float32Array.of(7, -1.5).subarray(1))], [0, 0, 192, 191]);
  t.deepEqual([...littleEndianBytes(Float64Array.of(1.5))], [0, 0, 0, 0, 0, 0, 248, 63]);
  t.deepEqual([...littleEndianBytes(BigInt64Array.of(-2n))], [254, 255, 255, 255, 255, 255, 255, 255]);
});

test('shortestDecimal finds the number that was meant, and leaves what is no float32', (t) => {
  const meant = [0, 1e-5, 0.1, 0.999, 16777216, 3.4028235e38, 0.100493886, -1.1754944e-38];
  t.deepEqual(
    meant.map((number) => shortestDecimal(Math.fround(number))),
    meant,
  );
  for (const other of [0.1, 0.123456789012, NaN, Infinity]) t.is(shortestDecimal(other), other);
});

test('shortestDecimal gives the same float32, whatever the number', (t) => {
  fc.assert(fc.property(fc.float({ noNaN: true }), (number) => Math.fround(shortestDecimal(number)) === (number || 0)));
  t.pass();
});
