import { parametersOf, trainingPrefix } from '../model-files/model-file.js';
import type { ParameterBlock } from '../net/layer-stack.js';
import type { NamedLayer } from '../net/net-graph.js';
import { Tensor } from '../tensor.js';
import type { BlockArrays } from '../training/weight-average.js';
import type { CheckpointRecord } from '../training-history.js';
import type { Parameter } from '../weights-bias.js';

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
