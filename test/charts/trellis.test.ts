import test from 'ava';
import { lineChart, renderSvg, trellis } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import { textsOf } from '../support/svg.js';

const panel = (title: string) =>
  lineChart(
    ['training', 'validation'].map((name) => ({
      name,
      points: [
        [0, 0],
        [1, 1],
      ],
    })),
    { title, x: { title: 'epoch' }, y: { title: 'loss' }, width: 100, height: 80 },
  );
const panels = ['plain', 'l2', 'dropout'].map(panel);

/** Where the panels stand: of each, Vega draws three rectangles of that size, and only the outermost is moved. */
const places = (svg: string) =>
  [...svg.matchAll(/translate\((\d+),(\d+)\)"><path class="background" aria-hidden="true" d="M0,0h100v80/g)]
    .filter((_, i) => i % 3 === 0)
    .map((match) => [Number(match[1]), Number(match[2])]);

test('panels stand side by side, each with its title and its legend', async (t) => {
  const svg = await renderSvg(trellis(panels, { title: 'Regularisation', subtitle: 'Loss by epoch' }));
  const shown = textsOf(svg);
  for (const text of ['Regularisation', 'Loss by epoch', 'plain', 'l2', 'dropout']) t.true(shown.includes(text), text);
  t.is(shown.filter((text) => text === 'validation').length, 3);
  const [first, second, third] = places(svg) as [number[], number[], number[]];
  t.deepEqual([second[1], third[1]], [first[1], first[1]]);
  t.true(first[0]! + 100 < second[0]! && second[0]! + 100 < third[0]!);
});

test('so many columns, then the next row; one legend for all', async (t) => {
  const svg = await renderSvg(trellis(panels, { columns: 2, sharedLegend: true }));
  t.is(textsOf(svg).filter((text) => text === 'validation').length, 1);
  const [first, second, third] = places(svg) as [number[], number[], number[]];
  t.is(second[1], first[1]);
  t.is(third[0], first[0]);
  t.true(third[1]! > first[1]! + 80);
});

test('no panels are refused', (t) => {
  const error = t.throws(() => trellis([]), { instanceOf: BlasnetError });
  t.is(error.message, 'Expected at least one panel for panels but received an array of 0');
});
