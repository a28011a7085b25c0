// @internal

import type { OperationParameter, OperationStep } from '../../layers/index.js';
import { type Ops, operationNames, opsOn } from '../../ops/ops.js';
import { ShapeRunner } from '../../ops/shape-runner.js';
import { Tape } from '../../ops/tape.js';
import { Value } from '../../ops/value.js';
import { EagerRunner } from '../../runtime/runner.js';
import { type DType, type FloatArray, sizeOf, Tensor, type TensorType } from '../../tensor/tensor.js';
import type { Budget } from './budget.js';
import type { ConstantValue } from './constant.js';

/** One dimension: a length, or the number of rows, which is known only when the net predicts. */
export type Length = number | 'rows';

/** Operations as importers call them: a shape may hold the number of rows. */
export interface RowOps extends Omit<Ops, 'reshape'> {
  reshape(x: Value, shape: readonly Length[]): Value;
}

/** Rows in the shapes of a recording: a number that hardly any constant has as a length. */
export const recordedRows = 1009;

/** Operations that take numbers in place of values; others take a constant as a parameter. */
const numeric: ReadonlySet<string> = new Set<keyof Ops>([
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'maximum',
  'minimum',
  'greater',
  'greaterOrEqual',
  'less',
  'lessOrEqual',
  'equal',
  'where',
  'prelu',
]);

/** Records operations as the steps of an `OperationLayer`. There are shapes but no numbers. */
export class Recorder {
  readonly ops: RowOps;
  readonly steps: OperationStep[] = [];
  readonly parameters: Record<string, OperationParameter> = {};
  /** The numbers of the parameters. */
  readonly constants: Record<string, ConstantValue> = {};
  readonly #runner: ShapeRunner;
  readonly #references = new Map<Value, unknown>();
  readonly #constants = new Map<Value, ConstantValue>();
  #inputs = 0;

  constructor(dtype: DType) {
    this.#runner = new ShapeRunner(dtype);
    const real = opsOn(new Tape(this.#runner));
    const recording = operationNames.map((name) => [
      name,
      (...args: readonly unknown[]) => {
        const result = (real[name] as (...args: unknown[]) => Value)(...args.map(withRows));
        const step = { operation: name, arguments: args.map((arg) => this.#encoded(arg, name)) };
        this.#references.set(result, { result: this.steps.length });
        this.steps.push(step);
        return result;
      },
    ]);
    this.ops = Object.fromEntries(recording) as RowOps;
  }

  /** The next input of the layer. */
  input(rowShape: readonly number[], type: TensorType = this.#runner.dtype): Value {
    const value = new Value(this.#runner.tensor([recordedRows, ...rowShape], type));
    this.#references.set(value, { input: this.#inputs++ });
    return value;
  }

  /** A constant, which becomes a number or a parameter of the layer where it is used. */
  constant(constant: ConstantValue): Value {
    const { values } = constant;
    const isInfinite = (value: number) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
    if (values.length > 1 && Array.prototype.some.call(values, isInfinite)) return this.#infinite(constant);
    const value = new Value(this.#runner.tensor(constant.shape));
    this.#constants.set(value, constant);
    return value;
  }

  /** A constant with infinite numbers, such as those of a mask: parameters have none, so that operations put them in. */
  #infinite({ shape, values, isFloat }: ConstantValue): Value {
    const given = Float64Array.from(values);
    const of = (numbers: Float64Array) => this.constant({ kind: 'constant', shape, values: numbers, isFloat });
    return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].reduce(
      (value, infinite) =>
        given.includes(infinite)
          ? this.ops.where(of(given.map((one) => Number(one === infinite))), infinite, value)
          : value,
      of(given.map((one) => (Math.abs(one) === Number.POSITIVE_INFINITY ? 0 : one))),
    );
  }

  /** The steps that a result takes, and their parameters. */
  upTo(result: Value): {
    readonly steps: readonly OperationStep[];
    readonly parameters: Readonly<Record<string, OperationParameter>>;
  } {
    const reference = this.#references.get(result) as { readonly result: number };
    const steps = this.steps.slice(0, reference.result + 1);
    const text = JSON.stringify(steps);
    const used = Object.entries(this.parameters).filter(([name]) => text.includes(`{"parameter":"${name}"}`));
    return { steps, parameters: Object.fromEntries(used) };
  }

  #encoded(arg: unknown, operation: string): unknown {
    if (arg instanceof Value) {
      const constant = this.#constants.get(arg);
      if (constant?.values.length === 1 && numeric.has(operation)) return encodedNumber(constant.values[0]!);
      if (constant && !this.#references.has(arg)) this.#references.set(arg, this.#parameter(constant));
      return this.#references.get(arg);
    }
    if (typeof arg === 'number') return encodedNumber(arg);
    if (arg instanceof Int32Array) return Array.from(arg);
    if (Array.isArray(arg)) return arg.map((one) => this.#encoded(one, operation));
    if (typeof arg !== 'object' || arg === null) return arg;
    return Object.fromEntries(Object.entries(arg).map(([name, one]) => [name, this.#encoded(one, operation)]));
  }

  #parameter(constant: ConstantValue): unknown {
    const name = `C${Object.keys(this.parameters).length + 1}`;
    const { shape, isWeight = false } = constant;
    this.parameters[name] = { shape, ...(!isWeight && { trainable: false }) };
    this.constants[name] = constant;
    return { parameter: name };
  }
}

/** Operations on constants, which compute at once. */
export function eagerOps(
  dtype: DType,
  budget: Budget,
): { readonly ops: RowOps; constant(constant: ConstantValue): Value } {
  return {
    ops: opsOn(new Tape(new CountingRunner(dtype, budget))) as RowOps,
    constant: ({ shape, values }) => new Value(Tensor.from(toFloats(values), shape, dtype)),
  };
}

/** Counts the memory of results before they get it. */
class CountingRunner extends EagerRunner {
  readonly #budget: Budget;

  constructor(dtype: DType, budget: Budget) {
    super(dtype);
    this.#budget = budget;
  }

  override tensor(shape: readonly number[]): Tensor;
  override tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  override tensor(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    this.#budget.take(8 * sizeOf(shape));
    return super.tensor(shape, type);
  }
}

function toFloats(values: ArrayLike<number>): FloatArray {
  return values instanceof Float32Array || values instanceof Float64Array ? values : Float64Array.from(values);
}

const withRows = (arg: unknown) => (Array.isArray(arg) ? arg.map((one) => (one === 'rows' ? recordedRows : one)) : arg);

const encodedNumber = (value: number) => (Number.isFinite(value) ? value : { number: String(value) });
