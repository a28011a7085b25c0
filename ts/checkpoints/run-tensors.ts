import { parametersOf, trainingPrefix } from '../model-files/model-file.js';
import type { ParameterBlock, StackedLayer } from '../net/layer-stack.js';
import { Tensor } from '../tensor.js';
import type { CheckpointRecord } from '../training-history.js';
import type { Parameter } from '../weights-bias.js';

/** Arrays laid out as a net's parameters are; those for statistics only where there are any. */
export interface BlockArrays {
  readonly theta: Tensor;
  readonly statistics?: Tensor | undefined;
}

/** Each parameter's share of such arrays, by layer and parameter; shares memory. */
export function sharesOf(
  layers: readonly StackedLayer[],
  block: ParameterBlock,
  arrays: BlockArrays,
): Map<string, Tensor> {
  return parametersOf(layers, (parameter) =>
    parameter.trainable
      ? shareOf(parameter, block.theta, arrays.theta)
      : shareOf(parameter, block.statistics, arrays.statistics),
  );
}

/** The share where the parameter's values lie in `whole`. */
function shareOf({ value }: Parameter, whole: Tensor, array: Tensor | undefined): Tensor | undefined {
  if (!array) return undefined;
  const start = (value.data.byteOffset - whole.data.byteOffset) / value.data.BYTES_PER_ELEMENT;
  return Tensor.from(array.data.subarray(start, start + value.size), value.shape);
}

/**
 * What a tensor of the optimizer is called, one of the weights with the lowest loss, and one of the last weights, where
 * a run has ended with those of the lowest loss.
 */
export const optimizerName = (array: string, parameter: string) => `${trainingPrefix}optimizer/${array}/${parameter}`;
export const bestName = (parameter: string) => `${trainingPrefix}best/${parameter}`;
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

/** Records as a table, a row each; NaN where there is no validation set. */
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
