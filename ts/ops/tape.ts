import { badArgument } from '../core/errors.js';
import { kernelOf, type Precision } from '../runtime/precision.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import { arrayOf, Tensor } from '../tensor/tensor.js';
import { Value, type ValueOrNumber } from './value.js';

/** Writes a gradient to `target`, or adds it where `accumulate` is 1. */
export type GradientPass = (target: Tensor, accumulate: 0 | 1) => void;

/** Writes several gradients to `targets`, or adds them where `accumulate` is 1. */
export type GradientsPass = (targets: readonly Tensor[], accumulate: 0 | 1) => void;

/** A value in which a backward pass begins, and the gradient of the loss by it, of the value's shape. */
export interface Seed {
  readonly value: Value;
  readonly gradient: Tensor;
}

/** A value whose gradient is wanted, and where to write it; a new tensor where nothing is given. */
export interface Wanted {
  readonly value: Value;
  readonly gradient?: Tensor | undefined;
}

interface Entry {
  readonly operands: readonly Value[];
  readonly outputs: readonly Value[];
  /** Of its products, forward and backward. */
  readonly precision: Precision;
  /** Runs the kernels that bring the gradients of the outputs to the operands. An output of no use has none. */
  readonly backward: (dys: readonly (Tensor | undefined)[]) => void;
}

interface Gradient {
  tensor: Tensor;
  /** False where another value has the same memory, which then must not be added to. */
  isOwn: boolean;
}

/**
 * Records operations so that their derivatives can follow. Forward kernels go to the runner at once, which executes or
 * records them; `backward` then runs the backward kernels in reverse order. What the backward pass of an operation needs
 * lives in its closure, so that a layer may be applied any number of times.
 */
export class Tape {
  readonly runner: Runner;
  /** Of the products of operations that are added from now on, and of their gradients. */
  precision: Precision = 'float32';
  readonly #entries: Entry[] = [];
  readonly #constants = new Map<number, Value>();
  /** Values on the way from what is wanted to the output. */
  readonly #needed = new Set<Value>();
  readonly #targets = new Map<Value, Tensor>();
  readonly #gradients = new Map<Value, Gradient>();

  constructor(runner: Runner) {
    this.runner = runner;
  }

  /** The value itself, or a number as a value of shape []. */
  valueOf(name: string, operand: ValueOrNumber): Value {
    if (operand instanceof Value) return operand;
    if (typeof operand !== 'number') throw badArgument(name, 'a Value or a number', operand);
    const known = this.#constants.get(operand);
    if (known) return known;
    const constant = new Value(Tensor.from(arrayOf(this.runner.dtype).of(operand), []));
    this.#constants.set(operand, constant);
    return constant;
  }

  /** Runs a kernel at once, or records it. */
  run(kernel: string, args: Readonly<Record<string, KernelArgument>>): void {
    this.runner.run(kernel, args);
  }

  /** Runs or records a kernel of products, which has a twin for each precision. */
  runProduct(kernel: string, args: Readonly<Record<string, KernelArgument>>): void {
    this.run(kernelOf(kernel, this.precision), args);
  }

  /**
   * Adds an operation.
   * @param shape - of its result
   * @param forward - runs the kernels that write the result
   * @param backward - runs the kernels that bring dy, the gradient of the result y, to the operands, by `addGradient`
   */
  operation(
    shape: readonly number[],
    operands: readonly Value[],
    forward: (y: Tensor) => void,
    backward?: (dy: Tensor, y: Tensor) => void,
  ): Value {
    const y = this.runner.tensor(shape);
    forward(y);
    return this.result(y, operands, backward);
  }

  /** Adds an operation whose result is its operand's numbers in another shape, in the same memory. */
  view(operand: Value, shape: readonly number[]): Value {
    return this.result(operand.tensor.reshape(shape), [operand], (dy) =>
      this.shareGradient(operand, dy.reshape(operand.shape)),
    );
  }

  /** Adds an operation whose result is there already. */
  result(y: Tensor, operands: readonly Value[], backward?: (dy: Tensor, y: Tensor) => void): Value {
    return this.results([y], operands, backward && (([dy]) => backward(dy!, y)))[0]!;
  }

  /** Adds an operation of several results, which are there already. Those that nothing depends on have no gradient. */
  results(
    tensors: readonly Tensor[],
    operands: readonly Value[],
    backward?: (dys: readonly (Tensor | undefined)[]) => void,
  ): readonly Value[] {
    const outputs = tensors.map((tensor) => new Value(tensor));
    if (backward) this.#entries.push({ operands, outputs, precision: this.precision, backward });
    return outputs;
  }

  /** Whether the gradient by a value is of use in the present `backward`. */
  needs(value: Value): boolean {
    return this.#needed.has(value);
  }

