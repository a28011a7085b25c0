import { badArgument, callFirst, shapeMismatch } from '../core/errors.js';
import { requireLayerName } from '../core/files.js';
import { definedFields } from '../core/objects.js';
import { requireRange } from '../core/ranges.js';
import { type Applicable, type InputType, Node, type RowShape } from '../graph/node.js';
import type { OutputForm } from '../graph/output-form.js';
import { Pass } from '../graph/pass.js';
import type { Parameter, ParameterSetup } from '../graph/weights-bias.js';
import type { Ops } from '../ops/ops.js';
import { Value } from '../ops/value.js';
import { EagerRunner } from '../runtime/runner.js';
import {
  type AnyTensor,
  checkedShape,
  type DType,
  isFloats,
  requireAnyTensor,
  requireTensor,
  sizeOf,
  Tensor,
} from '../tensor/tensor.js';
import { type CallContext, type Composition, composedOutput, composedShape } from './composition.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { createFromSpecs, type ParameterSpec } from './parameter-specs.js';
import { Parameterized } from './parameterized.js';

export type { RowShape } from '../graph/node.js';

/** The description of a layer as plain JSON: the name of its class, and the options of its constructor. See `createLayer`. */
export interface LayerConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The parameters that a layer learns, by name. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** One forward pass of a layer alone. */
interface OwnPass {
  readonly pass: Pass;
  readonly inputs: readonly Value[];
  readonly output: Value;
}

/**
 * The base of all layers. A layer defines `build`, its parameters, and `call`, its output in operations, from which the
 * gradient follows. A net records the operations and replays them in C++; `forward` and `backward` run them at once.
 */
export abstract class Layer extends Parameterized implements Applicable {
  #steps = 0; // training passes of the layer alone
  #built: { readonly inputs: readonly RowShape[]; readonly specs: ParameterSpecs } | undefined;
  #last: OwnPass | undefined;

  /**
   * Applies the layer to nodes of a graph. A layer that is applied several times shares its parameters.
   * @param nodes - an input of the layer, or several in order
   * @param name - of the result; by default the layer's kind and position in the net. A layer is named after the first
   *   node that it computes, a net's output after its node.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows that do not fit, `ERR_BAD_ARGUMENT` for anything but nodes
   */
  apply(nodes: Node | readonly Node[], name?: string): Node {
    const inputs: readonly Node[] = Array.isArray(nodes) ? nodes : [nodes];
    const wrong = inputs.findIndex((node) => !(node instanceof Node));
    if (wrong >= 0 || inputs.length === 0) {
      throw badArgument(
        `the inputs of ${this.kind}`,
        'one node or several, as input() and apply() make them',
        wrong >= 0 ? inputs[wrong] : '[]',
      );
    }
    if (name !== undefined) requireLayerName(name);
    for (const [i, node] of inputs.entries()) this.#requireType(i, node);
    const rowShape = this.outputShape(...inputs.map((node) => node.rowShape));
    return new Node(rowShape, { name, layer: this, inputs });
  }

