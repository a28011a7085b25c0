import type { TopLevelSpec } from 'vega-lite';
import { badArgument } from '../core/errors.js';
import { checkOptions, oneOf } from '../core/fields.js';
import type { CheckpointRecord } from '../training-history.js';
import { cutOff, type LineScale, logScale, scaleFor } from './line-scale.js';
import { finite } from './panel.js';
import type { ChartSpecification } from './specification.js';
import { palette, panel } from './theme.js';
import { thin } from './thin.js';

/** The unit of the x axis: checkpoints from 1 on (`nothing`), iterations or epochs. */
export type XCoordinate = 'nothing' | 'iteration' | 'epoch';

/**
 * The scale of the loss axis. `auto` is linear, unless the first epochs would flatten the rest: then logarithmic, or
 * linear with the highest values cut off.
 */
export type LossScale = 'auto' | 'linear' | 'log';

/** Options of `lossChart`. */
export interface LossChartOptions {
  /** The title above both panels; default `Loss and accuracy`. */
  readonly title?: string | undefined;
  /** Default `epoch`. */
  readonly xCoordinate?: XCoordinate | undefined;
  /** The title of the accuracy's axis, such as `R²` for a net of type `fitting`; default `Accuracy (1 is perfect)`. */
  readonly accuracyTitle?: string | undefined;
  /** Default `auto`. Values that are not above 0 leave a gap on a logarithmic scale. */
  readonly lossScale?: LossScale | undefined;
}

/** The names of all options of `lossChart`. */
export const lossChartOptionNames = [
  'title',
  'xCoordinate',
  'accuracyTitle',
  'lossScale',
] as const satisfies (keyof LossChartOptions)[];

/** Options of `net.showLossHistory`; the default title is the net's name. */
export interface LossHistoryOptions extends LossChartOptions {
  /** The file to write the chart to, .svg or .png; by default none. */
  readonly file?: string | undefined;
}

interface Row {
  readonly x: number | null;
  readonly series: 'training' | 'validation';
  readonly loss: number | null;
  readonly accuracy: number | null;
}

type Field = 'loss' | 'accuracy';

const xTitles: Record<XCoordinate, string> = { nothing: 'Checkpoint', iteration: 'Iteration', epoch: 'Epoch' };
const maxRecords = 1000;
/** Up to so many checkpoints get a dot each: a line through few hides where they are, and one alone has no line. */
const maxDots = 40;
/** Marks a checkpoint. */
const dot = { type: 'point', filled: true, opacity: 1, size: 24 } as const;
/** Marks the lowest validation loss. */
const ring = { type: 'point', size: 90, strokeWidth: 2, color: palette[1]!, fill: 'white', opacity: 1 } as const;

/**
 * Draws loss and accuracy over a training run side by side, and each metric that was asked for in a panel of its own; a
 * line for training and, if there is one, for validation. A ring marks the lowest validation loss. NaN and infinity leave
 * a gap in their line. Of more than 1000 checkpoints it draws 1000, evenly chosen, with the first, the last and the best
 * among them. Where the first epochs would flatten the rest, it changes the scale of the axis and says so below the title.
 *
 * @param records the checkpoints of a `TrainingHistory`, in order, at least one
 * @returns a Vega-Lite specification for `renderSvg` and `saveChart`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no records, an unknown `xCoordinate` or an unknown option
 */
