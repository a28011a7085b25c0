import test from 'ava';
import { render, sweepTable, tableOf } from '../../bench/terminal.js';
import { comparisonOf, reportWith, rowWith } from './reports.js';

const comparison = comparisonOf(
  'train mnist sgd',
  { ...rowWith('rival', 'Python', 400, 500, 300), note: 'row by row' },
  rowWith('blasnet', 'blasnet', 100, 120, 90),
);

test("a comparison's table has the fastest first and everybody's time in times of blasnet's", (t) => {
  t.deepEqual(tableOf({ ...comparison, flops: 2e6 }), {
    header: ['', 'median µs', 'p99', 'least', 'trials', '× blasnet', 'GFLOP/s', ''],
    rows: [
      ['blasnet', '100', '120', '90.0', '3', '1.00', '20.0', ''], // 2e6 operations in 100 µs
      ['rival', '400', '500', '300', '3', '4.00', '5.00', 'row by row'],
    ],
  });
});

test('without blasnet, notes and operations their columns are empty or gone', (t) => {
  const { header, rows } = tableOf(comparisonOf('predict 1', rowWith('rival', 'Python', 7)));
  t.deepEqual(header, ['', 'median µs', 'p99', 'least', 'trials', '× blasnet']);
  t.deepEqual(rows, [['rival', '7.00', '7.00', '7.00', '1', '']]);
});

test("a sweep's table has a line for each size, with a dash for who is missing there", (t) => {
  const points = [
    { at: 1, comparison: comparisonOf('a', rowWith('blasnet', 'blasnet', 1), rowWith('rival', 'Python', 2)) },
    { at: 8, comparison: comparisonOf('b', rowWith('blasnet', 'blasnet', 4)) },
  ];
  t.deepEqual(sweepTable({ id: 'batch', title: 'Batch', quantity: 'rows', points }), {
    header: ['rows', 'blasnet', 'rival'],
    rows: [
      ['1', '1.00', '2.00'],
      ['8', '4.00', '–'],
    ],
  });
});

test('the report says where and how it was measured, who is missing, and which targets are missed', (t) => {
  const targets = [{ text: '2 × as fast', value: 1.5, met: false }];
  const lines = render(reportWith({ comparisons: [comparison], targets })).split('\n');
  t.is(lines[0], 'CPU <of a kind>, 4 cores, linux x64, Node.js v20.0.0, 2026-01-02');
  t.true(lines.includes('blasnet: 1.2.3'));
  t.true(lines.includes('skipped rival: not there'));
  t.true(lines.includes('Of train mnist sgd'));
  t.regex(lines.at(-1)!, /^2 × as fast +1\.50 +MISSED$/);
});
