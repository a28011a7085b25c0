import { checkCheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { labelOf } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, inputNames, type Part, soleRows } from '../data/part.js';
import { type Rows, requireAttached, rowType, tensorOf } from '../data/rows.js';
import { badArgument, shapeMismatch } from '../errors.js';
import type { HyperParameters } from '../hyper-parameters.js';
import { ClassificationLayer } from '../layers/classification.js';
import type { NetType } from '../losses/index.js';
import type { Model } from '../net/model.js';
import { sizeOf } from '../tensor.js';
import type { TrainOptions } from './train-options.js';

/** Refuses, before anything is recorded, what a net cannot be trained on. */
export function checkData(model: Model, reader: DataReader, options: TrainOptions): void {
  const { checkpoint = 1, needTest = false } = options;
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
  if (reader.trainingStream) checkShapes(model, reader.trainingLike, 'the training set');
  const { rowShape } = soleRows(reader.trainingLike, 'targets', 'the training set');
  checkClassWeights(model.params.netType, reader.classWeights, sizeOf(rowShape));
}

/** Refuses rows that do not fit the net, or labels that do not fit its type. */
export function requireTrainable(model: Model, part: Part, name: string): void {
  const y = soleRows(part, 'targets', name);
  for (const [key, x] of Object.entries(part.inputs)) requireAttached(`${name}'s ${labelOf('x', key)}`, x);
  requireAttached(`${name}'s y`, y);
  checkShapes(model, part, name);
  const count = countOf(part);
  if (count !== y.count) throw shapeMismatch(`${name}'s labels`, `${count} rows`, `${y.count}`);
  checkLabels(model.params, y, name);
}

function checkShapes(model: Model, part: Part, name: string): void {
  const y = soleRows(part, 'targets', name);
  if (rowType(y) === 'int32') throw badArgument(`${name}'s y`, 'rows of floats', 'int32 ones');
  requireLastLayer(model);
  const { inputs } = model.stack;
  const rows = inputNames(model.stack.inputNames, part, name).map((key) => part.inputs[key]!);
  for (const [i, { name: input, dtype }] of inputs.entries()) {
    const isIndex = rowType(rows[i]!) === 'int32';
    if (isIndex === (dtype === 'int32')) continue;
    const [expected, received] = isIndex ? ['rows of floats', 'int32 ones'] : ['int32 rows', 'rows of floats'];
    throw badArgument(`${name}'s ${labelOf('x', input)}`, expected, received);
  }
  const yShape = y.rowShape;
  // First: layers may learn the shapes of their weights from it.
  const output = model.stack.outputShape(...rows.map(({ rowShape }) => rowShape));
  model.stack.requireAttached();
  if (sizeOf(output) !== sizeOf(yShape)) {
    const { netType } = model.params;
    const areNumbers = netType === 'multipleClassifier' && sizeOf(yShape) === 1;
    const hint = areNumbers ? `${labelHint(netType)}: one-hot rows of class numbers` : undefined;
    throw shapeMismatch(`${name}'s labels`, `rows of ${sizeOf(output)} numbers`, `rows of ${sizeOf(yShape)}`, hint);
  }
}

/** Refuses class weights that are not one for each class. */
function checkClassWeights(netType: NetType, weights: Float64Array | undefined, outputs: number): void {
  if (!weights) return;
  if (netType === 'fitting') throw badArgument('class weights', 'a net that classifies', `one for '${netType}'`);
  const classes = netType === 'binaryClassifier' && outputs === 1 ? 2 : outputs;
  if (weights.length !== classes) throw shapeMismatch('class weights', `${classes} of them`, `${weights.length}`);
}

function requireLastLayer({ params, stack, objective }: Model): void {
  const last = stack.steps.at(-1);
  if (!last) throw badArgument('the net', 'at least one layer', 'none');
  const { outputs } = stack;
  if (outputs.length > 1) throw badArgument('the net', 'one output to train', outputs.length);
  const classifier = last.layer instanceof ClassificationLayer ? last.layer.kind : undefined;
  if (classifier === objective.classifier) return;
  const expected = objective.classifier ? `ClassificationLayer('${objective.classifier}')` : 'no ClassificationLayer';
  throw badArgument(`the last layer of a net for '${params.netType}'`, expected, `${last.layer.kind} ('${last.name}')`);
}

const labelHint = (netType: NetType) => `reader.normalizeY('${netType}') before train makes the labels that it needs`;

/** Checks labels of classifiers: probabilities from 0 to 1 and, for several classes, rows that sum to 1. */
export function checkLabels({ netType }: HyperParameters, y: Rows, name: string): void {
  if (netType === 'fitting') return;
  const { data } = tensorOf(y);
  const width = sizeOf(y.rowShape);
  for (let row = 0; row < y.count; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      const value = data[row * width + column]!;
      if (!(value >= 0 && value <= 1)) {
        throw badArgument(`the label in row ${row} of ${name}`, 'numbers from 0 to 1', value, labelHint(netType));
      }
      sum += value;
    }
    if (netType === 'multipleClassifier' && Math.abs(sum - 1) > 1e-3) {
      throw badArgument(`the label in row ${row} of ${name}`, 'numbers that sum to 1', sum, labelHint(netType));
    }
  }
}
