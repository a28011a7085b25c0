import { badArgument, shapeMismatch } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { requireRange } from '../core/ranges.js';
import type { NamedTensors } from '../data/named-tensors.js';
import type { Part } from '../data/part.js';
import { rowsOf } from '../data/rows.js';
import type { Model } from '../net/model.js';
import {
  type AnyTensor,
  isFloats,
  requireAnyTensor,
  requireTensor,
  Tensor,
  type TensorType,
} from '../tensor/tensor.js';

/** Labels of several outputs by their names. */
export type NamedLabels = Readonly<Record<string, Tensor>>;

/** Reads and checks the rows that a net's calls are given: one tensor, or several by name. */
export class NetRows {
  readonly #model: Pick<Model, 'params' | 'stack'>;

  constructor(model: Pick<Model, 'params' | 'stack'>) {
    this.#model = model;
  }

  /** The rows of each input in the net's order. */
  inputsFrom(x: AnyTensor | NamedTensors): readonly AnyTensor[] {
    if (x instanceof Tensor) return this.typed([x as AnyTensor]);
    const { inputs } = this.#model.stack;
    const names = inputs.map(({ name }) => name);
    if (names.includes('')) return [x as unknown as AnyTensor]; // refused for what it is
    const byName = fieldsOf('x', x, names);
    return this.typed(names.map((name) => byName[name] as AnyTensor));
  }

  /** Turns whole numbers that are floats into int32, for inputs of int32. */
  typed(tensors: readonly AnyTensor[]): readonly AnyTensor[] {
    const { stack } = this.#model;
    if (!stack.hasIndices) return tensors;
    return tensors.map((tensor, i) => {
      const { dtype, name = '' } = stack.inputs[i] ?? {};
      if (dtype !== 'int32' || !(tensor instanceof Tensor) || !isFloats(tensor)) return tensor;
      requireTensor(name || 'x', tensor);
      const fraction = tensor.data.find((number) => (number | 0) !== number);
      if (fraction !== undefined) throw badArgument(nameOf(name), 'whole numbers', fraction);
      return tensor.clone('int32');
    });
  }

  /** The labels of each output in the net's order. */
  labelsFrom(y: Tensor | NamedLabels): readonly Tensor[] {
    const names = this.#model.stack.outputs.map(({ name }) => name);
    const isAlone = y instanceof Tensor || names.length < 2;
    const labels = isAlone ? [y as Tensor] : names.map((name) => fieldsOf('y', y, names)[name] as Tensor);
    for (const [i, tensor] of labels.entries()) this.#requireDtype(isAlone ? 'y' : `y.${names[i]}`, tensor);
    if (labels.length !== names.length) throw badArgument('y', 'labels by the names of outputs', 'a Tensor');
    return labels;
  }

  /** Rows and their labels as data sets hold them, in the net's order. */
  partFrom(x: AnyTensor | NamedTensors, y: Tensor | NamedLabels): Part {
    const { inputs, outputs } = this.#model.stack;
    const rows = this.inputsFrom(x);
    this.checkInputs(rows);
    const labels = this.labelsFrom(y);
    const named = (tensors: readonly AnyTensor[], names: readonly { readonly name: string }[]) =>
      Object.fromEntries(tensors.map((tensor, i) => [names.length > 1 ? names[i]!.name : '', rowsOf(tensor)]));
    return { inputs: named(rows, inputs), targets: named(labels, outputs) };
  }

  /** Refuses rows that are no inputs of the net, in its dtype. */
  checkInputs(inputs: readonly AnyTensor[]): void {
    const { inputs: expected } = this.#model.stack;
    for (const [i, x] of inputs.entries()) {
      const isIndex = expected[i]?.dtype === 'int32';
      this.#requireDtype(expected[i]?.name || 'x', x, isIndex ? 'int32' : this.#model.params.dtype);
    }
    this.checkRows(...inputs);
  }

  /**
   * Refuses numbers of int32 inputs that the layers do not take.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the input and the range
   */
  checkRanges(inputs: readonly AnyTensor[]): void {
    const { stack } = this.#model;
    if (!stack.hasIndices) return;
    for (const [i, { name, dtype, range }] of stack.inputs.entries()) {
      const x = inputs[i];
      if (x && dtype === 'int32') requireRange(nameOf(name), x, range);
    }
  }

  /** Refuses rows of another shape, different numbers of them, none at all, and whole numbers out of range. */
  checkRows(...inputs: readonly AnyTensor[]): void {
    const [first] = inputs;
    if (first!.rows === 0) throw badArgument('x', 'at least one row', 0);
    const { inputs: expected } = this.#model.stack;
    const other = inputs.findIndex(({ rows }) => rows !== first!.rows);
    if (other > 0) {
      throw shapeMismatch(`input '${expected[other]!.name}'`, `${first!.rows} rows`, `${inputs[other]!.rows}`);
    }
    this.#model.stack.outputShapes(...inputs.map(({ shape }) => shape.slice(1)));
    this.checkRanges(inputs);
  }

  /**
   * The shape of a row of the only input.
   * @param call - what needs it, for messages
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for several inputs, or a shape that is not known
   */
  rowShapeFor(call: string): readonly number[] {
    const { inputs } = this.#model.stack;
    const rowShape = inputs.length === 1 ? inputs[0]!.rowShape : undefined;
    if (!rowShape) throw badArgument(call, 'a net with one input, whose row shape is known', 'another');
    return rowShape;
  }

  /** Refuses what is no tensor of that dtype, by default the net's, with its memory. */
  #requireDtype(name: string, tensor: AnyTensor, dtype: TensorType = this.#model.params.dtype): void {
    if (dtype === 'int32') requireAnyTensor(name, tensor);
    else requireTensor(name, tensor);
    if (tensor.dtype === dtype) return;
    throw badArgument(name, dtype === 'int32' ? 'an int32 tensor' : `a ${dtype} tensor`, `a ${tensor.dtype} one`);
  }
}

/** How messages call the rows of an input. */
const nameOf = (name: string) => (name === '' ? 'the input' : `input '${name}'`);