  /**
   * Returns the shape of one output row. The first call sets the sizes that the constructor was not given.
   * @param inputs - shape of a row of each input
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where such input does not fit
   */
  outputShape(...inputs: readonly RowShape[]): RowShape {
    const shapes = this.buildFor(inputs);
    return composedShape(this.#composition, shapes, inputs, this.dtype, this.#types(inputs.length));
  }

  /** For losses: whether softmax or sigmoid makes the output, and the number of classes or answers. */
  outputForm(...inputs: readonly RowShape[]): OutputForm {
    if (!this.call) return { width: this.outputShape(...inputs).at(-1) ?? 1 };
    const types = this.#types(inputs.length);
    const output = composedOutput(this.#composition, this.buildFor(inputs), inputs, this.dtype, types);
    const { kind, z } = output.logits ?? {};
    return { width: (kind === 'softmax' ? z! : output).shape.slice(1).at(-1) ?? 1, kind };
  }

  /**
   * Returns the parameters that the layer learns, for input rows of these shapes; none unless a class defines it. Their
   * initial values follow the net's hyperparameters, or `init`.
   */
  build(_rowShapes: readonly RowShape[]): ParameterSpecs {
    return {};
  }

  /**
   * Returns the layer's output in operations.
   * @param ops - operations; see {@link Ops}
   * @param inputs - rows of inputs, m × input shape
   * @param parameters - what `build` asked for, by name
   */
  call?(ops: Ops, inputs: readonly Value[], parameters: Readonly<Record<string, Value>>, context: CallContext): Value;

  /**
   * Adds the layer's ONNX form to a model, and returns the name of its output. By default these are the operations of `call`;
   * a class overrides it where ONNX has something better.
   * @param inputs - the names of the values that the layer is applied to
   */
  toOnnx(onnx: OnnxBuilder, _inputs: readonly string[]): string {
    return onnx.operations();
  }

  /**
   * The description from which `createLayer` makes the same layer, without weights. Where a class has none, nets with such
   * layers cannot be saved in one file; a class of your own defines it and calls `registerLayer`.
   */
  get config(): LayerConfig | undefined {
    return undefined;
  }

  /** Its own dtype and seed, where it was given some. A net's dtype applies to all layers in it. */
  protected get ownSetup(): { readonly dtype?: DType | undefined; readonly seed?: number | undefined } {
    return {};
  }

  override get dtype(): DType {
    return this.isInNet ? super.dtype : (this.ownSetup.dtype ?? super.dtype);
  }

  /** True if it consists of operations only, as all layers but a `PlainLayer` do. */
  get isRecordable(): boolean {
    return true;
  }

  /** Whether its weights are whole numbers of 8 bits, which cannot be trained. */
  get isQuantized(): boolean {
    return false;
  }

  /** Shape of one row of its only input, once it is known; undefined where any will do. */
  get inputShape(): RowShape | undefined {
    const { inputs = [] } = this.#built ?? {};
    return inputs.length === 1 ? inputs[0] : undefined;
  }

  /** How many inputs it takes, or the least and the largest number; a layer with several inputs defines it. */
  get inputCount(): number | readonly [least: number, most: number] {
    return 1;
  }

  /**
   * The type of an input: 'float32' for numbers, in the net's dtype (default), or 'int32' for whole numbers, such as those of
   * classes; undefined where the layer takes both. A class that reads whole numbers overrides it.
   */
  inputType(_input: number): InputType | undefined {
    return 'float32';
  }

  /**
   * The least and the greatest number that an int32 input may have; undefined for any. Nets check rows before they compute.
   * @param rowShapes - of all inputs
   */
  inputRange(_input: number, ..._rowShapes: readonly RowShape[]): readonly [low: number, high: number] | undefined {
    return undefined;
  }

  /**
   * How the numbers of an input tell which steps of sequences count: 'length', how many; 'nonZero', those that are not 0;
   * undefined where they do not tell. For batches of sequences of like length.
   */
  stepsFrom(_input: number, _rowShape: RowShape): 'length' | 'nonZero' | undefined {
    return undefined;
  }

  /** The types of so many inputs, as shapes are followed. */
  #types(count: number): InputType[] {
    return Array.from({ length: count }, (_, i) => this.inputType(i) ?? 'float32');
  }

  #requireType(input: number, { dtype, layer, rowShape }: Node): void {
    const type = this.inputType(input);
    if (type === undefined || type === dtype) return;
    const written = `input(${textOf(rowShape)}, { dtype: 'int32' })`;
    const hint = type === 'float32' ? 'an EmbeddingLayer makes numbers of whole numbers' : `write ${written}`;
    const received = dtype === 'int32' ? 'an int32 one' : layer ? `the output of ${layer.kind}` : 'a float32 one';
    const expected = type === 'int32' ? 'an int32 node' : 'a float32 node';
    throw badArgument(`input ${input + 1} of ${this.kind}`, expected, received, hint);
  }

  /**
   * Whether the layer can take sequences one step at a time, as `net.stream` hands them over: each step's output depends on
   * that step alone, or on what the layer keeps in the memory of its `CallContext`. False unless a class overrides it.
   */
  get isStepwise(): boolean {
    return false;
  }

  /**
   * The inputs that a stream may give the layer as a whole sequence rather than step by step, such as the sequence that
   * attention looks at. None unless a class overrides it.
   */
  get wholeInputs(): readonly number[] {
    return [];
  }

