import { labelOf } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { type NamedRows, type Part, soleRows } from '../data/part.js';
import { type Rows, tensorOf } from '../data/rows.js';
import { type Model, objectivesFor } from '../net/model.js';
import { figureTitle } from '../objectives.js';
import { sizeOf } from '../tensor/tensor.js';
import type { CheckpointRecord } from '../training-history.js';

/** Inputs and labels beyond this are taken for raw ones: scaled to [0, 1] or to deviation 1, few numbers are. */
const largestScaled = 10;

/** How far above the best constant answer a figure may be and still count as chance. */
const tolerance = 0.01;

/**
 * Names the scaling that the training rows lack.
 * @returns such as "x reaches 255: call reader.normalizeX() before train"; undefined where all rows are scaled, or come from
 *   a stream
 */
export function scaleHint({ params: { netType } }: Model, reader: DataReader): string | undefined {
  if (reader.trainingStream) return undefined;
  const hintsFor = (name: string, rows: NamedRows, call: string) =>
    Object.entries(rows).map(([key, each]) => hintFor(labelOf(name, key), each, call));
  const { inputs, targets } = reader.trainingPart;
  const hints = hintsFor('x', inputs, 'normalizeX()');
  if (netType === 'fitting') hints.push(...hintsFor('y', targets, "normalizeY('fitting')"));
  return hints.filter((hint) => hint !== undefined).join('; ') || undefined;
}

function hintFor(name: string, rows: Rows, call: string): string | undefined {
  const largest = largestIn(rows);
  if (largest <= largestScaled) return undefined;
  return `${name} reaches ${Number(largest.toPrecision(3))}: call reader.${call} before train`;
}

function largestIn({ data, divisor, image }: Rows): number {
  if (image?.scaling || data instanceof Int32Array) return 0;
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  return largest / divisor;
}

/**
 * Compares the last training figure of a run with that of the best constant answer.
 * @returns a warning where the net has learnt nothing and its training rows are not scaled
 */
export function chanceWarning(
  model: Model,
  reader: DataReader,
  { accuracyTrain }: CheckpointRecord,
  name: string,
): string | undefined {
  if (reader.trainingStream) return undefined;
  const { figure, hasChance } = figureOf(model);
  if (!hasChance) return undefined;
  const constant = figure === 'R²' ? 0 : largestShare(reader.trainingPart);
  if (Number.isNaN(accuracyTrain) || accuracyTrain > constant + tolerance) return undefined;
  const hint = scaleHint(model, reader);
  if (hint === undefined) return undefined;
  const [own, best] = [accuracyTrain, constant].map((value) => value.toFixed(4));
  return `Net '${name}' has learnt nothing: its training ${figure} is ${own}, that of a constant answer ${best}; ${hint}`;
}

/** The figure of a net, and whether labels tell what it is for a constant answer. */
function figureOf(model: Model): { readonly figure: string; readonly hasChance: boolean } {
  const objectives = objectivesFor(model);
  const rule = objectives[0]!.loss.labelRule({ width: 1 });
  const hasChance = objectives.length === 1 && ['numbers', 'probabilities', 'distribution'].includes(rule);
  return { figure: figureTitle(objectives), hasChance };
}

/** The share of the rows that have the most frequent class; of several questions at once, the mean share. */
function largestShare(part: Part): number {
  const y = soleRows(part, 'targets', 'the labels');
  const { data } = tensorOf(y);
  const width = sizeOf(y.rowShape);
  const sums = new Float64Array(width);
  for (let i = 0; i < data.length; i++) sums[i % width]! += data[i]!;
  const shares = [...sums].map((sum) => sum / y.count);
  const isOneHot = width > 1 && Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-3;
  if (isOneHot) return Math.max(...shares);
  return shares.reduce((sum, share) => sum + Math.max(share, 1 - share), 0) / width;
}
