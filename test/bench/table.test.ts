import test from 'ava';
import { table, threeDigits } from '../../bench/table.js';

test('table puts words flush left and numbers flush right', (t) => {
  const rows = [
    ['curve', '0.52', 'met'],
    ['wide net', '18080', ''],
  ];
  t.deepEqual(table(['net', 'µs', 'target'], rows), [
    'net          µs  target',
    'curve      0.52  met',
    'wide net  18080',
  ]);
});

test('threeDigits keeps three digits that mean something, and all before the point', (t) => {
  t.deepEqual([0.5234, 0.0012, 2.5, 18.06, 269.4, 18080.4, 0].map(threeDigits), [
    '0.523',
    '0.001',
    '2.50',
    '18.1',
    '269',
    '18080',
    '0.00',
  ]);
});