  /**
   * Tells why a stream cannot apply the layer to one step; undefined where it can.
   * @param _isWhole - for each input, whether it is a whole sequence
   */
  stepRefusal(_isWhole: readonly boolean[]): string | undefined {
    return this.isStepwise ? undefined : 'a class of your own whose steps do not see each other sets isStepwise';
  }

  /** Additions and multiplications of the forward pass of one row, where they are worth counting. */
  flopsPerRow(..._inputs: readonly RowShape[]): number {
    return 0;
  }

  /** Runs or records the layer's operations on a pass, with the parameters that it has. For nets and layers of layers. */
  record(pass: Pass, inputs: readonly Value[]): Value {
    this.buildFor(inputs.map(({ shape }) => shape.slice(1)));
    const parameters = this.parameters.map((parameter) => [parameter.name, pass.parameter(parameter)] as const);
    const { training, memory } = pass;
    const context = { training, trainable: this.trainable, ...definedFields({ memory }) };
    const output = this.#composition(pass.ops, inputs, Object.fromEntries(parameters), context);
    // An output that is an input has its mask already.
    if (!inputs.includes(output)) output.mask ??= this.maskOf(pass.ops, inputs, output);
    return output;
  }

  /** Whether the class has a rule of its own for masks. */
  get definesMask(): boolean {
    return this.maskOf !== Layer.prototype.maskOf;
  }

  /**
   * Returns the mask of the output, m × steps: which steps of sequences count. By default that of the inputs, where the output
   * has as many steps: `[m, steps, ..]`. A class overrides it where its steps are others.
   */
  protected maskOf(ops: Ops, inputs: readonly Value[], output: Value): Value | undefined {
    if (output.rank < 3) return undefined;
    const masks = inputs.flatMap(({ mask }) => (mask && mask.shape[1] === output.shape[1] ? [mask] : []));
    const [first, ...others] = new Set(masks);
    return others.reduce((all, mask) => ops.multiply(all!, mask), first);
  }

  /**
   * Fixes the shapes of the parameters for such rows, and returns them. Once there are some, only rows that need the same
   * ones are taken.
   */
  protected buildFor(inputs: readonly RowShape[]): Readonly<Record<string, readonly number[]>> {
    const [least, most] = typeof this.inputCount === 'number' ? [this.inputCount, this.inputCount] : this.inputCount;
    if (inputs.length < least || inputs.length > most) {
      const expected = least === most ? `${least}` : Number.isFinite(most) ? `${least} to ${most}` : `${least} or more`;
      const hint = least === 1 ? 'a class of layers with several inputs defines inputCount' : undefined;
      throw badArgument(`the inputs of ${this.kind}`, expected, inputs.length, hint);
    }
    for (const shape of inputs) checkedShape(shape, 'input');
    const specs = this.build(inputs);
    const before = this.#built;
    if (!before || Object.keys(before.specs).length === 0) {
      this.#built = { inputs, specs };
    } else if (shapesOf(specs) !== shapesOf(before.specs)) {
      const [expected, received] = [before.inputs, inputs].map((shapes) => shapes.map(textOf).join(' and '));
      throw shapeMismatch('input', `rows of shape ${expected}`, `rows of shape ${received}`);
    }
    return this.parameterShapes!;
  }

  /** Whether the shapes of its parameters are known. Those of a layer that is given its sizes are from the start. */
  get isBuilt(): boolean {
    return this.#built !== undefined || !this.call || Object.keys(this.parameterShapes ?? { W: [] }).length === 0;
  }

