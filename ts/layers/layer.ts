import { badArgument, shapeMismatch } from '../errors.js';
import { EagerRunner, type Runner } from '../runner.js';
import { type DType, requireTensor, sizeOf, type Tensor } from '../tensor.js';
import { Parameterized } from './parameterized.js';

/** Shape of one row: `[784]`, or `[channels, height, width]`. */
export type RowShape = readonly number[];

/** The description of a layer as plain JSON: the name of its class, and the options of its constructor. See `createLayer`. */
export interface LayerConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * The base of all layers. A layer writes its passes as calls of kernels (`forwardPass`, `backwardPass`); the runner executes
 * or records them. So a layer of existing kernels runs at full speed in a net, and works alone by `forward` and `backward`.
 */
export abstract class Layer extends Parameterized {
  #steps = 0; // training passes of the layer alone
  #output: Pick<Tensor, 'shape' | 'dtype'> | undefined; // of the last `forward`

  /**
   * Returns the shape of one output row.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where such input does not fit
   */
  abstract outputShape(input: RowShape): RowShape;

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

  /** Calls the kernels of the forward pass and returns the output; remembers what the backward pass needs. */
  abstract forwardPass(runner: Runner, x: Tensor, training: boolean): Tensor;

  /**
   * Calls the kernels of the backward pass: gradients of the parameters, and the delta of the input.
   * @param delta - derivative of m · loss by this layer's output
   * @param needsInputDelta - false for a net's first layer, which then may return null
   */
  abstract backwardPass(runner: Runner, delta: Tensor, needsInputDelta: boolean): Tensor | null;

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
   * @param delta - derivative of m · loss by the output, m × output shape
   * @returns the derivative of m · loss by the input
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for a delta of another shape, `ERR_BAD_ARGUMENT` for another dtype, a
   *   detached buffer, or without a `forward` before it, or `ERR_NET_BUSY`
   */
  backward(delta: Tensor): Tensor | null {
    this.requireIdle('layer.backward');
    requireTensor('delta', delta);
    if (!this.#output) throw badArgument('backward', 'a call of forward before it', 'none');
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
