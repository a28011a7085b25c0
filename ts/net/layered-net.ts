import { badArgument, callFirst, shapeMismatch } from '../errors.js';
import { HyperParameters, optimizerOf } from '../hyper-parameters.js';
import { createInitializer } from '../initializers/index.js';
import type { Layer } from '../layers/index.js';
import { noClassWeights } from '../losses/class-weights.js';
import { objectiveOf } from '../losses/objective.js';
import { EagerRunner } from '../runner.js';
import { Schedule } from '../schedules/schedule.js';
import { requireTensor, type Tensor } from '../tensor.js';
import { requireFiniteGradients } from '../training/not-finite.js';
import { TrainingState } from '../training/training-state.js';
import { Busy } from './busy.js';
import { LayerStack } from './layer-stack.js';
import { backwardPass, type Model, stepUpdatePass } from './model.js';
import { summarize } from './summary.js';

/** The layers of a net in order, and its passes one at a time: forward, backward, update. */
export abstract class LayeredNet {
  readonly params: HyperParameters;
  readonly name: string;
  protected readonly model: Model;
  protected readonly busy: Busy;
  /** Of the last forward, while the layers remember what it computed. */
  protected output: Tensor | undefined;
  /** The step that `preUpdateWeights` has prepared. */
  #preparedStep = -1;
  /** The weights of the last forward: those that the net holds, those that are trained, or ahead of them. */
  #place: 'held' | 'trained' | 'ahead' = 'held';

  constructor(params: HyperParameters, name: string) {
    if (!(params instanceof HyperParameters)) throw badArgument('params', 'HyperParameters', params);
    if (typeof name !== 'string') throw badArgument('name', 'a string', name);
    this.params = params;
    this.name = name;
    this.busy = new Busy(name);
    const { dtype, netType, learningRateSchedule } = params;
    const optimizer = optimizerOf(params);
    this.model = {
      params,
      stack: new LayerStack(dtype, optimizer.excludesBiasAndNorm),
      objective: objectiveOf(netType),
      optimizer,
      schedule: learningRateSchedule && new Schedule(learningRateSchedule),
      state: new TrainingState(optimizer, params),
    };
  }

  /** The layers in order. */
  get layers(): readonly Layer[] {
    return this.model.stack.layers.map(({ layer }) => layer);
  }

  /** The layers' names, in the same order. */
  get layerNames(): readonly string[] {
    return this.model.stack.layers.map(({ name }) => name);
  }

  /**
   * Adds a layer at the end. The net's hyperparameters initialise it unless it has weights already.
   * @param name - also the name of its weight file; default: its kind and position
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where sizes do not chain, `ERR_BAD_ARGUMENT` for a name or layer that
   *   the net has already
   * @example
   * ```ts
   * import { ClassificationLayer, FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'multipleClassifier' }), 'irises');
   * net.addLayer(new FullyConnectedLayer(4, 3), 'fc').addLayer(new ClassificationLayer('softmax'), 'softmax');
   * net.layerNames; // → [ 'fc', 'softmax' ]
   * net.addLayer(new FullyConnectedLayer(5, 1)); // throws ERR_SHAPE_MISMATCH
   * ```
   */
  addLayer(layer: Layer, name?: string): this {
    this.busy.requireIdle('addLayer');
    const { stack, optimizer } = this.model;
    const { dtype, initMethod, seed } = this.params;
    const position = stack.layers.length;
    stack.add(layer, name ?? `${layer?.kind?.replaceAll(' ', '-')}-${position + 1}`, () => {
      const setup = { dtype, initializer: createInitializer(initMethod), seed, stream: position + 1 };
      layer.configure(setup, optimizer, (call) => this.busy.requireIdle(call));
    });
    this.layersChanged();
    return this;
  }

  /**
   * Returns the layer of that name.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name; the message lists the names
   */
  getLayer(name: string): Layer {
    return this.model.stack.find(name);
  }