  override get parameterShapes(): Readonly<Record<string, readonly number[]>> | undefined {
    if (!this.#built) return undefined;
    return Object.fromEntries(Object.entries(this.#built.specs).map(([name, { shape }]) => [name, shape]));
  }

  protected override createParameters(setup: ParameterSetup): Parameter[] {
    if (!this.isBuilt) {
      throw badArgument(`the weights of layer '${this.kind}'`, 'rows that tell their shapes first', 'none');
    }
    const { seed = setup.seed } = this.ownSetup;
    return createFromSpecs(this.#built?.specs ?? {}, { ...setup, dtype: this.dtype, seed });
  }

  get #composition(): Composition {
    const { call } = this;
    if (!call) throw badArgument(`layer '${this.kind}'`, 'a class that defines call', this.constructor.name);
    return call.bind(this);
  }

  /**
   * Computes the forward pass on this thread.
   * @param x - rows of inputs, m × input shape; a list of tensors for a layer with several inputs
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT` for a detached buffer, or `ERR_NET_BUSY`
   */
  forward(x: AnyTensor | readonly AnyTensor[], training = true): Tensor {
    this.requireIdle('layer.forward');
    const isList = Array.isArray(x) && x.length > 0 && x.every((one) => one instanceof Tensor);
    const tensors = (isList ? x : [x]) as readonly AnyTensor[];
    const rowShapes = tensors.map((tensor) => (tensor instanceof Tensor ? tensor.shape.slice(1) : []));
    for (const [i, tensor] of tensors.entries()) this.#requireInput(i, tensor, rowShapes);
    this.outputShape(...tensors.map(({ shape }) => shape.slice(1)));
    const first = tensors.find(isFloats);
    const dtype = this.parameters.length > 0 || !first ? this.dtype : first.dtype;
    const other = tensors.find((tensor) => isFloats(tensor) && tensor.dtype !== dtype);
    if (other) throw badArgument('x', `a ${dtype} tensor`, `a ${other.dtype} one`);
    const pass = new Pass(new EagerRunner(dtype, this.#steps), training);
    if (training) this.#steps++;
    const inputs = tensors.map((tensor) => new Value(tensor));
    const output = this.record(pass, inputs);
    this.#last = { pass, inputs, output };
    return output.tensor;
  }

  /**
   * Computes the backward pass for the input of the last `forward`, on this thread.
   * @param delta - derivative of the loss by the output, m × output shape
   * @returns the derivative of the loss by the input, by the first one where there are several; null for int32
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for a delta of another shape, `ERR_BAD_ARGUMENT` for another dtype, a
   *   detached buffer, or without a `forward` before it, or `ERR_NET_BUSY`
   */
  backward(delta: Tensor): Tensor | null {
    this.requireIdle('layer.backward');
    requireTensor('delta', delta);
    if (!this.#last) throw callFirst('forward(x)', 'backward');
    const { pass, inputs, output } = this.#last;
    const gradient = deltaLike(output.shape, output.tensor.dtype, delta);
    const [first] = inputs;
    const learning = inputs.filter(({ dtype }) => dtype !== 'int32');
    const gradients = pass.backward([{ value: output, gradient }], learning);
    return first?.dtype === 'int32' ? null : gradients[0]!;
  }

  /** Refuses a tensor of another type than the input has, and numbers out of its range. */
  #requireInput(input: number, tensor: AnyTensor, rowShapes: readonly RowShape[]): void {
    requireAnyTensor('x', tensor);
    if ((this.inputType(input) ?? tensor.dtype) !== 'int32') {
      requireTensor('x', tensor);
      return;
    }
    if (isFloats(tensor)) throw badArgument('x', 'an int32 tensor', `a ${tensor.dtype} one`);
    requireRange('x', tensor, this.inputRange(input, ...rowShapes));
  }
}

/** The delta of an output of that shape, which images may have as vectors and vectors as images. */
function deltaLike(shape: readonly number[], dtype: DType, delta: Tensor): Tensor {
  if (delta.dtype !== dtype) throw badArgument('delta', `a ${dtype} tensor`, `a ${delta.dtype} one`);
  if (delta.shape.join() === shape.join()) return delta;
  if (delta.rows !== shape[0] || delta.rowSize !== sizeOf(shape.slice(1))) {
    throw shapeMismatch('delta', `shape [${shape.join(', ')}]`, `[${delta.shape.join(', ')}]`);
  }
  return delta.reshape(shape);
}

const textOf = (shape: RowShape) => `[${shape.join(', ')}]`;

/** The shapes of parameters as text, to compare them. */
function shapesOf(specs: ParameterSpecs): string {
  return JSON.stringify(Object.entries(specs).map(([name, { shape }]) => [name, shape]));
}
