import test from 'ava';
import { contourChart, type Point, palette, renderPng, renderSvg } from 'blasnet/charts';
import { isolines } from '#blasnet/charts/isolines';
import { BlasnetError } from '#blasnet/core/errors';
import { linePointsOf, textsOf } from '../support/svg.js';

/** Values of f at the points of a grid that is `size` wide and high, its middle at (0, 0). */
function grid(size: number, f: (x: number, y: number) => number) {
  const middle = (size - 1) / 2;
  const values = Array.from({ length: size ** 2 }, (_, node) =>
    f((node % size) - middle, Math.floor(node / size) - middle),
  );
  return { columns: size, rows: size, values };
}

test('the level line of a cone is one closed circle', (t) => {
  const lines = isolines(grid(41, Math.hypot), 12.3);
  t.is(lines.length, 1);
  t.deepEqual(lines[0]![0], lines[0]!.at(-1));
  for (const [column, row] of lines[0]!) t.true(Math.abs(Math.hypot(column - 20, row - 20) - 12.3) < 0.02);
  const steps = lines[0]!
    .slice(1)
    .map((point, i) => Math.hypot(point[0] - lines[0]![i]![0], point[1] - lines[0]![i]![1]));
  t.true(Math.max(...steps) < 1.5, 'neighbours on the line are neighbours on the grid');
});

test('the level line of a slope goes from edge to edge', (t) => {
  const lines = isolines({ columns: 3, rows: 2, values: [0, 1, 2, 0, 1, 2] }, 0.25);
  t.deepEqual(lines, [
    [
      [0.25, 0],
      [0.25, 1],
    ],
  ]);
});

test('two hills have two lines, and a saddle parts the high corners', (t) => {
  const hills = grid(31, (x, y) => -Math.min(Math.hypot(x - 7, y), Math.hypot(x + 7, y)));
  t.is(isolines(hills, -4).length, 2);
  const saddle = [
    [1, 0, 0, 1],
    [0, 1, 1, 0],
  ].map((values) => isolines({ columns: 2, rows: 2, values }, 0.5));
  const sorted = (lines: Point[][]) => lines.map((line) => line.map(String).sort().join(' ')).sort();
  t.deepEqual(sorted(saddle[0]!), ['0,0.5 0.5,0', '0.5,1 1,0.5']);
  t.deepEqual(sorted(saddle[1]!), ['0,0.5 0.5,1', '0.5,0 1,0.5']);
});

test('no line where the level is nowhere', (t) => {
  t.deepEqual(isolines(grid(5, Math.hypot), 99), []);
});

const axes = { x: { title: 'w', domain: [-2, 2] }, y: { title: 'b', domain: [-1, 1] } } as const;
const paths = [
  {
    name: 'sgd',
    points: [
      [-2, 1],
      [0, 0.5],
      [0, 0],
    ],
  },
  {
    name: 'adam',
    points: [
      [2, 1],
      [1, 0],
      [0, 0],
      [0.5, 0],
    ],
  },
] as const;

test('paths go over the level lines from a ring to the goal', async (t) => {
  const options = { ...axes, title: 'Down', width: 400, height: 200, levels: [0.25], goal: [1, 0.5] } as const;
  const svg = await renderSvg(contourChart((x, y) => x * x + y * y, paths, options));
  for (const text of ['Down', 'w', 'b', 'sgd', 'adam']) t.true(textsOf(svg).includes(text), text);
  t.regex(svg, new RegExp(`d="M0,0L200,50L200,100" stroke="${palette[0]}"`));
  t.deepEqual(linePointsOf(svg, palette[1]!), [4]);
  t.is(linePointsOf(svg, '#cfcfcf').length, 1);
  const rings = [...svg.matchAll(/transform="translate\(([^)]*)\)"[^>]*fill="white" stroke="([^"]*)"/g)];
  t.deepEqual(
    rings.map((match) => [match[1], match[2]]),
    [
      ['0,0', palette[0]],
      ['400,0', palette[1]],
    ],
  );
  t.true(svg.includes('translate(300,50)'));
});

test('by default twelve levels part the area into equal shares', (t) => {
  const spec = contourChart((x) => x, [], axes);
  const rows = (spec.layer[0] as { data: { values: { line: number; x: number }[] } }).data.values;
  const places = [...new Map(rows.map(({ line, x }) => [line, x])).values()];
  t.is(places.length, 12);
  places.forEach((x, i) => {
    t.true(Math.abs(x - (-2 + (i + 0.5) / 3)) < 0.04, `${x}`);
  });
});

test('a path without points is refused', (t) => {
  const error = t.throws(() => contourChart(Math.hypot, [{ name: 'sgd', points: [] }], axes), {
    instanceOf: BlasnetError,
  });
  t.is(error.message, 'Expected at least one point for the path of sgd but received an array of 0');
});

// resvg ends the process over a clipped shape that lies beside the picture.
test('a path beside the panel is not drawn, and has its place in the legend', async (t) => {
  const beside = {
    name: 'lost',
    points: [
      [-90, 0.5],
      [-70, 0.2],
    ],
  } as const;
  const options = { ...axes, width: 400, height: 200 };
  const svg = await renderSvg(contourChart(Math.hypot, [...paths, beside], options));
  t.true(textsOf(svg).includes('lost'));
  t.deepEqual(linePointsOf(svg, palette[2]!), []);
  t.true((await renderPng(svg)).length > 1000);
});
