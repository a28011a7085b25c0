import type { DataReader, Part } from '../data/data-reader.js';
import { type Rows, requireAttached, tensorOf } from '../data/rows.js';
import { badArgument, shapeMismatch } from '../errors.js';
import type { HyperParameters } from '../hyper-parameters.js';
import { ClassificationLayer } from '../layers/classification.js';
import type { Model } from '../model.js';
import { sizeOf } from '../tensor.js';
import type { TrainOptions } from './trainer.js';

/** Refuses, before anything is recorded, what a net cannot be trained on. */
export function checkData(model: Model, reader: DataReader, options: TrainOptions): void {
  const { checkpoint = 1, needTest = false } = options;
  if (!(Number.isFinite(checkpoint) && checkpoint > 0)) {
    throw badArgument('checkpoint', 'a finite number of epochs above 0', checkpoint);
  }
  if (needTest && !reader.testPart) throw badArgument('needTest', 'a reader with a test set', 'one without');
  const parts: Record<string, Part | undefined> = {
    training: reader.trainingPart,
    validation: reader.validationPart,
    test: needTest ? reader.testPart : undefined,
  };
  for (const [name, part] of Object.entries(parts)) {
    if (part) checkPart(model, part, `the ${name} set`);
  }
}

/** Refuses rows that do not fit the net, or labels that do not fit its type. */
export function checkPart(model: Model, { x, y }: Part, name: string): void {
  requireAttached(`${name}'s x`, x);
  requireAttached(`${name}'s y`, y);
  requireLastLayer(model);
  model.stack.requireAttached();
  const output = model.stack.outputShape(x.rowShape);
  if (x.count !== y.count) throw shapeMismatch(`${name}'s labels`, `${x.count} rows`, `${y.count}`);
  if (sizeOf(output) !== sizeOf(y.rowShape)) {
    throw shapeMismatch(`${name}'s labels`, `rows of ${sizeOf(output)} numbers`, `rows of ${sizeOf(y.rowShape)}`);
  }
  checkLabels(model.params, y, name);
}

function requireLastLayer({ params, stack, objective }: Model): void {
  const last = stack.layers.at(-1);
  if (!last) throw badArgument('the net', 'at least one layer', 'none');
  const classifier = last.layer instanceof ClassificationLayer ? last.layer.kind : undefined;
  if (classifier === objective.classifier) return;
  const expected = objective.classifier ? `ClassificationLayer('${objective.classifier}')` : 'no ClassificationLayer';
  throw badArgument(`the last layer of a net for '${params.netType}'`, expected, `${last.layer.kind} ('${last.name}')`);
}

/** Classifiers want probabilities: within 0 and 1 and, for several classes, rows that sum to 1. */
function checkLabels({ netType }: HyperParameters, y: Rows, name: string): void {
  if (netType === 'fitting') return;
  const { data } = tensorOf(y);
  const width = sizeOf(y.rowShape);
  for (let row = 0; row < y.count; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      const value = data[row * width + column]!;
      if (!(value >= 0 && value <= 1)) {
        throw badArgument(`the label in row ${row} of ${name}`, `numbers from 0 to 1 (see normalizeY)`, value);
      }
      sum += value;
    }
    if (netType === 'multipleClassifier' && Math.abs(sum - 1) > 1e-3) {
      throw badArgument(`the label in row ${row} of ${name}`, 'numbers that sum to 1 (see normalizeY)', sum);
    }
  }
}
