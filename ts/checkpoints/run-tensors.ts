import type { Parameter } from '../graph/weights-bias.js';
import type { MetricValue, MetricValues } from '../metrics/metric.js';
import { parametersOf, trainingPrefix } from '../model-files/model-file.js';
import type { ParameterBlock } from '../net/layer-stack.js';
import type { NamedLayer } from '../net/net-graph.js';
import type { BlockArrays } from '../net/weight-average.js';
import { sizeOf, Tensor } from '../tensor/tensor.js';
import type { CheckpointRecord } from '../training-history.js';

/**
 * Cuts arrays with the layout of a net's parameters into one tensor for each parameter, by names of layer and parameter;
 * shares memory. Parameters whose array is absent, and those of frozen layers, are left out.
 */
export function sharesOf(
  layers: readonly NamedLayer[],
  block: ParameterBlock,
  arrays: { readonly [Name in keyof BlockArrays]?: Tensor | undefined },
): Map<string, Tensor> {
  return parametersOf(layers, (parameter) => {
    if (!parameter.learning.trainable) return undefined;
    const name = parameter.trainable ? 'theta' : 'statistics';
    return shareOf(parameter, block[name], arrays[name]);
  });
}

/** Gets the part of `array` at the place that the parameter has in `whole`. */
function shareOf({ value }: Parameter, whole: Tensor, array: Tensor | undefined): Tensor | undefined {
  if (!array) return undefined;
  const start = (value.data.byteOffset - whole.data.byteOffset) / value.data.BYTES_PER_ELEMENT;
  return Tensor.from(array.data.subarray(start, start + value.size), value.shape);
}

/**
 * Names of tensors: an array of the optimizer, the weights with the lowest loss, those that are kept for a callback, and the
 * last weights of a run that ended with earlier ones.
 */
export const optimizerName = (array: string, parameter: string) => `${trainingPrefix}optimizer/${array}/${parameter}`;
export const bestName = (parameter: string) => `${trainingPrefix}best/${parameter}`;
export const keptName = (index: number, parameter: string) => `${trainingPrefix}kept/${index}/${parameter}`;
export const lastName = (parameter: string) => `${trainingPrefix}last/${parameter}`;
export const historyName = `${trainingPrefix}history`;
export const metricsName = (side: MetricSide) => `${trainingPrefix}${side}`;

/** The metrics of a record: over training rows, and over the validation set. */
export type MetricSide = 'metrics' | 'validationMetrics';

/** The metrics of records in their order: lengths of the dimensions of each, none for a number. */
export type MetricShapes = Readonly<Record<string, readonly number[]>>;

const columns = [
  'epoch',
  'iteration',
  'lossTrain',
  'accuracyTrain',
  'lossValidation',
  'accuracyValidation',
  'learningRate',
] as const satisfies (keyof CheckpointRecord)[];

/** Makes a table of records, a row for each; NaN for the validation set if there is none. */
export function tableOf(records: readonly CheckpointRecord[]): Tensor {
  const table = Tensor.zeros([records.length, columns.length], 'float64');
  for (const [i, record] of records.entries()) {
    table.data.set(
      columns.map((name) => record[name] ?? Number.NaN),
      i * columns.length,
    );
  }
  return table;
}

/** Undoes {@link tableOf}; undefined for another table. */
export function recordsIn(table: Tensor, hasValidation: boolean): CheckpointRecord[] | undefined {
  if (table.shape.length !== 2 || table.rows === 0 || table.rowSize !== columns.length) return undefined;
  return Array.from({ length: table.rows }, (_, row) => {
    const numbers = table.data.subarray(row * columns.length, (row + 1) * columns.length);
    const all = Object.fromEntries(columns.map((name, i) => [name, numbers[i]])) as unknown as CheckpointRecord;
    const { lossValidation, accuracyValidation, ...rest } = all;
    return Object.freeze(hasValidation ? all : rest);
  });
}

/** The metrics of a record, and their shapes; undefined where it has none. */
export function metricShapesOf(record: CheckpointRecord | undefined): MetricShapes | undefined {
  if (!record?.metrics) return undefined;
  const shapes = Object.entries(record.metrics).map(([name, value]) => [name, shapeOf(value!)]);
  return Object.fromEntries(shapes);
}

const shapeOf = (value: MetricValue) => (typeof value === 'number' ? [] : [value.length, value[0]!.length]);

const widthOf = (shapes: MetricShapes) => Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);

/** Makes a table of metrics, a row for each record. */
export function metricTableOf(records: readonly CheckpointRecord[], side: MetricSide, shapes: MetricShapes): Tensor {
  const width = widthOf(shapes);
  const table = Tensor.zeros([records.length, width], 'float64');
  for (const [i, record] of records.entries()) {
    const numbers = Object.keys(shapes).flatMap((name) => [record[side]![name]!].flat(2) as number[]);
    table.data.set(numbers, i * width);
  }
  return table;
}

/** The records with the metrics of a table; undefined for another table. */
export function withMetrics(
  records: readonly CheckpointRecord[],
  side: MetricSide,
  table: Tensor,
  shapes: MetricShapes,
): CheckpointRecord[] | undefined {
  const width = widthOf(shapes);
  if (table.shape.length !== 2 || table.rows !== records.length || table.rowSize !== width) return undefined;
  return records.map((record, row) => {
    let first = row * width;
    const metrics = Object.entries(shapes).map(([name, shape]) => {
      const numbers = [...table.data.subarray(first, first + sizeOf(shape))];
      first += sizeOf(shape);
      return [name, shape.length === 0 ? numbers[0]! : rowsIn(numbers, shape[1]!)] as const;
    });
    return Object.freeze({ ...record, [side]: Object.freeze(Object.fromEntries(metrics) as MetricValues) });
  });
}

const rowsIn = (numbers: readonly number[], width: number) =>
  Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));