export function lossChart(records: readonly CheckpointRecord[], options: LossChartOptions = {}): ChartSpecification {
  checkOptions(options, lossChartOptionNames);
  const { title = 'Loss and accuracy', accuracyTitle = 'Accuracy (1 is perfect)' } = options;
  const xCoordinate = oneOf('xCoordinate', Object.keys(xTitles) as XCoordinate[], options.xCoordinate ?? 'epoch');
  const lossScale = oneOf('lossScale', ['auto', 'linear', 'log'] as const, options.lossScale ?? 'auto');
  if (records.length === 0) throw badArgument('records', 'at least one checkpoint', records);

  const xOf = (index: number) => (xCoordinate === 'nothing' ? index + 1 : records[index]![xCoordinate]);
  const best = bestIndex(records);
  const kept = thin(records.length, maxRecords, best);
  const rows = kept.flatMap((index) => toRows(records[index]!, xOf(index)));
  const [x, color] = [xAxis(rows, xCoordinate), seriesColors(rows)];
  const scales = { loss: lossScaleOf(rows, lossScale), accuracy: accuracyScaleOf(rows) };
  const titles = { loss: 'Loss (mean per row)', accuracy: accuracyTitle };
  const notes = [
    ...(best === undefined ? [] : [bestNote(records[best]!, xCoordinate, best)]),
    scaleNotes(scales, accuracyTitle).join('; '),
  ].filter((note) => note !== '');
  const bestPoint = best === undefined ? [] : [{ x: xOf(best), y: records[best]!.lossValidation! }];
  const bestMark = { mark: ring, data: { values: bestPoint } } as const;
  const panelOf = (field: Field, more: readonly (typeof bestMark)[] = []) => {
    const lines = (['training', 'validation'] as const).flatMap((series) => lineOf(rows, series, field, scales[field]));
    const dots = kept.length > maxDots ? [] : lines.filter(({ isCheckpoint }) => isCheckpoint);
    return {
      ...panel,
      encoding: { x, y: yAxis(titles[field], scales[field]) },
      layer: [
        { data: { values: lines }, mark: 'line' as const, encoding: { color } },
        { data: { values: dots }, mark: dot, encoding: { color } },
        ...more,
      ],
    };
  };
  const hasAccuracy = rows.some(({ accuracy }) => accuracy !== null);
  const metricPanels = metricNames(records).map((name) => {
    const values = kept.flatMap((index) => metricRows(records[index]!, name, xOf(index)));
    const scale: LineScale = { type: 'linear', domain: extent(values.map(({ y }) => y)) };
    return {
      ...panel,
      encoding: { x, y: yAxis(name, scale) },
      layer: [
        { data: { values }, mark: 'line' as const, encoding: { color } },
        { data: { values: kept.length > maxDots ? [] : values }, mark: dot, encoding: { color } },
      ],
    };
  });
  return {
    title: { text: title, ...(notes.length > 0 && { subtitle: notes }) },
    spacing: 36,
    resolve: { scale: { color: 'shared' } },
    hconcat: [panelOf('loss', [bestMark]), ...(hasAccuracy ? [panelOf('accuracy')] : []), ...metricPanels],
  } satisfies TopLevelSpec;
}

/** The metrics that are numbers, without those that the panel of the accuracy shows. */
function metricNames([first]: readonly CheckpointRecord[]): string[] {
  const metrics = Object.entries(first!.metrics ?? {});
  return metrics
    .filter(([name, value]) => typeof value === 'number' && name !== 'accuracy' && name !== 'r2')
    .map(([name]) => name);
}

/** The points of a checkpoint in the panel of a metric. */
function metricRows({ metrics, validationMetrics }: CheckpointRecord, name: string, at: number) {
  return Object.entries({ training: metrics, validation: validationMetrics }).flatMap(([series, values]) => {
    const value = values?.[name];
    return typeof value === 'number' ? [{ series, x: finite(at), y: finite(value) }] : [];
  });
}

function xAxis(rows: readonly Row[], xCoordinate: XCoordinate) {
  const [first, last] = extent(rows.map((row) => row.x));
  // There is no checkpoint 0, and a run that goes on from an earlier one starts far from 0.
  const fromZero = xCoordinate !== 'nothing' && first < last / 2;
  return {
    field: 'x',
    type: 'quantitative',
    title: xTitles[xCoordinate],
    scale: { domain: [fromZero ? 0 : first, last] as [number, number], nice: false },
    axis: {
      grid: false,
      tickCount: 6,
      ...(xCoordinate === 'epoch' ? { format: '~r' } : { format: ',d', tickMinStep: 1 }),
    },
  } as const;
}

function lossScaleOf(rows: readonly Row[], wanted: LossScale): LineScale {
  const values = rows.map(({ loss }) => loss);
  const above = values.filter((value) => value !== null && value > 0);
  if (wanted === 'log' && above.length > 0) return logScale(...extent(above));
  const whole: LineScale = { type: 'linear', domain: extent([0, ...values]) };
  return wanted === 'auto' ? (scaleFor(valuesOf(rows, 'loss'), 'high') ?? whole) : whole;
}

