// @internal
import { checkCommunicator } from '../core/communicator.js';
import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { AnyTensor } from '../tensor/tensor.js';
import { mapNamed, namedTensorsOf } from './by-name.js';
import type { DataReader } from './data-reader.js';
import type { NamedTensors } from './named-tensors.js';
import { checkPart, mapPart, type NamedRows, type Part, type SetName } from './part.js';
import { RankRows } from './rank-rows.js';
import type { BatchSource, StreamOptions } from './row-stream.js';
import { rowsOf, tensorOf } from './rows.js';

/** Reads the test or the validation set that the options of a stream give. */
export async function readSet(
  name: SetName,
  like: Part,
  x: AnyTensor | NamedTensors | undefined,
  y: AnyTensor | NamedTensors | undefined,
  reader: DataReader | undefined,
): Promise<Part | undefined> {
  if (reader && reader.numTrain === 0) await reader.readData();
  const part = reader
    ? mapPart(reader.rawTrainingPart, (rows) => rowsOf(tensorOf(rows)))
    : x && y && { inputs: rowsIn(`x of the ${name} set`, x), targets: rowsIn(`y of the ${name} set`, y) };
  if (part) checkPart(name, part, like);
  return part;
}

function rowsIn(what: string, value: AnyTensor | NamedTensors): NamedRows {
  return mapNamed(namedTensorsOf(what, value), rowsOf);
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a source that is not a function, and for bad options */
export function checkStream(source: BatchSource, options: StreamOptions): void {
  if (typeof source !== 'function')
    throw badArgument('source', 'a function that gives the batches of an epoch', source);
  checkOptions(options, [
    ...(['numTrain', 'xTest', 'yTest', 'test', 'xValidation', 'yValidation', 'validation'] as const),
    ...(['communicator', 'batchSize'] as const),
  ]);
  const { communicator, batchSize } = options;
  if (communicator !== undefined) {
    checkCommunicator(communicator);
    new RankRows(communicator.rank, communicator.size, batchSize as number); // throws for a wrong batchSize
  } else if (batchSize !== undefined) {
    throw badArgument('batchSize', 'a communicator with it', 'none');
  }
  const { numTrain } = options;
  if (numTrain !== undefined && !(Number.isSafeInteger(numTrain) && numTrain > 0)) {
    throw badArgument('numTrain', 'a whole number above 0', numTrain);
  }
  const { xTest, yTest, test, xValidation, yValidation, validation } = options;
  checkSet('Test', { xTest, yTest }, test);
  checkSet('Validation', { xValidation, yValidation }, validation);
}

function checkSet(name: string, tensors: Readonly<Record<string, unknown>>, reader: DataReader | undefined): void {
  const given = Object.entries(tensors).filter(([, tensor]) => tensor !== undefined);
  for (const [key, value] of given) namedTensorsOf(key, value);
  if (given.length === 0 || (given.length === 2 && !reader)) return;
  const received = reader ? 'tensors and a reader' : `${given[0]![0]} alone`;
  throw badArgument(`the ${name.toLowerCase()} set`, `both x${name} and y${name}, or a reader, or neither`, received);
}
