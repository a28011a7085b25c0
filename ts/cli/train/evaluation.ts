import { confusionMatrix } from '../../charts/confusion-chart.js';
import { byName } from '../../data/preparation/preparation.js';
import {
  type AnyTensor,
  type DataReader,
  type Evaluation,
  type MetricValues,
  type NamedTensors,
  type NeuralNet,
  type OutputPreparation,
  type Tensor,
  TimeSeriesReader,
} from '../../index.js';
import { type ClassReport, classReport } from './class-figures.js';
import { type ForecastResult, forecastResults } from './forecasts.js';

/** The figures of an answer that ignores all features, on the same rows. */
export type Baseline =
  /** The most frequent class of the training rows. */
  | { readonly class: string; readonly accuracy: number }
  /** The mean of the training labels. */
  | { readonly r2: number; readonly rootMeanSquaredError?: number | undefined };

/** How good a net is on some rows; plain JSON. */
export interface Result extends Partial<ClassReport> {
  readonly loss: number;
  /** Of classifiers: the share of rows whose class is right. */
  readonly accuracy?: number;
  /** Of nets for fitting: the coefficient of determination. */
  readonly r2?: number;
  /** In units of the file, of nets for fitting with one output. */
  readonly rootMeanSquaredError?: number | undefined;
  readonly baseline?: Baseline | undefined;
  /** Of a time series: errors in units of the file, target by target. */
  readonly forecasts?: readonly ForecastResult[];
  /** The metrics that were asked for. */
  readonly metrics?: MetricValues | undefined;
}

/** Rows with their labels, as the net gets them. */
interface Rows {
  readonly x: AnyTensor | NamedTensors;
  readonly y: Tensor;
}

/** Measures a trained net on the test set and on the validation set, each if there is one. */
export function resultsOf(net: NeuralNet, reader: DataReader, season?: number): { test?: Result; validation?: Result } {
  const { numTest, numValidation } = reader;
  const result = (set: 'test' | 'validation'): Result => ({
    ...resultOf(net, reader, rowsOf(reader, set)),
    ...(reader instanceof TimeSeriesReader && { forecasts: forecastResults(net, reader, set, season) }),
  });
  return {
    ...(numTest > 0 && { test: result('test') }),
    ...(numValidation > 0 && { validation: result('validation') }),
  };
}

/** The rows of a set: those of the only input, or of several by their names. */
function rowsOf(reader: DataReader, set: 'test' | 'validation'): Rows {
  const { inputs, targets } = reader.namedTensors(set);
  return { x: inputs[''] ?? inputs, y: targets[''] as Tensor };
}

function resultOf(net: NeuralNet, reader: DataReader, rows: Rows): Result {
  const evaluation = net.test(rows.x, rows.y);
  const { metrics } = evaluation;
  return { ...figuresOf(evaluation, net, reader, rows), ...(metrics && { metrics }) };
}

function figuresOf({ loss, accuracy }: Evaluation, net: NeuralNet, { yTrain }: DataReader, { x, y }: Rows): Result {
  if (net.params.netType === 'fitting') {
    // The loss of that type is half of the squared error, summed over the outputs of a row.
    const squared = net.params.loss === undefined ? 2 * loss : meanSquareOf(net.inference(x), y) * y.rowSize;
    return fittingResult({ loss, accuracy }, squared, net, y, yTrain);
  }
  const names = classNamesOf(net, y);
  // Several outputs of a binary classifier answer several questions.
  if (!names) return { loss, accuracy };
  const real = classesOf(y);
  const report = classReport(confusionMatrix(real, classesOf(net.inference(x)), names.length), names);
  const frequent = mostFrequent(classesOf(yTrain), names.length);
  const share = real.filter((label) => label === frequent).length / real.length;
  return { loss, accuracy, baseline: { class: names[frequent]!, accuracy: share }, ...report };
}

/** @param error - the squared error, summed over the outputs of a row */
function fittingResult(
  { loss, accuracy }: Evaluation,
  error: number,
  net: NeuralNet,
  y: Tensor,
  yTrain: Tensor,
): Result {
  const scale = targetOf(net)?.y?.scale ?? Array<number>(y.rowSize).fill(1);
  /** The root of the mean squared error in units of the file, by the error of scaled labels. */
  const inUnits = (squared: number) => (y.rowSize === 1 ? Math.sqrt(squared) * Math.abs(scale[0]!) : undefined);
  const means = Array.from({ length: y.rowSize }, (_, column) => meanOf(yTrain, column));
  const squared = meanSquare(y, (value, column) => value - means[column]!);
  const mean = meanOf(y.reshape([y.size, 1]), 0);
  const variance = meanSquare(y, (value) => value - mean);
  return {
    loss,
    r2: accuracy,
    rootMeanSquaredError: inUnits(error),
    baseline: {
      r2: variance === 0 ? Number(squared === 0) : 1 - squared / variance,
      rootMeanSquaredError: inUnits(squared),
    },
  };
}

/** How the outputs of a net with one target become answers. */
function targetOf({ preparation }: Pick<NeuralNet, 'preparation'>): OutputPreparation | undefined {
  return preparation && Object.values(byName(preparation).targets)[0];
}

function meanSquareOf({ data }: Tensor, y: Tensor): number {
  let sum = 0;
  for (let i = 0; i < y.size; i++) sum += (data[i]! - y.data[i]!) ** 2;
  return sum / y.size;
}

function meanOf({ data, rows, rowSize }: Tensor, column: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += data[row * rowSize + column]!;
  return sum / rows;
}

function meanSquare({ data, size, rowSize }: Tensor, error: (value: number, column: number) => number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += error(data[i]!, i % rowSize) ** 2;
  return sum / size;
}

/** The names of the classes in their order; undefined where a row has no single class. */
function classNamesOf({ params, preparation }: NeuralNet, { rowSize }: Tensor): readonly string[] | undefined {
  if (params.netType === 'binaryClassifier' && rowSize !== 1) return undefined;
  const count = Math.max(2, rowSize);
  const names = targetOf({ preparation })?.classes;
  return names?.length === count ? names : Array.from({ length: count }, (_, i) => String(i));
}

/** The class number of each row of labels or outputs: the place of the largest number, or for one whether it is above ½. */
function classesOf({ data, rows, rowSize }: Tensor): number[] {
  return Array.from({ length: rows }, (_, row) => {
    if (rowSize === 1) return Number(data[row]! > 0.5);
    let best = 0;
    for (let i = 1; i < rowSize; i++) if (data[row * rowSize + i]! > data[row * rowSize + best]!) best = i;
    return best;
  });
}

/** The first of the most frequent classes. */
function mostFrequent(labels: readonly number[], classes: number): number {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts.indexOf(Math.max(...counts));
}
