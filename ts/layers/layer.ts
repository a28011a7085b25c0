import { badArgument, callFirst, shapeMismatch } from '../errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { EagerRunner, type Runner } from '../runner.js';
import { checkedShape, type DType, requireTensor, sizeOf, type Tensor } from '../tensor.js';
import type { Parameter, ParameterSetup } from '../weights-bias.js';
import { type CallContext, ComposedPass, type Composition, composedShape } from './composed-pass.js';
import { createFromSpecs, type ParameterSpec } from './parameter-specs.js';
import { Parameterized } from './parameterized.js';

/** Shape of one row: `[784]`, or `[channels, height, width]`. */
export type RowShape = readonly number[];

/** The description of a layer as plain JSON: the name of its class, and the options of its constructor. See `createLayer`. */
export interface LayerConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * The base of all layers. A layer defines `call`, its output in operations, from which the gradient follows; or it writes
 * its passes as calls of kernels (`forwardPass`, `backwardPass`). The runner executes or records the kernels. So both run at
 * full speed in a net, and work alone by `forward` and `backward`.
 */
export abstract class Layer extends Parameterized {
  #steps = 0; // training passes of the layer alone
  #output: Pick<Tensor, 'shape' | 'dtype'> | undefined; // of the last `forward`
  #built: { readonly input: RowShape; readonly specs: Readonly<Record<string, ParameterSpec>> } | undefined;
  #pass: ComposedPass | undefined; // the last forward pass of a layer that defines `call`

  /**
   * Returns the shape of one output row.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where such input does not fit
   */
  outputShape(input: RowShape): RowShape {
    const shapes = this.#builtFor(input);
    return composedShape(this.#composition, shapes, input, this.dtype);
  }

  /**
   * Returns the parameters that the layer learns, for input rows of these shapes; none unless a class defines it. Their
   * initial values follow the net's hyperparameters, or `init`.
   */
  build(_rowShapes: readonly RowShape[]): Readonly<Record<string, ParameterSpec>> {
    return {};
  }

  /**
   * Returns the layer's output in operations. A class defines either this, and its gradient follows by itself, or `outputShape`,
   * `forwardPass` and `backwardPass`.
   * @param ops - operations; see {@link Ops}
   * @param inputs - rows of inputs, m × input shape; a layer in a chain has one
   * @param parameters - what `build` asked for, by name
   */
  call?(ops: Ops, inputs: readonly Value[], parameters: Readonly<Record<string, Value>>, context: CallContext): Value;

  /**
   * The description from which `createLayer` makes the same layer, without weights. Where a class has none, nets with such
   * layers cannot be saved in one file; a class of your own defines it and calls `registerLayer`.
   */
  get config(): LayerConfig | undefined {
    return undefined;
  }

  /** True if its passes consist of kernels only, as those of all layers but a `PlainLayer` do. */
  get isRecordable(): boolean {
    return true;
  }

  /** Shape of one input row, or undefined where any will do. */
  get inputShape(): RowShape | undefined {
    return undefined;
  }

  /** Additions and multiplications of the forward pass of one row, where they are worth counting. */
  flopsPerRow(_input: RowShape): number {
    return 0;
  }

  /** Runs or records the kernels of the forward pass and returns the output; remembers what the backward pass needs. */
  forwardPass(runner: Runner, x: Tensor, training: boolean): Tensor {
    this.#builtFor(x.shape.slice(1));
    this.#pass = new ComposedPass(this.#composition, this.parameters, runner, x, training);
    return this.#pass.output;
  }

  /**
   * Runs or records the kernels of the backward pass: gradients of the parameters, and the delta of the input.
   * @param delta - derivative of the loss by this layer's output
   * @param needsInputDelta - false for a net's first layer, which then may return null
   */
  backwardPass(_runner: Runner, delta: Tensor, needsInputDelta: boolean): Tensor | null {
    return this.#pass!.backward(delta, needsInputDelta);
  }

  /** Returns the shapes of the parameters for rows of that shape. Once there are some, other rows are refused. */
  #builtFor(input: RowShape): Readonly<Record<string, readonly number[]>> {
    const built = this.#built;
    const isSame = built?.input.join() === checkedShape(input, 'input').join();
    if (built && !isSame && Object.keys(built.specs).length > 0) {
      const [expected, received] = [built.input, input].map((shape) => `rows of shape [${shape.join(', ')}]`);
      throw shapeMismatch('input', expected!, received!);
    }
    if (!isSame) this.#built = { input, specs: this.build([input]) };
    return this.parameterShapes!;
  }

  override get parameterShapes(): Readonly<Record<string, readonly number[]>> | undefined {
    if (!this.#built) return undefined;
    return Object.fromEntries(Object.entries(this.#built.specs).map(([name, { shape }]) => [name, shape]));
  }

  protected override createParameters(setup: ParameterSetup): Parameter[] {
    if (this.call && !this.#built) {
      throw badArgument(`the weights of layer '${this.kind}'`, 'rows that tell their shapes first', 'none');
    }
    return createFromSpecs(this.#built?.specs ?? {}, setup);
  }

  get #composition(): Composition {
    const { call } = this;
    if (!call)
      throw badArgument(`layer '${this.kind}'`, 'a class that defines call, or forwardPass', this.constructor.name);
    return call.bind(this);
  }

  /**
   * Computes the forward pass on this thread.
   * @param x - rows of inputs, m × input shape
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT` for a detached buffer, or `ERR_NET_BUSY`
   */
  forward(x: Tensor, training = true): Tensor {
    this.requireIdle('layer.forward');
    requireTensor('x', x);
    this.outputShape(x.shape.slice(1));
    const runner = new EagerRunner(this.parameters.length > 0 ? this.dtype : x.dtype, this.#steps);
    if (runner.dtype !== x.dtype) throw badArgument('x', `a ${runner.dtype} tensor`, `a ${x.dtype} one`);
    if (training) this.#steps++;
    const y = this.forwardPass(runner, x, training);
    this.#output = { shape: y.shape, dtype: y.dtype };
    return y;
  }

  /**
   * Computes the backward pass for the input of the last `forward`, on this thread.
   * @param delta - derivative of the loss by the output, m × output shape
   * @returns the derivative of the loss by the input
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for a delta of another shape, `ERR_BAD_ARGUMENT` for another dtype, a
   *   detached buffer, or without a `forward` before it, or `ERR_NET_BUSY`
   */
  backward(delta: Tensor): Tensor | null {
    this.requireIdle('layer.backward');
    requireTensor('delta', delta);
    if (!this.#output) throw callFirst('forward(x)', 'backward');
    const { shape, dtype } = this.#output;
    return this.backwardPass(new EagerRunner(dtype), deltaLike(shape, dtype, delta), true);
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
