import test from 'ava';
import { mergedStatistics, snapshotOf, statisticsOf } from '#blasnet/serve/entry-statistics';
import { Statistics } from '#blasnet/serve/statistics';

const entryOf = (statistics: Statistics, rows: number) => ({ name: 'm', version: '1', statistics, nets: [{ rows }] });

test('the statistics of two processes are those of one that did all', (t) => {
  const [a, b, all] = [new Statistics(), new Statistics(), new Statistics()];
  const each = [a, b];
  for (let i = 0; i < 30; i++) {
    for (const statistics of [each[i % 3 === 0 ? 0 : 1]!, all]) {
      statistics.batchEnded((i % 2) + 1, 0.5 + i);
      const times = { rows: 1, batchRows: (i % 2) + 1, queueMs: 2, inputMs: 0.25, inferMs: i, outputMs: 0.125 };
      statistics.succeeded(3 + i, times);
      if (i % 7 === 0) statistics.failed(1);
    }
  }
  const [merged] = mergedStatistics(each.map((one, i) => [snapshotOf(entryOf(one, i + 1))]));
  const expected = statisticsOf(entryOf(all, 3));
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as { last_inference: number };
  t.true(plain(merged).last_inference > 0);
  t.deepEqual({ ...plain(merged), last_inference: 0 }, { ...plain(expected), last_inference: 0 });
});
