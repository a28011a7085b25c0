import test from 'ava';
import { HyperParameters } from 'blasnet';
import type { RowStream } from '#blasnet/data/data-set';
import { partOf } from '#blasnet/data/part';
import { RankRows } from '#blasnet/data/rank-rows';
import { StreamFeed } from '#blasnet/training/stream-feed';
import type { TrainingPlan } from '#blasnet/training/training-plan';

const width = 2 ** 18; // a row is a megabyte: a window holds one batch of four of them

/** Rows that hold their number in the data set. */
function rowsOf(numbers: readonly number[]) {
  const data = new Float32Array(numbers.length * width);
  for (const [i, number] of numbers.entries()) data[i * width] = number;
  return { data, count: numbers.length, rowShape: [width], divisor: 1 };
}

function streamOf(share: RankRows, count: number): RowStream {
  const numbers = [...share.ranges(count)].flatMap(([from, to]) =>
    Array.from({ length: to - from }, (_, i) => from + i),
  );
  const part = (own: readonly number[]) =>
    partOf(rowsOf(own), { data: Float32Array.from(own), count: own.length, rowShape: [1], divisor: 1 });
  return {
    count,
    share,
    like: part([]),
    open: async function* () {
      for (let i = 0; i < numbers.length; i += 3) yield part(numbers.slice(i, i + 3));
    },
  };
}

for (const firstStep of [0, 2]) {
  test(`windows hold whole batches of a rank, also where the last one has more of its rows: from step ${firstStep}`, async (t) => {
    // Rank 2 of 5 has 4 rows of each batch of 23, and 5 of the last one of 22.
    const [share, count] = [new RankRows(2, 5, 23), 4 * 23 + 22];
    const weights = { classWeights: {}, sampleWeights: undefined };
    const feed = new StreamFeed(
      new HyperParameters({ netType: 'fitting', batchSize: 23 }),
      streamOf(share, count),
      weights,
      firstStep,
    );
    let [labels, start] = [new Float32Array(), 0];
    const plan = {
      replay: {
        bind: (_: unknown, rows: Float32Array, rowCount: number) => {
          if (rows.length < width) labels = rows.slice(0, rowCount);
        },
      },
      scalars: { set: (_: string, value: number) => (start = value) },
      iterationsPerEpoch: 5,
    } as unknown as TrainingPlan;
    let step = firstStep;
    while (step < 10) {
      const covered = await feed.prepare(step, 10, plan);
      const expected: number[] = [];
      for (let i = step % 5; i <= (covered - 1) % 5; i++) {
        const { offset, rows } = share.within(Math.min(23, count - i * 23));
        for (let row = 0; row < rows; row++) expected.push(i * 23 + offset + row);
      }
      t.deepEqual([...labels], expected);
      t.is(start, (step % 5) * 23);
      step = covered;
    }
    t.is(step, 10);
    await feed.close();
  });
}
