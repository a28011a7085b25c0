import { badArgument, shapeMismatch } from '../errors.js';
import { createInitializer } from '../initializers/index.js';
import { createOptimizer, type KernelOptimizer } from '../optimizers/index.js';
import { EagerRunner, type Runner } from '../runner.js';
import { type DType, sizeOf, Tensor } from '../tensor.js';
import { readWeightFile, requireSameShape, writeWeightFile } from '../weight-files.js';
import type { Parameter, ParameterSetup } from '../weights-bias.js';

/** Shape of one row: `[784]`, or `[channels, height, width]`. */
export type RowShape = readonly number[];

/** What a layer is made from, as plain JSON: the name of its class and what its constructor needs. See `createLayer`. */
export interface LayerConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * One step of a net. A layer says in kernels what its passes do (`forwardPass`, `backwardPass`); whether they run at
 * once or are recorded is the runner's affair. So a layer written from existing kernels runs at full speed in a net,
 * and alone by `forward` and `backward`.
 */
export abstract class Layer {
  /** What `summary()` calls it. */
  abstract readonly kind: string;

  #parameters: readonly Parameter[] | undefined;
  #setup: ParameterSetup = { dtype: 'float32', initializer: createInitializer('msra'), seed: 0, stream: 0 };
  #optimizer?: KernelOptimizer;
  #initial: readonly Tensor[] | undefined; // where they were loaded
  #steps = 0; // training passes of the layer alone
  #output: Pick<Tensor, 'shape' | 'dtype'> | undefined; // of the last `forward`
  #isInNet = false;

  /**
   * Shape of one output row.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where such input does not fit
   */
  abstract outputShape(input: RowShape): RowShape;

  /**
   * What `createLayer` makes the same layer from, weights aside; undefined where a class has none, so that nets with such
   * layers cannot be saved in one file. A class of your own defines one and calls `registerLayer`.
   */
  get config(): LayerConfig | undefined {
    return undefined;
  }

  /** Shapes of the parameters by name, before they are made; undefined where the class does not say. */
  get parameterShapes(): Readonly<Record<string, readonly number[]>> | undefined {
    return undefined;
  }

  /** Whether its passes are made of kernels alone: not those of a `PlainLayer`. */
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

  /** Says the kernels of the forward pass and returns the output; remembers what the backward pass needs. */
  abstract forwardPass(runner: Runner, x: Tensor, training: boolean): Tensor;

  /**
   * Says the kernels of the backward pass: gradients of the parameters, and the delta of the input.
   * @param delta - derivative of m · loss by this layer's output
   * @param needsInputDelta - false for a net's first layer, which then may return null
   */
  abstract backwardPass(runner: Runner, delta: Tensor, needsInputDelta: boolean): Tensor | null;

  /** Makes the layer's parameters; called once, when they are first needed. */
  protected createParameters(_setup: ParameterSetup): Parameter[] {
    return [];
  }

  /** What is saved and, unless it is not trainable, changed by training; in a fixed order. */
  get parameters(): readonly Parameter[] {
    this.#parameters ??= this.createParameters(this.#setup);
    return this.#parameters;
  }

  /** Makes the parameters without looking for initial values, where they are to be set right away. */
  allocateParameters(): void {
    this.#parameters ??= this.createParameters({ ...this.#setup, initializer: createInitializer('zero') });
  }

