// @internal
import { shapeMismatch } from '../errors.js';
import { type Ops, opsOn } from '../ops/ops.js';
import { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import type { KernelArgument, Runner } from '../runner.js';
import { type DType, Tensor, type TensorType } from '../tensor.js';
import type { Parameter } from '../weights-bias.js';

/** The circumstances of a pass, beside its inputs. */
export interface CallContext {
  /** Whether the pass is one of training. */
  readonly training: boolean;
}

/** A layer's output in operations, from its inputs and its parameters by name. */
export type Composition = (
  ops: Ops,
  inputs: readonly Value[],
  parameters: Readonly<Record<string, Value>>,
  context: CallContext,
) => Value;

/** One forward pass of a layer that is composed of operations, and the backward pass that follows it. */
export class ComposedPass {
  readonly output: Tensor;
  readonly #tape: Tape;
  readonly #input: Value;
  readonly #result: Value;
  readonly #parameters: readonly { readonly parameter: Parameter; readonly value: Value }[];

  constructor(compose: Composition, parameters: readonly Parameter[], runner: Runner, x: Tensor, training: boolean) {
    this.#tape = new Tape(runner);
    this.#input = new Value(x);
    this.#parameters = parameters.map((parameter) => ({ parameter, value: new Value(parameter.value) }));
    const byName = Object.fromEntries(this.#parameters.map(({ parameter, value }) => [parameter.name, value]));
    this.#result = compose(opsOn(this.#tape), [this.#input], byName, { training });
    this.output = this.#result.tensor;
  }

  /** Runs the backward kernels: the parameters' gradients, and the gradient of the input where it is needed. */
  backward(dy: Tensor, needsInputDelta: boolean): Tensor | null {
    const learning = this.#parameters.filter(({ parameter }) => parameter.trainable);
    const wanted = learning.map(({ parameter, value }) => ({ value, gradient: parameter.gradient }));
    const input = needsInputDelta ? [{ value: this.#input }] : [];
    const gradients = this.#tape.backward(
      [{ value: this.#result, gradient: dy.reshape(this.output.shape) }],
      [...input, ...wanted],
    );
    return needsInputDelta ? gradients[0]! : null;
  }
}

/** The row shape of a composition's output, found without computing anything. */
export function composedShape(
  compose: Composition,
  parameterShapes: Readonly<Record<string, readonly number[]>>,
  rowShape: readonly number[],
  dtype: DType,
): readonly number[] {
  const runner = new ShapeRunner(dtype);
  const rows = 2;
  const parameters = Object.entries(parameterShapes).map(([name, shape]) => [name, new Value(runner.tensor(shape))]);
  const input = new Value(runner.tensor([rows, ...rowShape]));
  const y = compose(opsOn(new Tape(runner)), [input], Object.fromEntries(parameters), { training: false });
  if (!(y instanceof Value) || y.shape[0] !== rows) {
    const received = y instanceof Value ? `shape [${y.shape.join(', ')}]` : `${y}`;
    throw shapeMismatch(`the result of call for ${rows} rows`, `a Value with ${rows} rows`, received);
  }
  return y.shape.slice(1);
}

/** Follows shapes through operations; there are no numbers. */
class ShapeRunner implements Runner {
  readonly dtype: DType;
  readonly step: KernelArgument = 0;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  tensor(shape: readonly number[]): Tensor;
  tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  tensor(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    return new Tensor(shape, type, { data: new Float32Array(0), isLaidOut: false });
  }

  run(): void {}
}
