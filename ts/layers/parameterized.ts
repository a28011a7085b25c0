// @internal
import { badArgument } from '../core/errors.js';
import type { LayerLearning, Parameter, ParameterSetup } from '../graph/weights-bias.js';
import { createInitializer } from '../initializers/index.js';
import { createOptimizer, type KernelOptimizer } from '../optimizers/index.js';
import { type DType, requireTensor, type Tensor } from '../tensor/tensor.js';
import { readWeightFile, requireSameShape, writeWeightFile } from './weight-files.js';

/** The parameters of a layer: their initial values, their updates, and their files. */
export abstract class Parameterized {
  /** The name of its kind in `summary()`; the class name unless the class sets another. */
  readonly kind: string = this.constructor.name;

  #parameters: readonly Parameter[] | undefined;
  #setup: ParameterSetup = { dtype: 'float32', initializer: createInitializer('msra'), seed: 0, stream: 0 };
  #optimizer: KernelOptimizer | undefined;
  #initial: readonly Tensor[] | undefined; // where the present setup does not make them
  #isInNet = false;
  #requireIdle: (call: string) => void = () => {};
  readonly #learning: LayerLearning = { trainable: true, learningRateFactor: 1 };
  #learningChanges: () => void = () => {};

  /** Shapes of the parameters by name, known before they are made; undefined where the class does not tell them. */
  get parameterShapes(): Readonly<Record<string, readonly number[]>> | undefined {
    return undefined;
  }

  /** Creates the layer's parameters; called once, when they are first needed. */
  protected createParameters(_setup: ParameterSetup): Parameter[] {
    return [];
  }

  /** The parameters in a fixed order: all are saved, and those that are trainable are changed by training. */
  get parameters(): readonly Parameter[] {
    this.#parameters ??= this.#create(this.#setup);
    return this.#parameters;
  }