  /** How a net's hyperparameters reach the layer; existing values are kept, in the net's dtype. */
  configure(setup: ParameterSetup, optimizer: KernelOptimizer): void {
    if (this.#isInNet) throw badArgument('layer', 'a layer that is in no net yet', 'one that is in another net');
    this.#isInNet = true;
    this.#parameters = this.#parameters?.map((parameter) => parameter.to(setup.dtype));
    this.#setup = setup;
    this.#optimizer = optimizer;
  }

  /** How the net, or the layer's own options, set it up: dtype, initialiser, seed and stream of random numbers. */
  protected get setup(): ParameterSetup {
    return this.#setup;
  }

  get dtype(): DType {
    return this.#setup.dtype;
  }

  /** Whether a net's hyperparameters hold now, rather than the layer's own options. */
  protected get isInNet(): boolean {
    return this.#isInNet;
  }

  /**
   * Forward calculation, at once.
   * @param x - rows of inputs, m × input shape
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, or `ERR_BAD_ARGUMENT` for a detached buffer
   */
  forward(x: Tensor, training = true): Tensor {
    this.outputShape(x.shape.slice(1));
    const runner = new EagerRunner(this.parameters.length > 0 ? this.dtype : x.dtype, this.#steps);
    if (training) this.#steps++;
    if (runner.dtype !== x.dtype) throw badArgument('x', `a ${runner.dtype} tensor`, `a ${x.dtype} one`);
    const y = this.forwardPass(runner, x, training);
    this.#output = { shape: y.shape, dtype: y.dtype };
    return y;
  }

  /**
   * Back propagation, at once, for the input of the last `forward`.
   * @param delta - derivative of m · loss by the output, m × output shape
   * @returns the derivative of m · loss by the input
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for a delta of another shape, `ERR_BAD_ARGUMENT` for another dtype, a
   *   detached buffer, or without a `forward` before it
   */
  backward(delta: Tensor): Tensor | null {
    if (!this.#output) throw badArgument('backward', 'a call of forward before it', 'none');
    const { shape, dtype } = this.#output;
    return this.backwardPass(new EagerRunner(dtype), deltaLike(shape, dtype, delta), true);
  }

  /** What the optimizer does before the forward pass; nothing for most. */
  preUpdate(): void {
    for (const { value } of this.#trainable) this.#rule().preUpdate(value.data);
  }

  /** Changes the parameters by the gradients of the last `backward`. */
  update(): void {
    for (const { value, gradient } of this.#trainable) this.#rule().update(value.data, gradient.data);
  }

  get #trainable(): Parameter[] {
    return this.parameters.filter(({ trainable }) => trainable);
  }

  #rule(): KernelOptimizer {
    this.#optimizer ??= createOptimizer('sgd');
    return this.#optimizer;
  }

  /** The parameters' values by name. They are views: writing to them changes the layer. */
  get weights(): Record<string, Tensor> {
    return Object.fromEntries(this.parameters.map(({ name, value }) => [name, value]));
  }

  /** Gradients of the mean loss by the parameters, as the last `backward` left them. */
  get gradients(): Record<string, Tensor> {
    return Object.fromEntries(this.#trainable.map(({ name, gradient }) => [name, gradient]));
  }

  /**
   * Copies values into the parameters of those names.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name, `ERR_SHAPE_MISMATCH` for another shape
   */
  setWeights(values: Readonly<Record<string, Tensor>>): void {
    const targets = Object.entries(values).map(([name, tensor]) => {
      const parameter = this.parameters.find((candidate) => candidate.name === name);
      if (!parameter) throw badArgument('weights', this.#names(), name);
      if (!(tensor instanceof Tensor)) throw badArgument(`${this.kind} ${name}`, 'a Tensor', tensor);
      requireSameShape(`${this.kind} ${name}`, parameter.value, tensor.shape);
      return () => parameter.value.data.set(tensor.data);
    });
    for (const copy of targets) copy();
  }

  /** Writes the parameters to `<folder>/<name>.npz`; a layer without any writes nothing. */
  async saveWeights(folder: string, name: string): Promise<void> {
    await writeWeightFile(folder, name, this.parameters);
  }

  /** Reads what {@link Layer.saveWeights}, or NumPy's `savez`, wrote. Changes nothing unless all of it fits. */
  async loadWeights(folder: string, name: string): Promise<void> {
    (await this.readWeights(folder, name))();
  }

  /**
   * The first half of {@link Layer.loadWeights}: reads and checks the file.
   * @returns the second half, which copies the values
   */
  readWeights(folder: string, name: string): Promise<() => void> {
    return readWeightFile(folder, name, this.parameters);
  }

  /**
   * Writes the values that the parameters began with, as `saveWeights` writes their present ones: what the initialiser
   * gave them, or what `loadInitialValues` read.
   */
  async saveInitialValues(folder: string, name: string): Promise<void> {
    const initial = this.#initial ?? this.createParameters(this.#setup).map(({ value }) => value);
    await writeWeightFile(folder, name, this.parameters, initial);
  }

  /** Starts anew from values in a file: they become the weights and the initial values. All of them or none. */
  async loadInitialValues(folder: string, name: string): Promise<void> {
    (await this.readInitialValues(folder, name))();
  }

  /** The first half of {@link Layer.loadInitialValues}, as {@link Layer.readWeights} is of `loadWeights`. */
  async readInitialValues(folder: string, name: string): Promise<() => void> {
    const copy = await this.readWeights(folder, name);
    return () => {
      copy();
      this.#initial = this.parameters.map(({ value }) => value.clone());
    };
  }

  #names(): string {
    return this.parameters.length > 0 ? this.parameters.map(({ name }) => name).join(' or ') : 'no name';
  }
}

/** The delta of an output of that shape, which images may have as vectors and vectors as images. */
function deltaLike(shape: readonly number[], dtype: DType, delta: Tensor): Tensor {
  if (!(delta instanceof Tensor)) throw badArgument('delta', 'a Tensor', delta);
  if (delta.dtype !== dtype) throw badArgument('delta', `a ${dtype} tensor`, `a ${delta.dtype} one`);
  if (delta.shape.join() === shape.join()) return delta;
  if (delta.rows !== shape[0] || delta.rowSize !== sizeOf(shape.slice(1))) {
    throw shapeMismatch('delta', `shape [${shape.join(', ')}]`, `[${delta.shape.join(', ')}]`);
  }
  return delta.reshape(shape);
}
