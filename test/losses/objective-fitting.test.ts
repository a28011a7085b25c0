// What accuracy and loss mean for fitting, through net.test, on outputs that are set by hand.
import test from 'ava';
import { differences, evaluate, identityNet, randomTensor, sumOf } from '../support/numerics.js';

const column = (...values: number[]) => values.map((value) => [value]);

for (const dtype of ['float64', 'float32'] as const) {
  test(`fitting: R² = 1 − mean((a − y)²) / var(y), ${dtype}`, (t) => {
    const r2 = (a: number[][], y: number[][]) => evaluate('fitting', a, y, dtype).accuracy;
    const y = column(1, 2, 3, 4); // variance 5/4
    t.is(r2(y, y), 1);
    t.is(r2(column(1.5, 2, 3, 3.5), y), 0.9); // mean square 1/8
    t.is(r2(column(2.5, 2.5, 2.5, 2.5), y), 0); // the mean is what 0 stands for
    t.is(r2(column(4, 3, 2, 1), y), -3); // mean square 5
    t.is(evaluate('fitting', column(1.5, 2, 3, 3.5), y, dtype).loss, 0.0625); // (1/4 + 1/4) / (2 · 4)
  });

  test(`fitting, constant labels: 1 where the fit is perfect, else 0, ${dtype}`, (t) => {
    const r2 = (a: number[][], y: number[][]) => evaluate('fitting', a, y, dtype).accuracy;
    t.is(r2(column(2, 2, 2), column(2, 2, 2)), 1);
    t.is(r2(column(2, 2, 2.5), column(2, 2, 2)), 0);
    t.is(r2(column(0, 0), column(0, 0)), 1);
    t.is(r2(column(5), column(5)), 1);
    t.is(r2(column(5), column(4)), 0);
  });
}

test('fitting: all outputs of all rows count alike', (t) => {
  // y = 1, 2, 3, 4 again, two to a row
  const { accuracy, loss } = evaluate(
    'fitting',
    [
      [1.5, 2],
      [3, 3.5],
    ],
    [
      [1, 2],
      [3, 4],
    ],
  );
  t.is(accuracy, 0.9);
  t.is(loss, 0.125); // (1/4 + 1/4) / (2 · 2)
});

// Labels' sums and squares are rounded; their small difference must not be made of that.
test('fitting: R² of constant labels and of labels far from 0 keeps its digits', (t) => {
  for (const rows of [3, 7, 10, 1000]) {
    const labels = Array.from({ length: rows }, () => [0.1]);
    t.is(evaluate('fitting', labels, labels).accuracy, 1, `${rows} rows`);
    t.is(evaluate('fitting', column(...labels.map(() => 0.2)), labels).accuracy, 0, `${rows} rows`);
  }
  for (const offset of [1e3 + 0.1, 1e6 + 0.1, 1e9 + 0.1]) {
    const y = column(1, 2, 3, 4).map(([value]) => [offset + value!]);
    const a = column(1.5, 2, 3, 3.5).map(([value]) => [offset + value!]);
    t.deepEqual(differences([evaluate('fitting', a, y).accuracy], [0.9], { rtol: 1e-6 }), [], `${offset}`);
  }
});

test('many rows make one mean, whatever pieces they are computed in', (t) => {
  for (const rows of [255, 256, 257, 1000]) {
    const [a, y] = [randomTensor([rows, 2], 1), randomTensor([rows, 2], 2)];
    const { loss, accuracy } = identityNet('fitting', 2).test(a, y);
    const squares = sumOf(a.data, (value, i) => (value - y.data[i]!) ** 2);
    const mean = sumOf(y.data) / y.size;
    const variance = sumOf(y.data, (value) => (value - mean) ** 2) / y.size;
    t.deepEqual(differences([loss], [squares / (2 * rows)], { rtol: 1e-12 }), [], `loss of ${rows} rows`);
    t.deepEqual(differences([accuracy], [1 - squares / y.size / variance], { rtol: 1e-12 }), [], `R² of ${rows} rows`);
  }
});