  #create(setup: ParameterSetup): Parameter[] {
    const parameters = this.createParameters(setup);
    for (const parameter of parameters) parameter.learning = this.#learning;
    return parameters;
  }

  /**
   * False freezes the layer: `train` and the net's other calls leave its parameters as they are, running statistics
   * included, and compute no gradients for them; batch norm takes its running statistics in training, too. Default true.
   * A change begins new plans, and the optimizer's memory starts anew.
   * @throws BlasnetError `ERR_BAD_ARGUMENT`, `ERR_NET_BUSY`
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
   * net.addLayer(new FullyConnectedLayer(4, 8), 'body').addLayer(new FullyConnectedLayer(8, 1), 'head');
   * net.getLayer('body').trainable = false; // `train` changes the head only
   * Object.keys(net.getLayer('body').gradients); // → []
   * ```
   */
  get trainable(): boolean {
    return this.#learning.trainable;
  }
  set trainable(trainable: boolean) {
    if (typeof trainable !== 'boolean') throw badArgument('trainable', 'true or false', trainable);
    this.#learn('trainable', { trainable });
  }

  /**
   * Multiplies the learning rate for the layer's parameters, such as 0.1 for a layer that is trained already; default 1.
   * adaDelta has no learning rate, and takes no notice. A change begins new plans, and the optimizer's memory starts anew.
   * @throws BlasnetError `ERR_BAD_ARGUMENT`, `ERR_NET_BUSY`
   */
  get learningRateFactor(): number {
    return this.#learning.learningRateFactor;
  }
  set learningRateFactor(learningRateFactor: number) {
    if (!(Number.isFinite(learningRateFactor) && learningRateFactor > 0)) {
      const hint = 'trainable = false freezes a layer';
      throw badArgument('learningRateFactor', 'a finite number above 0', learningRateFactor, hint);
    }
    this.#learn('learningRateFactor', { learningRateFactor });
  }

  #learn(name: keyof LayerLearning, change: Partial<LayerLearning>): void {
    this.requireIdle(`layer.${name}`);
    if (change[name] === this.#learning[name]) return;
    Object.assign(this.#learning, change);
    this.#learningChanges();
  }

  /** `trainable` and `learningRateFactor` where they are not the defaults, as the fields of a config. */
  get ownLearning(): Readonly<Partial<LayerLearning>> {
    const { trainable, learningRateFactor } = this.#learning;
    return { ...(!trainable && { trainable }), ...(learningRateFactor !== 1 && { learningRateFactor }) };
  }

  /** Creates the parameters with zeros, where they are about to be set. */
  allocateParameters(): void {
    this.#parameters ??= this.#create({ ...this.#setup, initializer: createInitializer('zero') });
  }

  /**
   * Applies a net's hyperparameters to the layer. Existing values are kept, in the net's dtype, and are its initial values.
   * @param requireIdle - throws while the net computes with the layer's memory, and what is called has to wait
   * @param learningChanges - is called after a change of what is trained, and how
   */
  configure(
    setup: ParameterSetup,
    optimizer: KernelOptimizer,
    requireIdle = this.#requireIdle,
    learningChanges = this.#learningChanges,
  ): void {
    if (this.#isInNet) throw badArgument('layer', 'a layer that is in no net yet', 'one that is in another net');
    const parameters = this.#parameters?.map((parameter) => parameter.to(setup.dtype));
    const initial = this.#initial ?? parameters?.map(({ value }) => value);
    this.#initial = initial?.map((value) => value.clone(setup.dtype));
    this.#parameters = parameters;
    this.#isInNet = true;
    this.#setup = setup;
    this.#optimizer = optimizer;
    this.#requireIdle = requireIdle;
    this.#learningChanges = learningChanges;
  }

  /** Ends what `configure` began: the layer keeps its weights in memory of its own, and another net may take it. */
  release(): void {
    this.#parameters = this.#parameters?.map((parameter) => parameter.to(parameter.value.dtype));
    this.#isInNet = false;
    this.#optimizer = undefined;
    this.#requireIdle = () => {};
    this.#learningChanges = () => {};
  }

  /** Dtype, initialiser, seed and stream of random numbers, from the net or the layer's own options. */
  protected get setup(): ParameterSetup {
    return this.#setup;
  }

  get dtype(): DType {
    return this.#setup.dtype;
  }

  /** True if a net's hyperparameters apply, rather than the layer's own options. */
  get isInNet(): boolean {
    return this.#isInNet;
  }

  /** @throws BlasnetError `ERR_NET_BUSY` while the net that the layer is in computes with its memory */
  protected requireIdle(call: string): void {
    this.#requireIdle(call);
  }

  /**
   * Prepares the parameters for the forward pass, as the optimizer needs it; most need nothing.
   * @throws BlasnetError `ERR_NET_BUSY`
   */
  preUpdate(): void {
    this.requireIdle('layer.preUpdate');
    for (const { value } of this.#trained) this.#rule().preUpdate(value.data);
  }

  /**
   * Updates the parameters with the gradients of the last `backward`.
   * @throws BlasnetError `ERR_NET_BUSY`
   */
  update(): void {
    this.requireIdle('layer.update');
    for (const { value, gradient, penalized, learning, rowSize } of this.#trained) {
      const { learningRateFactor } = learning;
      this.#rule().update(value.data, gradient.data, { isWeight: penalized, learningRateFactor, rowSize });
    }
  }

  get #trained(): Parameter[] {
    return this.parameters.filter(({ isTrained }) => isTrained);
  }

  #rule(): KernelOptimizer {
    this.#optimizer ??= createOptimizer('sgd');
    return this.#optimizer;
  }

  /** The parameters' values by name. They are views: writing to them changes the layer. */
  get weights(): Record<string, Tensor> {
    return Object.fromEntries(this.parameters.map(({ name, value }) => [name, value]));
  }

  /** Gradients of the mean loss by the parameters that are trained, as the last `backward` left them. */
  get gradients(): Record<string, Tensor> {
    return Object.fromEntries(this.#trained.map(({ name, gradient }) => [name, gradient]));
  }

  /**
   * Copies values into the parameters of those names.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or a detached buffer, `ERR_SHAPE_MISMATCH` for another
   *   shape, `ERR_NET_BUSY`; nothing is changed then
   */
  setWeights(values: Readonly<Record<string, Tensor>>): void {
    this.requireIdle('layer.setWeights');
    if (values === null || typeof values !== 'object') throw badArgument('weights', 'tensors by name', values);
    const targets = Object.entries(values).map(([name, tensor]) => {
      const parameter = this.parameters.find((candidate) => candidate.name === name);
      if (!parameter) throw badArgument('weights', this.#names(), name);
      requireTensor(`${this.kind} ${name}`, tensor);
      requireTensor(`the layer's ${name}`, parameter.value);
      requireSameShape(`${this.kind} ${name}`, parameter.value, tensor.shape);
      return () => parameter.value.data.set(tensor.data);
    });
    for (const copy of targets) copy();
  }

  /** Saves the parameters to `<folder>/<name>.npz`; a layer without any writes nothing. */
  async saveWeights(folder: string, name: string): Promise<void> {
    await writeWeightFile(folder, name, this.parameters);
  }

  /**
   * Loads what `saveWeights`, or NumPy's `savez`, wrote. Changes nothing unless all of it fits.
   * @throws BlasnetError `ERR_BAD_FILE`, `ERR_SHAPE_MISMATCH` or `ERR_NET_BUSY`
   */
  async loadWeights(folder: string, name: string): Promise<void> {
    this.requireIdle('layer.loadWeights');
    const copy = await this.readWeights(folder, name);
    this.requireIdle('layer.loadWeights'); // a train may have begun meanwhile
    copy();
  }

  /**
   * The first half of `loadWeights`: reads and checks the file.
   * @returns the second half, which copies the values
   */
  readWeights(folder: string, name: string): Promise<() => void> {
    return readWeightFile(folder, name, this.parameters);
  }

  /**
   * Saves the values that the parameters started with, as `saveWeights` saves their present ones: those that
   * `loadInitialValues` read, or else those when the layer was added to a net, or else those of the initialiser.
   */
  async saveInitialValues(folder: string, name: string): Promise<void> {
    await writeWeightFile(folder, name, this.parameters, this.initialValues());
  }

  /** The values that the parameters started with, in the order of `parameters`; see `saveInitialValues`. */
  initialValues(): readonly Tensor[] {
    return this.#initial ?? this.firstValues();
  }

  /** Makes the values that the present setup begins with anew. */
  protected firstValues(): readonly Tensor[] {
    return this.createParameters(this.#setup).map(({ value }) => value);
  }

  /**
   * Starts again from values in a file: they become the weights and the initial values. All of them or none.
   * @throws BlasnetError `ERR_BAD_FILE`, `ERR_SHAPE_MISMATCH` or `ERR_NET_BUSY`
   */
  async loadInitialValues(folder: string, name: string): Promise<void> {
    this.requireIdle('layer.loadInitialValues');
    const copy = await this.readInitialValues(folder, name);
    this.requireIdle('layer.loadInitialValues'); // a train may have begun meanwhile
    copy();
  }

  /** The first half of `loadInitialValues`, as `readWeights` is of `loadWeights`. */
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
