import { checkCheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { badArgument, shapeMismatch } from '../core/errors.js';
import { labelOf } from '../data/by-name.js';
import type { DataReader } from '../data/data-reader.js';
import { countOf, inputNames, type Part, targetNames } from '../data/part.js';
import { type Rows, requireAttached, rowType, tensorOf } from '../data/rows.js';
import { type LabelRule, type OutputForm, requireLabels } from '../losses/label-rules.js';
import { requireRowsOfLoss } from '../losses/loss-shape.js';
import { NamedLoss } from '../losses/named-loss.js';
import type { NetType } from '../losses/net-type.js';
import type { Model } from '../net/model.js';
import { type NetOutput, outputsOf, requireLastLayers } from '../net/net-outputs.js';
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

/** Refuses rows that do not fit the net, or labels that do not fit its losses. */
export function requireTrainable(model: Model, part: Part, name: string): void {
  for (const [what, side] of [['x', part.inputs] as const, ['y', part.targets] as const]) {
    for (const [key, rows] of Object.entries(side)) requireAttached(`${name}'s ${labelOf(what, key)}`, rows);
  }
  const outputs = checkedOutputs(model, part, name);
  const count = countOf(part);
  for (const { rows, key } of outputs) {
    if (count !== rows.count) throw shapeMismatch(labelsName(name, key), `${count} rows`, `${rows.count}`);
  }
  for (const one of outputs) checkLabelsOf(one, name);
}

/** An output of the net with the labels that a part has for it. */
interface LabelledOutput {
  readonly output: NetOutput;
  /** The name under which the part holds the labels. */
  readonly key: string;
  readonly rows: Rows;
}

const labelsName = (name: string, key: string) => `${name}'s ${key === '' ? 'labels' : `labels '${key}'`}`;

/** The outputs of the net with their labels, once the shapes of all rows are known to fit. */
function checkedOutputs(model: Model, part: Part, name: string): readonly LabelledOutput[] {
  const { stack } = model;
  if (stack.steps.length === 0) throw badArgument('the net', 'at least one layer', 'none');
  const inputs = inputNames(stack.inputNames, part, name).map((key) => part.inputs[key]!);
  for (const [i, { name: input, dtype }] of stack.inputs.entries()) {
    const isIndex = rowType(inputs[i]!) === 'int32';
    if (isIndex === (dtype === 'int32')) continue;
    const [expected, received] = isIndex ? ['rows of floats', 'int32 ones'] : ['int32 rows', 'rows of floats'];
    throw badArgument(`${name}'s ${labelOf('x', input)}`, expected, received);
  }
  // First: layers may learn the shapes of their weights from it.
  const outputs = outputsOf(
    model,
    inputs.map(({ rowShape }) => rowShape),
  );
  stack.requireAttached();
  requireLastLayers(model, outputs);
  const keys = targetNames(
    outputs.map(({ objective }) => objective.output),
    part,
    name,
  );
  return outputs.map((output, i) => {
    const labelled = { output, key: keys[i]!, rows: part.targets[keys[i]!]! };
    checkLabelShape(model, labelled, name);
    return labelled;
  });
}

function checkLabelShape({ params }: Model, { output, key, rows }: LabelledOutput, name: string): void {
  const { rowShape, width, objective } = output;
  const { loss } = objective;
  const rule = loss.labelRule(output);
  const where = labelsName(name, key);
  if (rowType(rows) === 'int32' && rule !== 'classes') {
    throw badArgument(`${name}'s ${labelOf('y', key)}`, 'rows of floats', 'int32 ones');
  }
  const given = sizeOf(rows.rowShape);
  if (!(loss instanceof NamedLoss)) {
    requireRowsOfLoss(loss, rowShape, given === sizeOf(rowShape) ? rowShape : rows.rowShape, params.dtype, where);
    return;
  }
  const expected = rule === 'classes' ? sizeOf(rowShape) / width : sizeOf(rowShape);
  if (given === expected) return;
  const areNumbers = rule === 'distribution' && given === 1;
  const sparse = params.loss === undefined ? '' : ", or the loss 'sparseCrossEntropy' takes class numbers";
  const hint = areNumbers ? `${labelHint('multipleClassifier')}: one-hot rows of class numbers${sparse}` : undefined;
  throw shapeMismatch(where, `rows of ${expected} numbers`, `rows of ${given}`, hint);
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

const labelHint = (netType: NetType) => `reader.normalizeY('${netType}') before train makes the labels that it needs`;

const hints: Partial<Record<LabelRule, string>> = {
  probabilities: labelHint('binaryClassifier'),
  distribution: labelHint('multipleClassifier'),
};

/**
 * A check of the labels in the parts of a stream.
 * @param like - names and shapes of its rows
 */
export function labelCheckFor(model: Model, like: Part): (part: Part) => void {
  const outputs = checkedOutputs(model, like, 'the stream');
  return ({ targets }) => {
    for (const one of outputs) checkLabelsOf({ ...one, rows: targets[one.key]! }, 'the stream');
  };
}

function checkLabelsOf({ output, key, rows }: LabelledOutput, name: string): void {
  const { objective, rowShape, width } = output;
  const where = key === '' ? name : `${name}, '${key}'`;
  const labels = { data: tensorOf(rows).data, count: rows.count };
  const rule = objective.loss.labelRule(output);
  requireLabels(rule, labels, width, where, hints[rule]);
  const areNumbers = sizeOf(rows.rowShape) * width === sizeOf(rowShape) && isSeveral(output);
  if (areNumbers && objective.metrics.some(({ readsClasses }) => readsClasses)) {
    requireLabels('classes', labels, width, where);
  }
}

const isSeveral = ({ width, kind }: OutputForm) => width > 1 && kind !== 'sigmoid';
