import test from 'ava';
import { lineChart, palette, renderPng, renderSvg, type Series } from 'blasnet/charts';
import { BlasnetError } from '#blasnet/core/errors';
import { linePointsOf, textsOf } from '../support/svg.js';

const [first, second, third] = palette as [string, string, string];
const axes = { x: { title: 'time' }, y: { title: 'height' } };
const series: Series[] = [
  {
    name: 'measured',
    mark: 'points',
    points: [
      [0, 1],
      [1, 2],
      [2, 4],
    ],
  },
  {
    name: 'fitted',
    points: [
      [2, 4],
      [0, 1],
      [1, 2],
      [2, 3],
    ],
  },
  {
    name: 'wanted',
    mark: 'dashes',
    points: [
      [0, 0],
      [2, 4],
    ],
  },
];

test('lines go through their points in their order, points stand alone', async (t) => {
  const svg = await renderSvg(lineChart(series, { ...axes, title: 'Growth', width: 200, height: 100 }));
  for (const text of ['Growth', 'time', 'height', 'measured', 'fitted', 'wanted']) {
    t.is(textsOf(svg).filter((each) => each === text).length, 1, text);
  }
  t.deepEqual(linePointsOf(svg, second), [4]);
  // In a panel of 200 × 100 for x from 0 to 2 and y from 0 to 4.
  t.true(svg.includes('d="M200,0L0,75L100,50L200,25"'));
  t.regex(svg, new RegExp(`d="M0,100L200,0" stroke="${third}"[^>]*stroke-dasharray="5,4"`));
  t.is(svg.split(`fill="${first}"`).length - 1, 3 + 1); // three points, and their mark in the legend
});

test('the legend shows lines as lines, dashes as dashes and points as dots', async (t) => {
  const svg = await renderSvg(lineChart(series, axes));
  const symbols = svg.match(/role-legend-symbol.*?<\/g>/gs)!.map((text) => text.match(/<path[^>]*>/)![0]);
  t.is(symbols.length, 3);
  t.regex(symbols[0]!, new RegExp(`d="M[^"]*A[^"]*"[^>]*fill="${first}"`)); // a circle
  for (const [symbol, color] of [
    [symbols[1]!, second],
    [symbols[2]!, third],
  ]) {
    t.regex(symbol!, new RegExp(`d="M-[\\d.]+,0L[\\d.]+,0"[^>]*stroke="${color}"`));
  }
  t.regex(symbols[2]!, /stroke-dasharray="3,2"/);
});

test('a single series needs no legend', async (t) => {
  const svg = await renderSvg(lineChart(series.slice(1, 2), axes));
  t.false(textsOf(svg).includes('fitted'));
});

test('axes keep the range, the scale and the format they are given', async (t) => {
  const points = [
    [1, 0.25],
    [100, 0.5],
  ] as const;
  const x = { title: 'size', domain: [1, 1000], scale: 'log' } as const;
  const svg = await renderSvg(
    lineChart([{ name: 'a', points }], {
      x,
      y: { title: 'share', domain: [0, 1], format: '~%' },
      width: 300,
      height: 100,
    }),
  );
  t.true(svg.includes(`X-axis titled 'size' for a log scale with values from 1 to 1,000`));
  t.true(svg.includes(`Y-axis titled 'share' for a linear scale with values from 0% to 100%`));
  t.true(svg.includes('d="M0,75L200,50"'));
});

test('NaN and infinity leave a gap', async (t) => {
  const points = [
    [0, 0],
    [1, 1],
    [2, Number.NaN],
    [3, 1],
    [4, Number.POSITIVE_INFINITY],
    [5, 5],
    [6, 4],
  ] as const;
  const svg = await renderSvg(lineChart([{ name: 'a', points }], axes));
  t.notRegex(svg, /NaN|Infinity/);
  t.deepEqual(linePointsOf(svg, first), [5]);
  t.is(svg.match(/d="(M[^"]*)" stroke="#0072b2"/)![1]!.match(/M/g)!.length, 3);
});

test('of many points a line goes through 999, with the first and the last', async (t) => {
  const points = Array.from({ length: 30_000 }, (_, i) => [i, i % 7] as const);
  const spec = lineChart([{ name: 'a', points }], axes);
  const svg = await renderSvg(spec);
  t.deepEqual(linePointsOf(svg, first), [999]);
  t.true(svg.includes('values from 0 to 29,999') || svg.includes('values from 0 to 30,000'));
});

test('the specification is plain JSON, and needs a series', (t) => {
  const spec = lineChart(series, axes);
  t.deepEqual(JSON.parse(JSON.stringify(spec)), spec);
  const error = t.throws(() => lineChart([], axes), { instanceOf: BlasnetError });
  t.is(error.code, 'ERR_BAD_ARGUMENT');
  t.is(error.message, 'Expected at least one series for series but received an array of 0');
});

test('what lies beyond the domains is left out', async (t) => {
  const points = [
    [-90, 0],
    [0, 0],
    [1, 1],
    [90, 1],
  ] as const;
  const far = points.map(([x, y]) => [x, y + 50] as const);
  const svg = await renderSvg(
    lineChart(
      [
        { name: 'points', mark: 'points', points },
        { name: 'line', points },
        { name: 'far line', points: far },
      ],
      { x: { title: 'x', domain: [0, 2] }, y: { title: 'y', domain: [0, 2] } },
    ),
  );
  t.is(svg.split(`fill="${first}"`).length - 1, 2 + 1);
  t.deepEqual(
    [second, third].map((color) => linePointsOf(svg, color)),
    [[4], []],
  );
  t.true((await renderPng(svg)).length > 1000);
});
