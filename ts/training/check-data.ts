import { checkCheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { badArgument, shapeMismatch } from '../core/errors.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, type Part } from '../data/part.js';
import { checkedOutputs, requireTrainable } from '../inference/check-part.js';
import type { Model } from '../net/model.js';
import type { NetOutput } from '../net/net-outputs.js';
import { sizeOf } from '../tensor/tensor.js';
import type { TrainOptions } from './train-options.js';

/** Refuses, before anything is recorded, what a net cannot be trained on. */
export function checkData(model: Model, reader: DataReader, options: TrainOptions): void {
  const { checkpoint = 1, needTest = false, sampleWeight } = options;
  if (!(Number.isFinite(checkpoint) && checkpoint > 0)) {
    throw badArgument('checkpoint', 'a finite number of epochs above 0', checkpoint);
  }
  checkCheckpointOptions(options);
  if (needTest && !reader.testPart)
    throw badArgument('needTest: true', 'a reader with a test set', 'one without', 'see split and splitTestSet');
  const parts: Record<string, Part | undefined> = {
    training: reader.trainingStream ? undefined : reader.trainingPart,
    validation: reader.validationPart,
    test: needTest ? reader.testPart : undefined,
  };
  for (const [name, part] of Object.entries(parts)) {
    if (part) requireTrainable(model, part, `the ${name} set`);
  }
  const like = reader.trainingLike;
  const outputs = checkedOutputs(model, like, 'the training set');
  for (const { output, key } of outputs) checkClassWeights(model, output, reader.namedClassWeights[key]);
  const count = reader.trainingStream?.count ?? countOf(reader.trainingPart);
  if (sampleWeight !== undefined) checkSampleWeight(sampleWeight, count);
  checkShare(model, reader, options);
}

/** Refuses rows that ranks share by another rule than that of the run. */
function checkShare({ params }: Model, { trainingStream }: DataReader, { communicator }: TrainOptions): void {
  const { share, count = 0 } = trainingStream ?? {};
  if (!share) return;
  const expected = `that of the reader, in which rank ${share.rank} of ${share.size} has its own rows`;
  if (communicator?.rank !== share.rank || communicator.size !== share.size) {
    throw badArgument(
      'communicator',
      expected,
      communicator ? `rank ${communicator.rank} of ${communicator.size}` : 'none',
    );
  }
  const { batchSize } = params;
  if (Math.min(batchSize === -1 ? count : batchSize, count) !== Math.min(share.batchSize, count)) {
    throw badArgument('batchSize', `${share.batchSize}, by which the ranks of the reader share its rows,`, batchSize);
  }
}

function checkSampleWeight({ data, rows, rowSize }: NonNullable<TrainOptions['sampleWeight']>, count: number): void {
  if (rows !== count || rowSize !== 1) {
    const received = rowSize === 1 ? `${rows}` : `${rows} × ${rowSize}`;
    throw shapeMismatch('sampleWeight', `${count} numbers, one for each training row,`, received);
  }
  if (data.length !== rows) throw badArgument('sampleWeight', 'a tensor with its memory', 'a detached buffer');
  const bad = data.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (bad >= 0) throw badArgument(`sampleWeight of row ${bad}`, 'a finite number ≥ 0', data[bad]);
}

/** Refuses class weights that are not one for each class. */
function checkClassWeights({ params }: Model, output: NetOutput, weights: Float64Array | undefined): void {
  if (!weights) return;
  const { rowShape, width, objective } = output;
  const rule = objective.loss.labelRule(output);
  if (rule !== 'probabilities' && rule !== 'distribution' && rule !== 'classes') {
    const received =
      params.loss === undefined ? `one for '${params.netType}'` : `one with the loss '${objective.loss.name}'`;
    throw badArgument('class weights', 'a net that classifies', received);
  }
  const outputs = rule === 'classes' ? width : sizeOf(rowShape);
  const classes = rule === 'probabilities' && outputs === 1 ? 2 : outputs;
  if (weights.length !== classes) throw shapeMismatch('class weights', `${classes} of them`, `${weights.length}`);
}
