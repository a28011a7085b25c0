import test from 'ava';
import { checksumOf, crc32, tableCrc32 } from '#blasnet/core/crc32';

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) >> 3);

test('both ways give the standard check value', (t) => {
  const check = Buffer.from('123456789');
  t.is(tableCrc32(check), 0xcbf43926);
  t.is(crc32(check), 0xcbf43926);
});

test('both ways agree, in one piece and in two', (t) => {
  t.is(tableCrc32(bytes), crc32(bytes));
  t.is(tableCrc32(bytes.subarray(333), tableCrc32(bytes.subarray(0, 333))), crc32(bytes));
  t.is(tableCrc32(new Uint8Array()), 0);
});

test('checksumOf writes eight digits, of nothing and of more than it takes at once', async (t) => {
  t.is(await checksumOf(new Uint8Array()), '00000000');
  t.is(await checksumOf(Buffer.from('123456789')), 'cbf43926');
  const long = new Uint8Array((8 << 20) + 3).fill(5);
  t.is(await checksumOf(long), crc32(long).toString(16).padStart(8, '0'));
});
