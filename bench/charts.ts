import type { TopLevelSpec } from 'vega-lite';
import type { Comparison, Sweep } from './report.js';

/** 0.1 and 1k rather than 100m and 1,000. */
const logAxis = { labelExpr: "datum.value < 1 ? datum.value : format(datum.value, '~s')", tickCount: 6 } as const;

/** So that a line has the same colour in every chart. */
const firstNames = ['blasnet', 'C++ loop', 'PyTorch', 'plain TypeScript', 'onnxruntime-node', 'NumPy, float64'];

/** Colours that can be told from white as well as from black paper. */
const colours = ['#1f86c9', '#d2691e', '#1a9c78', '#b9679c', '#8a7bd0', '#a98000', '#7d8894', '#c0506a', '#4f9a3a'];

function coloursOf(names: readonly string[]): string[] {
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
    legend: { orient: 'bottom', columns: 2, symbolType: 'stroke', symbolOpacity: 1, labelLimit: 0 },
    scale: { domain: names, range: coloursOf(names) },
  } as const;
  const y = { type: 'quantitative', title: `${unit}, logarithmic`, scale: { type: 'log' }, axis: logAxis } as const;
  return {
    title: { text: title, subtitle: 'Line: median of the trials. Bars: least to 99th percentile.' },
    data: { values: [...points] },
    width: 280,
    height: 240,
    background: 'transparent',
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
