import test from 'ava';
import { flopsOf, parseShape, productShapes, wordOf } from '../../bench/products/shapes.js';
import { isOfProduct, productTable } from '../../bench/products/table.js';
import type { Comparison } from '../../bench/report.js';
import { summarize } from '../../bench/statistics.js';

test('shapes of products › go to programs as words and come back', (t) => {
  for (const shape of productShapes) t.deepEqual(parseShape(wordOf(shape)), { ...shape, of: '' });
  t.is(wordOf({ kind: 'tn', m: 784, n: 128, k: 64, of: '' }), 'tn:784x128x64');
  t.is(flopsOf(parseShape('nn:2x3x4')), 48);
  t.is(new Set(productShapes.map(wordOf)).size, productShapes.length);
});

for (const word of ['', 'nn:', 'tt:1x2x3', 'nn:0x2x3', 'nn:1x2', 'nn:1x2x3x4', 'nn:1x2x-3']) {
  test(`parseShape › refuses '${word}'`, (t) => {
    t.throws(() => parseShape(word), { message: `Expected a product such as nn:64x128x784 but received ${word}` });
  });
}

const row = (name: string, family: 'blasnet' | 'C++', ...values: number[]) => {
  return { name, family, values, summary: summarize(values) };
};

const products: Comparison[] = [
  {
    id: 'product nn:10x10x10',
    title: '10×10×10',
    unit: 'µs',
    flops: 2000,
    rows: [row('blasnet', 'blasnet', 0.02), row('OpenBLAS', 'C++', 0.04), row('oneDNN', 'C++', 0.016)],
  },
  {
    id: 'product nn:20x10x10',
    title: '20×10×10',
    unit: 'µs',
    flops: 4000,
    rows: [row('blasnet', 'blasnet', 0.04), row('OpenBLAS', 'C++', 0.08)],
  },
];

test('productTable › GFLOP/s of everybody, and blasnet’s share of it', (t) => {
  t.deepEqual(productTable(products), {
    header: ['GFLOP/s, one thread', 'blasnet', 'OpenBLAS', 'blasnet / it', 'oneDNN', 'blasnet / it'],
    rows: [
      ['10×10×10', '100', '50.0', '2.00', '125', '0.80'],
      ['20×10×10', '100', '50.0', '2.00', '–', ''],
    ],
  });
});

test('isOfProduct › knows products by their id', (t) => {
  t.true(products.every(isOfProduct));
  t.false(isOfProduct({ id: 'train mnist sgd' }));
});
