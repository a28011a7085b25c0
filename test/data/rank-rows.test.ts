import test from 'ava';
import fc from 'fast-check';
import { RankRows } from '#blasnet/data/rank-rows';
import { badArgument, untyped } from '../support/errors.js';

test('the ranks share all rows, each batch evenly and in order', (t) => {
  const sizes = {
    count: fc.integer({ min: 0, max: 300 }),
    size: fc.integer({ min: 1, max: 6 }),
    batch: fc.integer({ min: 6, max: 50 }),
  };
  fc.assert(
    fc.property(fc.record(sizes), ({ count, size, batch }) => {
      const owners = new Int32Array(count).fill(-1);
      const ranks = Array.from({ length: size }, (_, rank) => new RankRows(rank, size, batch));
      for (const one of ranks) {
        let index = 0;
        for (const [from, to] of one.ranges(count)) {
          for (let row = from; row < to; row++) {
            if (owners[row] !== -1 || one.rowOf(index++, count) !== row) return false;
            owners[row] = one.rank;
          }
        }
        if (index !== one.countOf(count)) return false;
      }
      for (let first = 0; first < count; first += batch) {
        const rows = Math.min(batch, count - first);
        for (let i = 0; i < rows; i++) {
          const rank = owners[first + i]!;
          if (i < Math.floor((rank * rows) / size) || i >= Math.floor(((rank + 1) * rows) / size)) return false;
        }
      }
      return true;
    }),
  );
  t.pass();
});

test('ranks of uneven files have as many rows as the shortest one allows', (t) => {
  const rank = new RankRows(0, 2, 8);
  t.is(rank.mostRows([20, 20]), 40);
  t.is(rank.mostRows([20, 11]), 22); // of 7 rows of a batch rank 1 would have 4
  t.is(rank.mostRows([0, 11]), 1); // the one row of a batch of one is that of rank 1
  t.deepEqual(
    [...new RankRows(1, 2, 8).ranges(11)],
    [
      [4, 8],
      [9, 11],
    ],
  );
});

test('a batch has a row for each rank', (t) => {
  t.throws(
    () => new RankRows(0, 4, 3),
    badArgument(/^Expected a whole number from 4, the number of ranks, on for batchSize but received 3$/),
  );
  t.throws(() => [...new RankRows(0, 1, 3).ranges(untyped<number>('9'))], badArgument(/whole number for count/));
});