  /** Adds a contribution to a value's gradient: the first one writes it, further ones add to it. */
  addGradient(value: Value, pass: GradientPass): void {
    if (!this.needs(value)) return;
    const gradient = this.#gradients.get(value);
    if (!gradient) {
      const tensor = this.#targetOf(value);
      pass(tensor, 0);
      this.#gradients.set(value, { tensor, isOwn: true });
      return;
    }
    if (!gradient.isOwn) this.#makeOwn(gradient);
    pass(gradient.tensor, 1);
  }

  /**
   * Adds contributions to the gradients of several values, which one kernel computes together. Where only some of them have
   * one already, or one of them is there twice, they are computed to tensors of their own first.
   */
  addGradients(values: readonly Value[], pass: GradientsPass): void {
    const needed = values.filter((value) => this.needs(value));
    const begun = needed.flatMap((value) => this.#gradients.get(value) ?? []);
    if (needed.length === 0) return;
    const isOnce = new Set(needed).size === needed.length;
    if (isOnce && (begun.length === 0 || begun.length === needed.length)) {
      for (const gradient of begun) if (!gradient.isOwn) this.#makeOwn(gradient);
      const targets = values.map((value) => this.#gradients.get(value)?.tensor ?? this.#targetOf(value));
      pass(targets, begun.length === 0 ? 0 : 1);
      for (const value of needed) this.#gradients.set(value, { tensor: targets[values.indexOf(value)]!, isOwn: true });
      return;
    }
    const targets = values.map((value) => this.runner.tensor(value.shape));
    pass(targets, 0);
    for (const [i, value] of values.entries()) this.shareGradient(value, targets[i]!);
  }

  /** Adds a contribution by a kernel that cannot add to what is there. */
  addOverwritten(value: Value, pass: (target: Tensor) => void): void {
    this.addGradients(
      [value],
      this.overwriting(([target]) => pass(target!)),
    );
  }

  /** Makes a pass of kernels that cannot add to what is there: what they write is added where it must be. */
  overwriting(pass: (targets: readonly Tensor[]) => void): GradientsPass {
    return (targets, accumulate) => {
      if (accumulate === 0) {
        pass(targets);
        return;
      }
      const written = targets.map(({ shape }) => this.runner.tensor(shape));
      pass(written);
      for (const [i, target] of targets.entries()) this.copy(written[i]!, target, 1);
    };
  }

  /** The memory for a value's gradient where it is needed, and otherwise memory that nobody reads. */
  #targetOf(value: Value): Tensor {
    return this.#targets.get(value) ?? this.runner.tensor(value.shape);
  }

  /** Notes that the memory for a value's gradient holds it: the code of a `PlainLayer` has written it. */
  hasGradient(value: Value): void {
    if (this.needs(value)) this.#gradients.set(value, { tensor: this.#targetOf(value), isOwn: true });
  }

  /** Adds a tensor of the value's shape to its gradient. A first contribution is taken as it is, without a copy. */
  shareGradient(value: Value, tensor: Tensor): void {
    if (!this.needs(value)) return;
    if (this.#gradients.has(value) || this.#targets.has(value)) {
      this.addGradient(value, (target, accumulate) => this.copy(tensor, target, accumulate));
    } else {
      this.#gradients.set(value, { tensor, isOwn: false });
    }
  }

  /** y = (y +) x, for tensors of one size. */
  copy(x: Tensor, y: Tensor, accumulate: 0 | 1): void {
    this.run('scaled_copy', { x: x.reshape([x.size]), y: y.reshape([y.size]), factor: 1, accumulate });
  }

  #makeOwn(gradient: Gradient): void {
    const tensor = this.runner.tensor(gradient.tensor.shape);
    this.copy(gradient.tensor, tensor, 0);
    gradient.tensor = tensor;
    gradient.isOwn = true;
  }

  /**
   * Runs the backward kernels of all operations between what is wanted and the seeds, from the last to the first.
   * @returns the gradients in the order of `wanted`; zeros where no seed depends on a value
   */
  backward(seeds: readonly Seed[], wanted: readonly Wanted[]): Tensor[] {
    for (const memory of [this.#needed, this.#targets, this.#gradients]) memory.clear();
    for (const { value, gradient } of wanted) {
      this.#needed.add(value);
      if (gradient) this.#targets.set(value, gradient);
    }
    for (const entry of this.#entries) {
      if (!entry.operands.some((operand) => this.needs(operand))) continue;
      for (const output of entry.outputs) this.#needed.add(output);
    }
    for (const { value, gradient } of seeds) this.shareGradient(value, gradient);
    const { precision } = this;
    for (const entry of this.#entries.toReversed()) {
      const dys = entry.outputs.map((output) => this.#gradients.get(output)?.tensor);
      this.precision = entry.precision;
      if (dys.some((dy) => dy !== undefined)) entry.backward(dys);
    }
    this.precision = precision;
    return wanted.map(({ value }) => this.#gradients.get(value)?.tensor ?? this.#zeros(value));
  }

  #zeros(value: Value): Tensor {
    const zeros = this.#targetOf(value);
    this.run('fill', { y: zeros.reshape([zeros.size]), value: 0 });
    return zeros;
  }
}
