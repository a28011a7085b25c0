import { badArgument, callFirst, shapeMismatch } from '../errors.js';
import { fieldsOf } from '../fields.js';
import { HyperParameters, optimizerOf } from '../hyper-parameters.js';
import { createInitializer } from '../initializers/index.js';
import { Layer } from '../layers/index.js';
import { noClassWeights } from '../losses/class-weights.js';
import { objectiveOf } from '../losses/objective.js';
import { EagerRunner } from '../runner.js';
import { Schedule } from '../schedules/schedule.js';
import { type AnyTensor, requireAnyTensor, requireTensor, Tensor, type TensorType } from '../tensor.js';
import { requireFiniteGradients } from '../training/not-finite.js';
import { TrainingState } from '../training/training-state.js';
import { Busy } from './busy.js';
import { LayerStack, type NetPass } from './layer-stack.js';
import { backwardPass, type Model, stepUpdatePass } from './model.js';
import { type GraphInput, type GraphOutput, type GraphParts, layerNameFor } from './net-graph.js';
import { type NetNode, nodesOf, summarize } from './summary.js';

/** The layers of a net in order, and its passes one at a time: forward, backward, update. */
export abstract class LayeredNet {
  readonly params: HyperParameters;
  readonly name: string;
  protected readonly model: Model;
  protected readonly busy: Busy;
  /** The last forward, until the weights change. */
  protected lastPass: NetPass | undefined;
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

  /** The net's inputs: their names, row shapes as far as they are known, and types. */
  get inputs(): readonly GraphInput[] {
    return this.model.stack.inputs;
  }

  /** The names of the net's outputs. */
  get outputs(): readonly Pick<GraphOutput, 'name'>[] {
    return this.model.stack.outputs.map(({ name }) => ({ name }));
  }

  /** The inputs and applied layers in order, each with the nodes that it is computed from; see `netChart`. */
  get nodes(): readonly NetNode[] {
    return nodesOf(this.model.stack);
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
    const { stack } = this.model;
    const position = stack.layers.length;
    if (!(layer instanceof Layer)) throw badArgument('layer', 'a Layer', layer);
    stack.add(layer, name ?? layerNameFor(layer, position), () => this.#configure(layer, position));
    this.layersChanged();
    return this;
  }

  /**
   * Removes a layer and all layers behind it, to give a trained net a new head. The layers that stay keep their weights;
   * those that were removed can be added to another net. The optimizer's memory starts anew.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name, or a layer behind which the net branches
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net');
   * net.addLayer(new FullyConnectedLayer(4, 8), 'body').addLayer(new FullyConnectedLayer(8, 3), 'head');
   * net.removeLayer('head').addLayer(new FullyConnectedLayer(2), 'new head');
   * net.layerNames; // → [ 'body', 'new head' ]
   * net.removeLayer('head'); // throws ERR_BAD_ARGUMENT
   * ```
   */
  removeLayer(name: string): this {
    this.busy.requireIdle('removeLayer');
    for (const layer of this.model.stack.removeFrom(name)) layer.release();
    this.lastPass = undefined;
    this.layersChanged();
    return this;
  }

  /** Makes the net, which has no layers yet, the graph of these parts. */
  protected setGraph(parts: GraphParts): void {
    const taken = parts.steps.find(({ layer }) => layer.isInNet);
    if (taken) throw badArgument(`layer '${taken.name}'`, 'a layer that is in no net yet', 'one of another net');
    this.model.stack.set(parts, ({ layer }, position) => this.#configure(layer, position));
    this.layersChanged();
  }

  #configure(layer: Layer, position: number): void {
    const { dtype, initMethod, seed } = this.params;
    const setup = { dtype, initializer: createInitializer(initMethod), seed, stream: position + 1 };
    const learningChanges = () => {
      this.model.stack.forgetBlock();
      this.lastPass = undefined;
      this.layersChanged();
    };
    layer.configure(setup, this.model.optimizer, (call) => this.busy.requireIdle(call), learningChanges);
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
   * @param x - rows of inputs; by the inputs' names where there are several
   * @param training - whether dropout and batch norm work as in training; default true
   * @returns the net's first output, rows × outputs
   */
  forward(x: AnyTensor | Readonly<Record<string, AnyTensor>>, training = true): Tensor {
    this.busy.requireIdle('forward');
    const inputs = this.inputsFrom(x);
    this.checkInputs(inputs);
    if (training) this.weightsChange(); // running statistics
    const isPrepared = this.#preparedStep === this.model.state.slots.get('step');
    this.#place = isPrepared ? 'ahead' : training ? 'trained' : 'held';
    this.lastPass = this.#withWeightsOfForward((runner) => this.model.stack.forwardPass(runner, inputs, training));
    return this.lastPass.outputs[0]!.tensor;
  }

  /**
   * Computes the backward pass for the rows of the last `forward`, and leaves the gradients in the layers.
   * @param y - the labels of these rows
   */
  backward(y: Tensor): void {
    this.busy.requireIdle('backward');
    if (!this.lastPass) throw callFirst('forward(x)', 'backward');
    this.requireDtype('y', y);
    const output = this.lastPass.outputs[0]!.tensor;
    if (y.rows !== output.rows || y.rowSize !== output.rowSize) {
      throw shapeMismatch('y', `shape [${output.shape.join(', ')}]`, `[${y.shape.join(', ')}]`);
    }
    const { lastPass } = this;
    this.#withWeightsOfForward(() => backwardPass(this.model, lastPass, { y, classWeights: noClassWeights }));
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

  /** The rows of each input in the net's order. */
  protected inputsFrom(x: AnyTensor | Readonly<Record<string, AnyTensor>>): readonly AnyTensor[] {
    if (x instanceof Tensor) return [x as AnyTensor];
    const { inputs } = this.model.stack;
    const names = inputs.map(({ name }) => name);
    if (names.includes('')) return [x as unknown as AnyTensor]; // refused for what it is
    const byName = fieldsOf('x', x, names);
    return names.map((name) => byName[name] as AnyTensor);
  }

  /** Refuses rows that are no input of the net, in its dtype. */
  protected checkInput(x: Tensor): void {
    this.checkInputs([x]);
  }

  protected checkInputs(inputs: readonly AnyTensor[]): void {
    const { inputs: expected } = this.model.stack;
    for (const [i, x] of inputs.entries()) {
      const isIndex = expected[i]?.dtype === 'int32';
      this.requireDtype(expected[i]?.name || 'x', x, isIndex ? 'int32' : this.params.dtype);
    }
    this.checkRows(...inputs);
  }

  /** Refuses rows of another shape, different numbers of them, and none at all. */
  protected checkRows(...inputs: readonly AnyTensor[]): void {
    const [first] = inputs;
    if (first!.rows === 0) throw badArgument('x', 'at least one row', 0);
    const { inputs: expected } = this.model.stack;
    const other = inputs.findIndex(({ rows }) => rows !== first!.rows);
    if (other > 0) {
      throw shapeMismatch(`input '${expected[other]!.name}'`, `${first!.rows} rows`, `${inputs[other]!.rows}`);
    }
    this.model.stack.outputShapes(...inputs.map(({ shape }) => shape.slice(1)));
  }

  /** Refuses what is no tensor of that dtype, by default the net's, with its memory. */
  protected requireDtype(name: string, tensor: AnyTensor, dtype: TensorType = this.params.dtype): void {
    if (dtype === 'int32') requireAnyTensor(name, tensor);
    else requireTensor(name, tensor);
    if (tensor.dtype !== dtype) throw badArgument(name, `a ${dtype} tensor`, `a ${tensor.dtype} one`);
  }
}
