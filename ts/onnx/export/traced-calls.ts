// @internal
import { badArgument } from '../../core/errors.js';
import { Pass } from '../../graph/pass.js';
import type { Parameter } from '../../graph/weights-bias.js';
import type { Layer } from '../../layers/index.js';
import { type Ops, operationNames } from '../../ops/ops.js';
import { ShapeRunner } from '../../ops/shape-runner.js';
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
  /** Further results: the last states of a recurrent operation. */
  readonly others: readonly Value[];
}

/** The operations of a layer in order. */
export interface Trace {
  readonly calls: readonly TracedCall[];
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly parameters: ReadonlyMap<Value, Parameter>;
  /** The calls that a value is computed by, in order. */
  callsFor(value: Value): readonly TracedCall[];
  /** The dimensions of a value. */
  extents(value: Value): readonly Extent[];
}

/** Numbers of rows that are hardly lengths of something else. */
const [first, second] = [1009, 1013];

/**
 * Follows the operations of a layer, and of the mask of its output, twice with different numbers of rows, so that lengths that depend on them show.
 * @param inputs - what the inputs are
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that does not consist of operations, or where these depend on the rows
 */
export function traceOf(layer: Layer, inputs: readonly TracedInput[], dtype: DType): Trace {
  const traced = (rows: number) => tracedWith(layer, inputs, dtype, rows);
  const [a, b] = [traced(first!), traced(second!)];
  const isAlike =
    a.calls.length === b.calls.length &&
    a.calls.every((call, i) => call.operation === b.calls[i]!.operation && areAlike(call, b.calls[i]!));
  if (!isAlike)
    throw badArgument(`layer ${layer.kind}`, 'operations that are the same for any number of rows', 'others');
  const twins = new Map<Value, Value>([
    ...a.inputs.flatMap((value, i) => [
      [value, b.inputs[i]!] as const,
      ...(value.mask ? [[value.mask, b.inputs[i]!.mask!] as const] : []),
      ...(value.states ?? []).map((state, k) => [state, b.inputs[i]!.states![k]!] as const),
    ]),
    ...a.calls.flatMap((call, i) => {
      const twin = b.calls[i]!;
      return [call.result, ...call.others].map((value, k) => [value, [twin.result, ...twin.others][k]!] as const);
    }),
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
  return { ...a, extents, callsFor: (value) => callsFor(a.calls, value) };
}

/** The calls that a value depends on. */
function callsFor(calls: readonly TracedCall[], value: Value): readonly TracedCall[] {
  const needed = new Set<unknown>([value]);
  const note = (arg: unknown): void => {
    if (arg instanceof Value) needed.add(arg);
    else if (Array.isArray(arg)) arg.forEach(note);
    else if (typeof arg === 'object' && arg !== null && !ArrayBuffer.isView(arg)) Object.values(arg).forEach(note);
  };
  const found = calls.toReversed().filter(({ result, others, args }) => {
    if (![result, ...others].some((one) => needed.has(one))) return false;
    args.forEach(note);
    return true;
  });
  return found.toReversed();
}

type OneTrace = Omit<Trace, 'extents' | 'callsFor'>;

/** An input of a layer. */
export interface TracedInput {
  readonly rowShape: readonly number[];
  readonly isMasked: boolean;
  /** Whether it is an input of whole numbers, for a layer that takes both. */
  readonly isInteger: boolean;
  /** How many last states come with it: those of a recurrent layer. */
  readonly states: number;
}

function tracedWith(layer: Layer, given: readonly TracedInput[], dtype: DType, rows: number): OneTrace {
  const runner = new ShapeRunner(dtype);
  const calls: TracedCall[] = [];
  const observe = (ops: Ops) => {
    const observed = operationNames.map((name) => [
      name,
      (...args: unknown[]) => {
        const result = (ops[name] as (...args: unknown[]) => Value)(...args);
        // Some operations give a value that is there already, such as dropout by a rate of 0.
        const others = (result.states ?? []).filter((state) => state !== result);
        if (!args.includes(result)) calls.push({ operation: name, args, result, others });
        return result;
      },
    ]);
    return Object.fromEntries(observed) as Ops;
  };
  const pass = new Pass(runner, false, { observe });
  const inputs = given.map(({ rowShape, isMasked, isInteger, states }, i) => {
    const shape = [rows, ...rowShape];
    const type = layer.inputType(i) ?? (isInteger ? 'int32' : 'float32');
    const value = new Value(type === 'int32' ? runner.tensor(shape, 'int32') : runner.tensor(shape));
    if (isMasked) value.mask = new Value(runner.tensor(shape.slice(0, 2)));
    const state = [rows, rowShape.at(-1)!];
    if (states > 0) value.states = Array.from({ length: states }, () => new Value(runner.tensor(state)));
    return value;
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