  /**
   * Computes the forward pass of all layers, layer by layer, on this thread.
   * @param x - rows of inputs
   * @param training - whether dropout and batch norm work as in training; default true
   * @returns the net's output, rows × outputs
   */
  forward(x: Tensor, training = true): Tensor {
    this.busy.requireIdle('forward');
    this.checkInput(x);
    if (training) this.weightsChange(); // running statistics
    const isPrepared = this.#preparedStep === this.model.state.slots.get('step');
    this.#place = isPrepared ? 'ahead' : training ? 'trained' : 'held';
    this.output = this.#withWeightsOfForward((runner) => this.model.stack.forwardPass(runner, x, training).a);
    return this.output;
  }

  /**
   * Computes the backward pass for the rows of the last `forward`, and leaves the gradients in the layers.
   * @param y - the labels of these rows
   */
  backward(y: Tensor): void {
    this.busy.requireIdle('backward');
    if (!this.output) throw callFirst('forward(x)', 'backward');
    this.requireDtype('y', y);
    if (y.rows !== this.output.rows || y.rowSize !== this.output.rowSize) {
      throw shapeMismatch('y', `shape [${this.output.shape.join(', ')}]`, `[${y.shape.join(', ')}]`);
    }
    const { output } = this;
    this.#withWeightsOfForward((runner) =>
      backwardPass(this.model, runner, output, { y, classWeights: noClassWeights }),
    );
  }

  /**
   * Prepares a step for an optimizer that takes the gradient elsewhere than at the weights: until `updateWeights`, nag has
   * `forward` and `backward` computed ahead of them. The weights themselves stay. The other optimizers do nothing here.
   */
  preUpdateWeights(): void {
    this.busy.requireIdle('preUpdateWeights');
    this.#preparedStep = this.model.state.slots.get('step');
  }

  /**
   * Updates all weights with the gradients of the last `backward`: one step of the optimizer and of the schedule.
   * @throws BlasnetError `ERR_NOT_FINITE` for gradients with NaN or infinity: then the weights are as they were
   */
  updateWeights(): void {
    this.busy.requireIdle('updateWeights');
    const { state, stack } = this.model;
    const runner = this.#eagerRunner();
    requireFiniteGradients(stack, runner);
    this.weightsChange();
    state.beginPass(runner, stack.block);
    stepUpdatePass(this.model, runner, state.slots.slot('epochs'));
    state.endPass(runner, stack.block);
  }

  /** Returns a table of the layers with output shapes and parameter counts, as text. */
  summary(): string {
    return summarize(this.name, this.model.stack);
  }

  /** Called when a layer is added, and before a call other than `train` changes weights. */
  protected abstract layersChanged(): void;
  protected abstract weightsChange(): void;

  /** Runs a pass with the weights of the last forward. */
  #withWeightsOfForward<Result>(pass: (runner: EagerRunner) => Result): Result {
    const { state, stack } = this.model;
    const runner = this.#eagerRunner();
    if (this.#place === 'held') return pass(runner);
    const isAhead = this.#place === 'ahead';
    state.beginPass(runner, stack.block, isAhead);
    try {
      return pass(runner);
    } finally {
      state.endPass(runner, stack.block, isAhead);
    }
  }

  /** A runner for the newest step. */
  #eagerRunner(): EagerRunner {
    return new EagerRunner(this.params.dtype, this.model.state.slots.get('step'));
  }

  /** Refuses rows that are no input of the net, in its dtype. */
  protected checkInput(x: Tensor): void {
    this.requireDtype('x', x);
    this.checkRows(x);
  }

  /** Refuses rows of another shape, and none at all. */
  protected checkRows(x: Tensor): void {
    if (x.rows === 0) throw badArgument('x', 'at least one row', 0);
    this.model.stack.outputShape(x.shape.slice(1));
  }

  /** Refuses what is no tensor of the net's dtype, with its memory. */
  protected requireDtype(name: string, tensor: Tensor): void {
    requireTensor(name, tensor);
    if (tensor.dtype !== this.params.dtype) {
      throw badArgument(name, `a ${this.params.dtype} tensor`, `a ${tensor.dtype} one`);
    }
  }
}
