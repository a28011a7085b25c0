import test from 'ava';
import { thin } from '#blasnet/charts/thin';

test('thin keeps everything up to the limit', (t) => {
  t.deepEqual(thin(4, 4, 2), [0, 1, 2, 3]);
  t.deepEqual(thin(0, 4), []);
});

test('thin spreads evenly and keeps the first, the last and the one asked for', (t) => {
  t.deepEqual(thin(101, 6), [0, 25, 50, 75, 100]);
  t.deepEqual(thin(101, 6, 60), [0, 25, 50, 60, 75, 100]);
  t.deepEqual(thin(101, 6, 50), [0, 25, 50, 75, 100]);
});

test('thin never gives an index twice', (t) => {
  for (const count of [1001, 1002, 1500, 1999, 54321]) {
    const indices = thin(count, 1000, 777);
    t.is(new Set(indices).size, indices.length);
    t.true(indices.length <= 1000);
    t.true(indices.includes(777));
    t.is(indices.at(-1), count - 1);
  }
});
