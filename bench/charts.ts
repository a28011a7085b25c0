import { palette } from 'blasnet/charts';
import type { TopLevelSpec } from 'vega-lite';
import type { Family } from './contender.js';
import { type Comparison, type Sweep, sorted } from './report.js';
import { threeDigits } from './table.js';

const familyColours: Readonly<Record<Family, string>> = {
  blasnet: palette[0]!,
  'C++': palette[2]!,
  JavaScript: palette[5]!,
  WebAssembly: palette[3]!,
  Python: palette[4]!,
};

/** 0.1 and 1k rather than 100m and 1,000. */
const logAxis = { labelExpr: "datum.value < 1 ? datum.value : format(datum.value, '~s')", tickCount: 6 } as const;

/** A bar for everybody, the fastest on top, on a logarithmic scale: times differ a thousandfold. */
export function barChart(comparison: Comparison): TopLevelSpec {
  const rows = sorted(comparison);
  const values = rows.map(({ name, family, summary }) => ({
    name,
    family,
    median: summary.median,
    p99: summary.p99,
    text: threeDigits(summary.median),
  }));
  const families = (Object.keys(familyColours) as Family[]).filter((family) =>
    rows.some((row) => row.family === family),
  );
  const medians = rows.map(({ summary }) => summary.median);
  // A logarithmic bar needs a foot: the power of ten below the shortest one.
  const foot = 10 ** Math.floor(Math.log10(Math.min(...medians)) - 0.05);
  const top = Math.max(...rows.map(({ summary }) => summary.p99), foot * 10);
  const y = { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 0 } } as const;
  const x = (field: 'median' | 'p99') =>
    ({
      field,
      type: 'quantitative',
      title: `${comparison.unit}, logarithmic`,
      scale: { type: 'log', domain: [foot, top * 2] as [number, number], nice: false },
      axis: logAxis,
    }) as const;
  return {
    title: { text: comparison.title, subtitle: 'Bar: median of the trials. Tick: 99th percentile. Shorter is faster.' },
    data: { values },
    width: 560,
    height: { step: 24 },
    encoding: { y },
    layer: [
      {
        mark: { type: 'bar', height: 15 },
        encoding: {
          x: x('median'),
          x2: { datum: foot },
          color: {
            field: 'family',
            type: 'nominal',
            title: null,
            scale: { domain: families, range: families.map((family) => familyColours[family]) },
          },
        },
      },
      { mark: { type: 'tick', color: '#333333', height: 15, thickness: 1.5 }, encoding: { x: x('p99') } },
      {
        mark: { type: 'text', align: 'left', dx: 6, color: '#333333', fontSize: 11 },
        encoding: { x: x('p99'), text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

/** So that a line has the same colour in every chart. */
const firstNames = ['blasnet', 'C++ loop', 'PyTorch', 'plain TypeScript', 'onnxruntime-node', 'NumPy, float64'];

function coloursOf(names: readonly string[]): string[] {
  const colours = [...palette, '#999999', '#882255'];
  const order = [...firstNames, ...names.filter((name) => !firstNames.includes(name))];
  return names.map((name) => colours[order.indexOf(name) % colours.length]!);
}

interface Point {
  readonly at: number;
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly p99: number;
}

/** A line for everybody over sizes, both scales logarithmic. */
function lineChart(title: string, quantity: string, unit: string, points: readonly Point[]): TopLevelSpec {
  const names = [...new Set(points.map(({ name }) => name))];
  const sizes = [...new Set(points.map(({ at }) => at))];
  const x = {
    field: 'at',
    type: 'quantitative',
    title: quantity,
    scale: { type: 'log', nice: false, padding: 12 },
    axis: { values: sizes, format: 'd', grid: false },
  } as const;
  const color = {
    field: 'name',
    type: 'nominal',
    title: null,
    legend: { orient: 'right', symbolType: 'stroke', symbolOpacity: 1 },
    scale: { domain: names, range: coloursOf(names) },
  } as const;
  const y = { type: 'quantitative', title: `${unit}, logarithmic`, scale: { type: 'log' }, axis: logAxis } as const;
  return {
    title: { text: title, subtitle: 'Line: median of the trials. Bars: least to 99th percentile.' },
    data: { values: [...points] },
    width: 520,
    height: 320,
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.5 },
        encoding: { y: { ...y, field: 'min' }, y2: { field: 'p99' } },
      },
      { mark: { type: 'line', point: { size: 30 } }, encoding: { y: { ...y, field: 'median' } } },
    ],
  };
}

const pointsOf = (at: number, { rows }: Comparison): Point[] =>
  rows.map(({ name, summary: { median, min, p99 } }) => ({ at, name, median, min, p99 }));

/** How cost grows with a quantity. */
export function sweepChart({ title, quantity, points }: Sweep): TopLevelSpec {
  const { unit } = points[0]!.comparison;
  const all = points.flatMap(({ at, comparison }) => pointsOf(at, comparison));
  return lineChart(title, quantity, unit, all);
}

/** Inference by one net for all numbers of rows: comparisons `predict NET ROWS`. */
export function inferenceChart(comparisons: readonly Comparison[]): TopLevelSpec {
  const points = comparisons.flatMap((comparison) => pointsOf(Number(comparison.id.split(' ').at(-1)), comparison));
  const [, net] = comparisons[0]!.id.split(' ');
  return lineChart(`Inference through the ${net} net`, 'rows of a call', comparisons[0]!.unit, points);
}
