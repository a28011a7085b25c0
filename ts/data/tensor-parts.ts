// @internal
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { mapNamed, namedTensorsOf } from './by-name.js';
import type { DataTensors } from './data-reader.js';
import type { Part } from './part.js';
import { rowsOf } from './rows.js';

/**
 * The sets of a reader over tensors.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown field, half a set, and anything but tensors
 */
export function partsOf(tensors: DataTensors) {
  checkOptions(tensors, ['xTrain', 'yTrain', 'xTest', 'yTest', 'xValidation', 'yValidation'], 'tensors');
  const { xTrain, yTrain, xTest, yTest, xValidation, yValidation } = tensors;
  return {
    train: partOf('Train', xTrain, yTrain),
    test: optionalPart('Test', xTest, yTest),
    validation: optionalPart('Validation', xValidation, yValidation),
  };
}

function optionalPart(set: string, x: unknown, y: unknown): Part | undefined {
  if (x === undefined && y === undefined) return undefined;
  if (x !== undefined && y !== undefined) return partOf(set, x, y);
  const received = `${x === undefined ? 'y' : 'x'}${set} alone`;
  throw badArgument(`the ${set.toLowerCase()} set`, `both x${set} and y${set}, or neither`, received);
}

function partOf(set: string, x: unknown, y: unknown): Part {
  return {
    inputs: mapNamed(namedTensorsOf(`x${set}`, x), rowsOf),
    targets: mapNamed(namedTensorsOf(`y${set}`, y), rowsOf),
  };
}
