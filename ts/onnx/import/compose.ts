// @internal
import type { Node } from '../../graph/node.js';
import { OperationLayer } from '../../layers/index.js';
import type { Value } from '../../ops/value.js';
import type { DType } from '../../tensor/tensor.js';
import { elementTypes } from '../messages.js';
import type { Budget } from './budget.js';
import type { ConstantValue } from './constant.js';
import { holdsRows } from './extents.js';
import { Form } from './form.js';
import type { GraphValue, IntegersValue, RowsValue } from './graph-values.js';
import type { OnnxNode } from './node.js';
import { eagerOps, Recorder } from './recorder.js';

/** Makes the value of a node of operations; its result is the node's output. */
export type Compose = (form: Form, values: readonly Value[]) => Value;

/** How operations are computed. */
export interface Computing {
  readonly dtype: DType;
  readonly budget: Budget;
  /** Whether the result is truth values. */
  readonly isTruth: boolean;
  /** Makes a layer of the operations, and applies it to rows and constants. */
  readonly record: (operands: readonly (RowsValue | ConstantValue)[]) => RowsValue;
}

/** The value that a node computes in operations: integers of integers, constants of constants, rows by a layer. */
export function composed(
  node: OnnxNode,
  operands: readonly GraphValue[],
  compose: Compose,
  { dtype, budget, isTruth, record }: Computing,
): GraphValue {
  const fold = (constants: readonly ConstantValue[], type: DType) => folded(node, constants, compose, type, budget);
  const floats = operands.map((operand) => (operand.kind === 'integers' ? floatsOf(node, operand) : operand));
  if (operands.every(({ kind }) => kind === 'integers')) {
    const { shape, values } = fold(floats as readonly ConstantValue[], 'float64');
    return { kind: 'integers', shape, values: Array.from(values), isTruth };
  }
  if (floats.every(({ kind }) => kind === 'constant')) {
    const constant = fold(floats as readonly ConstantValue[], dtype);
    if (!isTruth) return constant;
    return { kind: 'integers', shape: constant.shape, values: Array.from(constant.values), isTruth };
  }
  const rows = record(floats);
  return isTruth === (rows.isTruth ?? false) ? rows : { ...rows, isTruth };
}

/** The constant that operations make of constants. */
function folded(
  node: OnnxNode,
  operands: readonly ConstantValue[],
  compose: Compose,
  dtype: DType,
  budget: Budget,
): ConstantValue {
  const { ops, constant } = eagerOps(dtype, budget);
  const numbers = operands.reduce((sum, { values }) => sum + values.length, 0);
  budget.take(8 * numbers);
  const values = operands.map((operand) => constant(operand));
  const form = new Form(node, ops, 'constant', { constants: new Set(values), rows: undefined });
  const { tensor } = compose(form, values);
  const isWeight = operands.some((operand) => operand.isWeight);
  return { kind: 'constant', shape: tensor.shape, values: tensor.data, isFloat: true, isWeight };
}

/** A layer of operations, the rows that it takes, and the numbers of its parameters. */
interface RecordedLayer {
  readonly layer: OperationLayer;
  readonly inputs: readonly RowsValue[];
  readonly constants: Readonly<Record<string, ConstantValue>>;
}

/** The layer of the operations on rows and constants; the rows themselves where there is nothing to compute. */
export function recordedLayer(
  node: OnnxNode,
  operands: readonly (RowsValue | ConstantValue)[],
  compose: Compose,
  batching: 'rows' | 'whole',
  dtype: DType,
): RecordedLayer | { readonly same: RowsValue } {
  const recorder = new Recorder(dtype);
  const known = new Map<Node, Value>();
  const inputs: RowsValue[] = [];
  const values = operands.map((operand) => {
    if (operand.kind === 'constant') return recorder.constant(operand);
    let value = known.get(operand.node);
    if (!value) {
      value = recorder.input(operand.node.rowShape, operand.isIndex ? 'int32' : undefined);
      known.set(operand.node, value);
      inputs.push(operand);
    }
    return value;
  });
  const constants = new Set(values.filter((_, i) => operands[i]!.kind === 'constant'));
  const form = new Form(node, recorder.ops, batching, { constants, rows: known.get(inputs[0]!.node) });
  const result = compose(form, values);
  const same = inputs.find((input) => known.get(input.node) === result);
  if (same) return { same: { kind: 'rows', node: same.node, ...(same.isTruth && { isTruth: true }) } };
  const { steps, parameters } = recorder.upTo(result);
  const layer = new OperationLayer({
    steps,
    ...(inputs.length > 1 && { inputs: inputs.length }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  });
  const used = Object.keys(parameters).map((name) => [name, recorder.constants[name]!]);
  return { layer, inputs, constants: Object.fromEntries(used) };
}

/** Integers as floats. @throws BlasnetError `ERR_BAD_FILE` for the number of rows */
export function floatsOf(node: OnnxNode, { shape, values }: IntegersValue): ConstantValue {
  if (values.some(holdsRows)) throw node.bad('numbers that are known', 'the number of rows');
  return { kind: 'constant', shape, values: values as readonly number[], isFloat: true };
}

/** Integers, or truth values, of a tensor. */
export function integersOf({ shape, values }: ConstantValue, type: number): IntegersValue {
  return { kind: 'integers', shape, values: Array.from(values), isTruth: type === elementTypes.bool };
}
