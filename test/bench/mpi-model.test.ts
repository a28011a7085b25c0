import test from 'ava';
import { memoryComparison, mpiMemoryRows } from '../../bench/mpi/compare.js';
import {
  efficiencyOfSameBatch,
  efficiencyOfSameRows,
  exchangeTime,
  fitLine,
  linkOf,
  mostRanks,
} from '../../bench/mpi/model.js';
import { judge } from '../../bench/targets.js';
import { findWorkload } from '../../bench/workloads.js';

const points = [1e3, 1e5, 1e7].map((bytes) => [bytes, 40 + bytes / 1000] as const);

test('a line is found that measurements lie on', (t) => {
  const { start, slope } = fitLine(points);
  t.true(Math.abs(start - 40) < 1e-9 && Math.abs(slope - 1e-3) < 1e-12, `${start} ${slope}`);
  t.throws(() => fitLine([[1, 2]]), { instanceOf: RangeError });
});

test('the model gives back the sums that it is fitted to', (t) => {
  const link = linkOf('here', points);
  for (const [bytes, time] of points) t.true(Math.abs(exchangeTime(link, 2, bytes) - time) < 1e-6 * time);
  t.is(exchangeTime(link, 1, 1e6), 0);
});

test('efficiency is that of step and exchange', (t) => {
  const link = { name: 'link', latency: 10, byte: 0.001 };
  const net = { name: 'net', step: 1000, batch: 64, gradient: 1e5 };
  t.is(exchangeTime(link, 4, 1e5), 60 + 150);
  t.is(efficiencyOfSameRows(net, link, 4), 1000 / 1210);
  t.is(efficiencyOfSameBatch(net, link, 4), 1000 / (4 * (250 + 210)));
  t.is(
    mostRanks([2, 4, 8, 16], (ranks) => efficiencyOfSameBatch(net, link, ranks)),
    4,
  );
  t.is(
    mostRanks([2, 4], () => 0.1),
    1,
  );
});

test('the memory of a rank is compared with that of one process and two gradients', (t) => {
  const wide = findWorkload('wide');
  const shared = [{ arrays: 50, exchange: 4, peak: 130 }];
  const comparison = memoryComparison(wide, [{ arrays: 40, exchange: 0, peak: 120 }], shared);
  const median = (name: string) => comparison.rows.find((row) => row.name === name)!.summary.median;
  const twoGradients = (2 * 4 * (784 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 10 + 10)) / 1e6;
  t.is(median(mpiMemoryRows.limit), 40 + twoGradients);
  t.is(median(mpiMemoryRows.rank), 54);
  t.is(median(mpiMemoryRows.peakLimit), 120 + twoGradients);
  t.is(median(mpiMemoryRows.peak), 130);
  const [target] = judge([comparison]);
  t.deepEqual(target, {
    text: 'one of two ranks on wide: no more memory than one process and two gradients',
    value: 54 / (40 + twoGradients),
    met: true,
  });
});
