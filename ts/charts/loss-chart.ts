import type { TopLevelSpec } from 'vega-lite';
import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import type { CheckpointRecord } from '../training-history.js';
import { finite } from './panel.js';
import type { ChartSpecification } from './specification.js';
import { palette, panel } from './theme.js';
import { thin } from './thin.js';

/** What the x axis counts: the checkpoints from 1 (`nothing`), the iterations or the epochs. */
export type XCoordinate = 'nothing' | 'iteration' | 'epoch';

/** What `lossChart` may be told. */
export interface LossChartOptions {
  /** Stands above both panels; by default `Loss and accuracy`. */
  readonly title?: string | undefined;
  /** By default `epoch`. */
  readonly xCoordinate?: XCoordinate | undefined;
  /** Says what the accuracy is where the caller knows it better: `R²` of a fitting net, say. */
  readonly accuracyTitle?: string | undefined;
}

/** What `net.showLossHistory` may be told; the title is by default the net's name. */
export interface LossHistoryOptions extends LossChartOptions {
  /** Where to write the chart, .svg or .png; by default nowhere. */
  readonly file?: string | undefined;
}

interface Row {
  readonly x: number | null;
  readonly series: 'training' | 'validation';
  readonly loss: number | null;
  readonly accuracy: number | null;
}

const xTitles: Record<XCoordinate, string> = { nothing: 'Checkpoint', iteration: 'Iteration', epoch: 'Epoch' };
const maxRecords = 1000;
/** Up to so many checkpoints each gets a dot: a line through few hides where they are, and one alone has no line. */
const maxDots = 40;
/** Marks the lowest validation loss. */
const ring = { type: 'point', size: 90, strokeWidth: 2, color: palette[1]!, fill: 'white', opacity: 1 } as const;

/**
 * Loss and accuracy over a training run, side by side, each with a line for training and, where there is one, for
 * validation. A ring marks the lowest validation loss. NaN and infinity leave a gap in their line. Of more than
 * 1000 checkpoints it draws 1000, evenly chosen, with the first, the last and the best among them.
 *
 * @param records the checkpoints of a `TrainingHistory`, in order, at least one
 * @returns a Vega-Lite specification for `renderSvg` and `saveChart`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for no records, an unknown `xCoordinate` or an unknown option
 */
export function lossChart(records: readonly CheckpointRecord[], options: LossChartOptions = {}): ChartSpecification {
  checkOptions(options, ['title', 'xCoordinate', 'accuracyTitle']);
  const { title = 'Loss and accuracy', xCoordinate = 'epoch', accuracyTitle = 'Accuracy (1 is perfect)' } = options;
  if (!Object.hasOwn(xTitles, xCoordinate)) {
    throw badArgument('xCoordinate', `'nothing', 'iteration' or 'epoch'`, xCoordinate);
  }
  if (records.length === 0) throw badArgument('records', 'at least one checkpoint', records);

  const xOf = (index: number) => (xCoordinate === 'nothing' ? index + 1 : records[index]![xCoordinate]);
  const best = bestIndex(records);
  const kept = thin(records.length, maxRecords, best);
  const rows = kept.flatMap((index) => toRows(records[index]!, xOf(index)));
  const [x, color] = [xAxis(rows, xCoordinate), seriesColors(rows)];
  const line = { type: 'line', point: kept.length <= maxDots && { size: 24 } } as const;
  const bestPoint = best === undefined ? [] : [{ x: xOf(best), loss: records[best]!.lossValidation! }];
  return {
    title: { text: title, ...(best === undefined ? {} : { subtitle: bestNote(records[best]!, xCoordinate, best) }) },
    data: { values: rows },
    spacing: 36,
    resolve: { scale: { color: 'shared' } },
    hconcat: [
      {
        ...panel,
        encoding: { x, y: yAxis(rows, 'loss', 'Loss (mean per row)', [0]) },
        layer: [
          { mark: line, encoding: { color } },
          { mark: ring, data: { values: bestPoint } },
        ],
      },
      { ...panel, mark: line, encoding: { x, y: yAxis(rows, 'accuracy', accuracyTitle), color } },
    ],
  } satisfies TopLevelSpec;
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

/** @param from - numbers that the axis shows in any case */
function yAxis(rows: readonly Row[], field: 'loss' | 'accuracy', title: string, from: readonly number[] = []) {
  return {
    field,
    type: 'quantitative',
    title,
    scale: { domain: widened(extent([...from, ...rows.map((row) => row[field])])), nice: 6 },
    axis: { tickCount: 6 },
  } as const;
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
