import { badArgument, shapeMismatch } from '../core/errors.js';
import type { NetType } from '../core/net-type.js';
import { requireRange } from '../core/ranges.js';
import { labelOf } from '../data/by-name.js';
import { countOf, inputNames, type Part, targetNames } from '../data/part.js';
import { type Rows, requireAttached, rowType, tensorOf } from '../data/rows.js';
import type { OutputForm } from '../graph/output-form.js';
import { type LabelRule, requireLabels } from '../losses/label-rules.js';
import { requireRowsOfLoss } from '../losses/loss-shape.js';
import { NamedLoss } from '../losses/named-loss.js';
import type { Model } from '../net/model.js';
import { type NetOutput, outputsOf, requireLastLayers } from '../net/net-outputs.js';
import { sizeOf } from '../tensor/tensor.js';

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
  checkRangesOf(model, part, name);
}

/** Refuses whole numbers that the layers do not take. */
function checkRangesOf({ stack }: Model, part: Part, name: string): void {
  if (!stack.hasIndices) return;
  const keys = inputNames(stack.inputNames, part, name);
  for (const [i, { name: input, dtype, range }] of stack.inputs.entries()) {
    const rows = part.inputs[keys[i]!]!;
    if (dtype !== 'int32') continue;
    requireRange(`${name}'s ${labelOf('x', input)}`, { data: rows.data, rows: rows.count }, range);
  }
}

/** An output of the net with the labels that a part has for it. */
export interface LabelledOutput {
  readonly output: NetOutput;
  /** The name under which the part holds the labels. */
  readonly key: string;
  readonly rows: Rows;
}

const labelsName = (name: string, key: string) => `${name}'s ${key === '' ? 'labels' : `labels '${key}'`}`;

/** The outputs of the net with their labels, once the shapes of all rows are known to fit. */
export function checkedOutputs(model: Model, part: Part, name: string): readonly LabelledOutput[] {
  const { stack } = model;
  if (stack.steps.length === 0) throw badArgument('the net', 'at least one layer', 'none');
  const inputs = inputNames(stack.inputNames, part, name).map((key) => part.inputs[key]!);
  for (const [i, { name: input, dtype }] of stack.inputs.entries()) {
    const isIndex = rowType(inputs[i]!) === 'int32';
    if (isIndex === (dtype === 'int32')) continue;
    const [expected, received] = isIndex ? ['rows of floats', 'int32 ones'] : ['int32 rows', 'rows of floats'];
    const hint = isIndex ? undefined : "tensor.clone('int32') makes them of whole numbers";
    throw badArgument(`${name}'s ${labelOf('x', input)}`, expected, received, hint);
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

const labelHint = (netType: NetType) => `reader.normalizeY('${netType}') before train makes the labels that it needs`;

const hints: Partial<Record<LabelRule, string>> = {
  probabilities: labelHint('binaryClassifier'),
  distribution: labelHint('multipleClassifier'),
};

/**
 * A check of the labels and of the whole numbers in the parts of a stream.
 * @param like - names and shapes of its rows
 */
export function labelCheckFor(model: Model, like: Part): (part: Part) => void {
  const outputs = checkedOutputs(model, like, 'the stream');
  return (part) => {
    for (const one of outputs) checkLabelsOf({ ...one, rows: part.targets[one.key]! }, 'the stream');
    checkRangesOf(model, part, 'the stream');
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