function accuracyScaleOf(rows: readonly Row[]): LineScale {
  const whole: LineScale = { type: 'linear', domain: extent(rows.map(({ accuracy }) => accuracy)) };
  return scaleFor(valuesOf(rows, 'accuracy'), 'low') ?? whole;
}

/** The values of each series. */
function valuesOf(rows: readonly Row[], field: Field): (number | null)[][] {
  return (['training', 'validation'] as const).map((name) =>
    rows.filter(({ series }) => series === name).map((row) => row[field]),
  );
}

/** The points of one line, with gaps where the axis has no place for them. */
function lineOf(rows: readonly Row[], series: Row['series'], field: Field, { type, cut }: LineScale) {
  const points = rows
    .filter((row) => row.series === series)
    .map((row) => ({
      series,
      x: row.x,
      y: type === 'log' && row[field]! <= 0 ? null : row[field],
      isCheckpoint: true,
    }));
  if (cut === undefined) return points;
  return cutOff(points, cut, field === 'loss' ? 'high' : 'low');
}

function yAxis(title: string, { type, domain, cut }: LineScale) {
  const range = widened([...domain]);
  const nice = cut === undefined ? 6 : false;
  return {
    field: 'y',
    type: 'quantitative',
    title,
    scale: type === 'log' ? { type, domain: range, nice: false } : { domain: range, nice, zero: false },
    axis: { tickCount: 6, ...(type === 'log' && { format: '~r' }) },
  } as const;
}

/** The sentences that tell how an axis differs from a linear one over all values. */
function scaleNotes({ loss, accuracy }: Readonly<Record<Field, LineScale>>, accuracyTitle: string): string[] {
  const name = accuracyTitle.replace(/ \(.*/, '');
  return [
    ...(loss.type === 'log' ? ['Loss on a log scale'] : []),
    ...(loss.cut === undefined ? [] : [`Loss cut off above ${loss.cut}`]),
    ...(accuracy.cut === undefined ? [] : [`${name} cut off below ${accuracy.cut}`]),
  ];
}

function seriesColors(rows: readonly Row[]) {
  const series = [...new Set(rows.map((row) => row.series))];
  return {
    field: 'series',
    type: 'nominal',
    title: null,
    legend: { symbolType: 'stroke' },
    scale: { domain: series, range: palette.slice(0, series.length) },
  } as const;
}

function toRows(record: CheckpointRecord, at: number): Row[] {
  const x = finite(at);
  const rows: Row[] = [
    { x, series: 'training', loss: finite(record.lossTrain), accuracy: finite(record.accuracyTrain) },
  ];
  if (record.lossValidation !== undefined || record.accuracyValidation !== undefined) {
    const { lossValidation, accuracyValidation } = record;
    rows.push({ x, series: 'validation', loss: finite(lossValidation), accuracy: finite(accuracyValidation) });
  }
  return rows;
}

/** Lowest and highest number, or 0 and 1 where there is none. */
function extent(values: readonly (number | null)[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** A range that an axis can show: a loss that is always 0, or an accuracy that never moves, gets one up to 1. */
function widened([low, high]: [number, number]): [number, number] {
  return low < high ? [low, high] : [Math.min(0, low), 1];
}

/** The record with the lowest finite validation loss, if any. */
function bestIndex(records: readonly CheckpointRecord[]): number | undefined {
  let best: number | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [index, { lossValidation }] of records.entries()) {
    if (lossValidation !== undefined && lossValidation > Number.NEGATIVE_INFINITY && lossValidation < lowest) {
      lowest = lossValidation;
      best = index;
    }
  }
  return best;
}

function bestNote(best: CheckpointRecord, xCoordinate: XCoordinate, index: number): string {
  const where = {
    nothing: `checkpoint ${index + 1}`,
    iteration: `iteration ${best.iteration.toLocaleString('en-US')}`,
    epoch: `epoch ${Number(best.epoch.toFixed(2))}`,
  }[xCoordinate];
  return `Ring: lowest validation loss, ${best.lossValidation!.toPrecision(4)} at ${where}`;
}
