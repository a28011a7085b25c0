// @internal
import { badArgument } from '../core/errors.js';
import type { NetType } from '../core/net-type.js';
import type { RowShape } from '../graph/node.js';
import type { OutputForm } from '../graph/output-form.js';
import { ActivationLayer } from '../layers/activation.js';
import { ClassificationLayer } from '../layers/classification.js';
import { FullyConnectedLayer } from '../layers/fully-connected.js';
import type { Objective } from '../objectives.js';
import { type Model, objectivesFor } from './model.js';
import type { GraphStep } from './net-graph.js';

/** An output of a net: what it learns, its rows, and whether softmax or sigmoid makes them. */
export interface NetOutput extends OutputForm {
  readonly objective: Objective;
  readonly rowShape: RowShape;
}

/** The step that computes each output; undefined for an output that is an input. */
function stepsOf({ stack }: Pick<Model, 'stack'>): readonly (GraphStep | undefined)[] {
  const count = stack.inputs.length;
  return stack.outputs.map(({ value }) => stack.steps[value - count]);
}

/**
 * The outputs for input rows of these shapes.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows that do not fit, `ERR_BAD_ARGUMENT` for losses and metrics of outputs
 *   that the net does not have
 */
export function outputsOf(model: Pick<Model, 'params' | 'stack'>, inputs: readonly RowShape[]): readonly NetOutput[] {
  const { stack } = model;
  const objectives = objectivesFor(model);
  const shapes = [...inputs, ...stack.shapes(...inputs)];
  return stepsOf(model).map((step, i) => {
    const rowShape = shapes[stack.outputs[i]!.value]!;
    const form = step?.layer.outputForm(...step.sources.map((source) => shapes[source]!));
    return { objective: objectives[i]!, rowShape, width: form?.width ?? rowShape.at(-1) ?? 1, kind: form?.kind };
  });
}

function kindOf(model: Pick<Model, 'params' | 'stack'>, output: number): OutputForm['kind'] {
  const layer = stepsOf(model)[output]?.layer;
  if (layer instanceof ClassificationLayer) return layer.kind;
  const shapes = model.stack.inputs.map(({ rowShape }) => rowShape);
  const isKnown = shapes.every((shape) => shape !== undefined);
  return isKnown ? outputsOf(model, shapes)[output]!.kind : undefined;
}

/**
 * The task whose answers an output gives: that of the hyperparameters or, with a loss of their own, what the last layer
 * makes.
 */
export function taskOf(model: Pick<Model, 'params' | 'stack'>, output = 0): NetType {
  const { netType, loss } = model.params;
  if (loss === undefined) return netType;
  const kind = kindOf(model, output);
  return kind === 'softmax' ? 'multipleClassifier' : kind === 'sigmoid' ? 'binaryClassifier' : 'fitting';
}

const classifiers: Readonly<Record<NetType, 'softmax' | 'sigmoid' | undefined>> = {
  fitting: undefined,
  binaryClassifier: 'sigmoid',
  multipleClassifier: 'softmax',
};

/**
 * Refuses a net whose last layers are not those that its type or its losses want.
 * @throws BlasnetError `ERR_BAD_ARGUMENT`
 */
export function requireLastLayers(model: Model, outputs: readonly NetOutput[]): void {
  const { params } = model;
  for (const [i, step] of stepsOf(model).entries()) {
    if (!step) continue;
    if (params.loss !== undefined) requireProbabilities(step, outputs[i]!);
    else requireClassifier(step, params.netType);
  }
}

function requireClassifier({ layer, step }: GraphStep, netType: NetType): void {
  const wanted = classifiers[netType];
  const classifier = layer instanceof ClassificationLayer ? layer.kind : undefined;
  if (classifier === wanted) return;
  const expected = wanted ? `ClassificationLayer('${wanted}')` : 'no ClassificationLayer';
  throw badArgument(`the last layer of a net for '${netType}'`, expected, `${layer.kind} ('${step}')`);
}

/** Layers that are known to make other numbers than probabilities would be an oversight. */
function requireProbabilities({ layer, step }: GraphStep, { kind, objective: { loss } }: NetOutput): void {
  const wanted = loss.probabilities;
  if (wanted === undefined) return;
  const isKnown = kind !== undefined || layer instanceof FullyConnectedLayer || layer instanceof ActivationLayer;
  if (!isKnown || (kind !== undefined && wanted.includes(kind))) return;
  const layers = wanted.map((one) => `ClassificationLayer('${one}')`).join(' or ');
  throw badArgument(`the last layer of a net with the loss '${loss.name}'`, layers, `${layer.kind} ('${step}')`);
}
