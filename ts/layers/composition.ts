// @internal
import { shapeMismatch } from '../core/errors.js';
import type { InputType } from '../graph/node.js';
import type { StepMemory } from '../graph/step-memory.js';
import { type Ops, opsOn } from '../ops/ops.js';
import { ShapeRunner } from '../ops/shape-runner.js';
import { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { DType } from '../tensor/tensor.js';

/** The circumstances of a pass, beside its inputs. */
export interface CallContext {
  /** Whether the pass is one of training. */
  readonly training: boolean;
  /** Whether the layer is trained; a layer with statistics leaves them as they are where it is not. */
  readonly trainable: boolean;
  /** In a stream, whose inputs are one step: what the layer keeps from one step to the next. */
  readonly memory?: StepMemory | undefined;
}

/** A layer's output in operations, from its inputs and its parameters by name. */
export type Composition = (
  ops: Ops,
  inputs: readonly Value[],
  parameters: Readonly<Record<string, Value>>,
  context: CallContext,
) => Value;

/** The row shape of a composition's output, found without computing anything. */
export function composedShape(...composition: Parameters<typeof composedOutput>): readonly number[] {
  return composedOutput(...composition).shape.slice(1);
}

/** A composition's output for a few rows: shapes without numbers. */
export function composedOutput(
  compose: Composition,
  parameterShapes: Readonly<Record<string, readonly number[]>>,
  rowShapes: readonly (readonly number[])[],
  dtype: DType,
  types: readonly InputType[] = [],
): Value {
  const runner = new ShapeRunner(dtype);
  const rows = 2;
  const context = { training: false, trainable: true };
  const parameters = Object.entries(parameterShapes).map(([name, shape]) => [name, new Value(runner.tensor(shape))]);
  const inputs = rowShapes.map((rowShape, i) => {
    const shape = [rows, ...rowShape];
    return new Value(types[i] === 'int32' ? runner.tensor(shape, 'int32') : runner.tensor(shape));
  });
  const y = compose(opsOn(new Tape(runner)), inputs, Object.fromEntries(parameters), context);
  if (!(y instanceof Value) || y.shape[0] !== rows) {
    const received = y instanceof Value ? `shape [${y.shape.join(', ')}]` : `${y}`;
    throw shapeMismatch(`the result of call for ${rows} rows`, `a Value with ${rows} rows`, received);
  }
  return y;
}
