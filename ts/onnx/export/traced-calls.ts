// @internal
import { badArgument } from '../../core/errors.js';
import { Pass } from '../../graph/pass.js';
import type { Parameter } from '../../graph/weights-bias.js';
import { ShapeRunner } from '../../layers/composition.js';
import type { Layer } from '../../layers/index.js';
import { type Ops, operationNames } from '../../ops/ops.js';
import { Value } from '../../ops/value.js';
import type { DType } from '../../tensor/tensor.js';

/** One dimension of a value: a length, or the number of rows times a factor. */
export type Extent = number | { readonly rows: number };

/** An operation that a layer has called. */
export interface TracedCall {
  readonly operation: keyof Ops;
  /** Values stand for themselves. */
  readonly args: readonly unknown[];
  readonly result: Value;
}

/** The operations of a layer in order. */
export interface Trace {
  readonly calls: readonly TracedCall[];
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly parameters: ReadonlyMap<Value, Parameter>;
  /** The dimensions of a value. */
  extents(value: Value): readonly Extent[];
}

/** Numbers of rows that are hardly lengths of something else. */
const [first, second] = [1009, 1013];

/**
 * Follows the operations of a layer, twice with different numbers of rows, so that lengths that depend on them show.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that does not consist of operations, or where these depend on the rows
 */
export function traceOf(layer: Layer, rowShapes: readonly (readonly number[])[], dtype: DType): Trace {
  const [a, b] = [first, second].map((rows) => tracedWith(layer, rowShapes, dtype, rows!)) as [OneTrace, OneTrace];
  const isAlike =
    a.calls.length === b.calls.length &&
    a.calls.every((call, i) => call.operation === b.calls[i]!.operation && areAlike(call, b.calls[i]!));
  if (!isAlike)
    throw badArgument(`layer ${layer.kind}`, 'operations that are the same for any number of rows', 'others');
  const twins = new Map<Value, Value>([
    ...a.inputs.map((value, i) => [value, b.inputs[i]!] as const),
    ...a.calls.map((call, i) => [call.result, b.calls[i]!.result] as const),
  ]);
  const extents = (value: Value) => {
    const other = twins.get(value) ?? value;
    return value.shape.map((length, i): Extent => {
      if (length === other.shape[i]) return length;
      const rows = length / first;
      if (!Number.isInteger(rows) || rows * second !== other.shape[i]) {
        throw badArgument(`layer ${layer.kind}`, 'lengths that are multiples of the rows', length);
      }
      return { rows };
    });
  };
  return { ...a, extents };
}

type OneTrace = Omit<Trace, 'extents'>;

function tracedWith(layer: Layer, rowShapes: readonly (readonly number[])[], dtype: DType, rows: number): OneTrace {
  const runner = new ShapeRunner(dtype);
  const calls: TracedCall[] = [];
  const observe = (ops: Ops) => {
    const observed = operationNames.map((name) => [
      name,
      (...args: unknown[]) => {
        const result = (ops[name] as (...args: unknown[]) => Value)(...args);
        // Some operations give a value that is there already, such as dropout by a rate of 0.
        if (!args.includes(result)) calls.push({ operation: name, args, result });
        return result;
      },
    ]);
    return Object.fromEntries(observed) as Ops;
  };
  const pass = new Pass(runner, false, observe);
  const inputs = rowShapes.map((rowShape, i) => {
    const shape = [rows, ...rowShape];
    return new Value(layer.inputType(i) === 'int32' ? runner.tensor(shape, 'int32') : runner.tensor(shape));
  });
  const output = layer.record(pass, inputs);
  const parameters = new Map(layer.parameters.map((parameter) => [pass.parameter(parameter), parameter]));
  return { calls, inputs, output, parameters };
}

/** Whether arguments beside values are the same; the shape of reshape follows from its result. */
function areAlike(a: TracedCall, b: TracedCall): boolean {
  return a.operation === 'reshape' || a.args.every((arg, i) => textOf(arg) === textOf(b.args[i]));
}

const textOf = (arg: unknown) => JSON.stringify(arg, (_, one) => (one instanceof Value ? 'value' : plain(one)));

const plain = (one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one);
