import test from 'ava';
import { renderSvg, scatterChart } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import { textsOf } from '../support/svg.js';

test('both axes have the same range, and a line where prediction and truth are equal', async (t) => {
  const real = Float32Array.of(1, 2, 5);
  const svg = await renderSvg(scatterChart(real, [2, 0, 4], { quantity: 'price', title: 'Prices' }));
  for (const text of ['Prices', 'Real price', 'Predicted price']) t.true(textsOf(svg).includes(text), text);
  t.true(svg.includes(`'Real price' for a linear scale with values from 0 to 5`));
  t.true(svg.includes(`'Predicted price' for a linear scale with values from 0 to 5`));
  t.true(svg.includes('d="M0,300L300,0"'));
  const points = [...svg.matchAll(/translate\(([^,]*),([^)]*)\)" d="M1\./g)].map((match) => match.slice(1).map(Number));
  t.deepEqual(
    points.map((point) => point.map(Math.round)),
    [
      [60, 180],
      [120, 300],
      [300, 60],
    ],
  );
});

test('on axes of logarithms, what is not above 0 is left out of the range', async (t) => {
  const svg = await renderSvg(scatterChart([10, 1000], [100, -5], { quantity: 'price', scale: 'log' }));
  t.true(svg.includes(`'Predicted price' for a log scale with values from 10 to 1,000`));
  t.true(svg.includes('translate(0,150)'));
  t.notRegex(svg, /NaN|Infinity/);
});

test('lists must be as long as each other, and not empty', (t) => {
  const uneven = t.throws(() => scatterChart([1, 2], [1], { quantity: 'y' }), { instanceOf: BlasnetError });
  t.is(uneven.code, 'ERR_SHAPE_MISMATCH');
  t.is(uneven.message, 'Expected 2 values for predicted but received 1');
  const empty = t.throws(() => scatterChart([], [], { quantity: 'y' }), { instanceOf: BlasnetError });
  t.is(empty.code, 'ERR_BAD_ARGUMENT');
});
