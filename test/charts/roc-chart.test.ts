import test from 'ava';
import { renderSvg, rocChart, rocCurve } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import { textsOf } from '../support/svg.js';

test('a curve steps up for positives and right for negatives', (t) => {
  // scikit-learn's roc_auc_score gives 0.75 for these.
  t.deepEqual(rocCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), {
    points: [
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ],
    area: 0.75,
  });
});

test('rows of equal score make one step aslant', (t) => {
  t.deepEqual(rocCurve(Float32Array.of(0.5, 0.5, 0.5, 0.9), Float32Array.of(0, 1, 0, 1)), {
    points: [
      [0, 0],
      [0, 0.5],
      [1, 1],
    ],
    area: 0.75,
  });
});

test('a perfect score has area 1, its opposite 0', (t) => {
  t.is(rocCurve([1, 2, 3, 4], [0, 0, 1, 1]).area, 1);
  t.is(rocCurve([4, 3, 2, 1], [0, 0, 1, 1]).area, 0);
});

test('the area is the share of pairs in the right order', (t) => {
  const scores = Array.from({ length: 60 }, (_, i) => (i * 37) % 23);
  const labels = scores.map((_, i) => ((i * 11) % 7 > 3 ? 1 : 0));
  let [right, pairs] = [0, 0];
  scores.forEach((high, i) => {
    scores.forEach((low, j) => {
      if (labels[i] !== 1 || labels[j] !== 0) return;
      pairs++;
      right += high > low ? 1 : high === low ? 0.5 : 0;
    });
  });
  t.true(Math.abs(rocCurve(scores, labels).area - right / pairs) < 1e-12);
});

test('rocCurve refuses labels it does not know and rows of one class', (t) => {
  for (const [scores, labels, code, message] of [
    [[1], [0, 1], 'ERR_SHAPE_MISMATCH', 'Expected 2 values for scores but received 1'],
    [[1, 2], [0, 2], 'ERR_BAD_ARGUMENT', 'Expected 0 or 1 for labels but received 2'],
    [[1, 2], [1, 1], 'ERR_BAD_ARGUMENT', `Expected rows of both classes for labels but received 'rows of one'`],
  ] as const) {
    const error = t.throws(() => rocCurve(scores, labels), { instanceOf: BlasnetError });
    t.is(error.code, code);
    t.is(error.message, message);
  }
});

test('the chart shows curve, area and the diagonal of a guess', async (t) => {
  const svg = await renderSvg(rocChart(rocCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), { title: 'ROC' }));
  for (const text of ['ROC', 'net (area 0.7500)', 'guess (area 0.5)']) t.true(textsOf(svg).includes(text), text);
  t.true(svg.includes('d="M0,300L0,150L150,150L150,0L300,0"'));
  t.regex(svg, /d="M0,300L300,0"[^>]*stroke-dasharray/);
});
