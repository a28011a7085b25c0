import { BatchPredictor, type BatchPredictorOptions } from './batch-predictor.js';
import { Busy } from './busy.js';
import type { LossChartOptions } from './charts/index.js';
import type { DataReader } from './data/data-reader.js';
import { rowsOf } from './data/rows.js';
import { BlasnetError, badArgument, shapeMismatch } from './errors.js';
import { type Evaluation, Evaluator, Predictor } from './evaluation.js';
import { makeFolder, requireFolder } from './files.js';
import { HyperParameters, optimizerOf } from './hyper-parameters.js';
import { createInitializer } from './initializers/index.js';
import { KeptPlans } from './kept-plans.js';
import { LayerStack } from './layer-stack.js';
import type { Layer } from './layers/index.js';
import { noClassWeights } from './losses/class-weights.js';
import { objectiveOf } from './losses/index.js';
import { backwardPass, type Model, updatePass } from './model.js';
import { EagerRunner, fromNative } from './runner.js';
import { Schedule } from './schedules/schedule.js';
import { summarize } from './summary.js';
import { Tensor } from './tensor.js';
import { checkPart } from './training/check-data.js';
import type { Snapshot } from './training/snapshot.js';
import { Trainer, type TrainOptions } from './training/trainer.js';
import { BatchPlan } from './training/training-plan.js';
import { TrainingState } from './training/training-state.js';
import type { TrainingHistory, TrainingProgress } from './training-history.js';

/** A net: layers in order, hyperparameters, training, prediction. */
export class NeuralNet {
  readonly params: HyperParameters;
  readonly name: string;
  readonly #model: Model;
  readonly #predictors = new KeptPlans<Predictor>();
  readonly #batchPlans = new KeptPlans<BatchPlan>();
  readonly #busy: Busy;
  #output: Tensor | undefined; // of the last forward, while the layers remember what it computed
  #history: TrainingHistory | undefined;
  #best: Snapshot | undefined; // the weights at the best checkpoint of the last train

  constructor(params: HyperParameters, name: string) {
    if (!(params instanceof HyperParameters)) throw badArgument('params', 'HyperParameters', params);
    if (typeof name !== 'string') throw badArgument('name', 'a string', name);
    this.params = params;
    this.name = name;
    this.#busy = new Busy(name);
    const { dtype, netType, learningRateSchedule } = params;
    const optimizer = optimizerOf(params);
    this.#model = {
      params,
      stack: new LayerStack(dtype),
      objective: objectiveOf(netType),
      optimizer,
      schedule: learningRateSchedule && new Schedule(learningRateSchedule),
      state: new TrainingState(optimizer),
    };
  }

  /** The layers in order. */
  get layers(): readonly Layer[] {
    return this.#model.stack.layers.map(({ layer }) => layer);
  }

  /**
   * Adds a layer behind those that are there. It is initialised by the net's hyperparameters unless it has weights.
   * @param name - also the name of its weight file; default: its kind and position
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where sizes do not chain, `ERR_BAD_ARGUMENT` for a name or layer that
   *   the net has already
   */
  addLayer(layer: Layer, name?: string): this {
    this.#busy.requireIdle('addLayer');
    const { stack, optimizer } = this.#model;
    const { dtype, initMethod, seed } = this.params;
    const position = stack.layers.length;
    stack.add(layer, name ?? `${layer?.kind?.replaceAll(' ', '-')}-${position + 1}`, () => {
      layer.configure({ dtype, initializer: createInitializer(initMethod), seed, stream: position + 1 }, optimizer);
    });
    this.#predictors.clear();
    this.#batchPlans.clear();
    this.#best = undefined;
    return this;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` that lists the names there are */
  getLayer(name: string): Layer {
    return this.#model.stack.find(name);
  }

  /** Forward calculation of all layers, at once, layer by layer. */
  forward(x: Tensor, training = true): Tensor {
    this.#busy.requireIdle('forward');
    this.#checkInput(x);
    this.#output = this.#model.stack.forwardPass(this.#eagerRunner(), x, training).a;
    return this.#output;
  }

  /** Back propagation for the labels of the last `forward`; leaves the gradients in the layers. */
  backward(y: Tensor): void {
    this.#busy.requireIdle('backward');
    if (!this.#output) throw badArgument('backward', 'a call of forward right before it', 'none');
    this.#requireDtype('y', y);
    if (y.rows !== this.#output.rows || y.rowSize !== this.#output.rowSize) {
      throw shapeMismatch('y', `shape [${this.#output.shape.join(', ')}]`, `[${y.shape.join(', ')}]`);
    }
    backwardPass(this.#model, this.#eagerRunner(), this.#output, { y, classWeights: noClassWeights });
  }

  /**
   * What the optimizer does before the forward pass: nag moves the weights to where it wants the gradient, and
   * `updateWeights` brings them back; nothing for the others.
   */
  preUpdateWeights(): void {
    this.#busy.requireIdle('preUpdateWeights');
    this.#model.state.moveAhead(this.#model.stack.block);
  }

  /** Changes all weights by the gradients of the last `backward`; one step of the optimizer and of the schedule. */
  updateWeights(): void {
    this.#busy.requireIdle('updateWeights');
    const { state, stack } = this.#model;
    state.moveAhead(stack.block);
    updatePass(this.#model, this.#eagerRunner(), state.slots.slot('epochs'));
    state.arrived();
  }

  /**
   * Trains on a thread of its own; the event loop stays free. From then on the memory of the reader's rows can no longer
   * be transferred to a worker (it can be copied), since a thread may be reading it.
   * @returns the checkpoints, why it stopped, and the test result if asked for
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for data that does not fit, `ERR_NOT_FINITE` when
   *   the loss becomes NaN or infinite, `ERR_NET_BUSY`; or the signal's reason when aborted
   */
  async train(reader: DataReader, options: TrainOptions = {}): Promise<TrainingHistory> {
    return this.#busy.exclusively('train', async () => {
      options.signal?.throwIfAborted();
      this.#output = undefined;
      const trainer = new Trainer(this.#model, reader, options);
      this.#best = trainer.best;
      const display = options.progress ? await (await import('./progress.js')).createProgressDisplay() : undefined;
      const listeners = [options.onProgress, display?.update].filter((listener) => listener !== undefined);
      const onProgress = (progress: TrainingProgress) => {
        for (const listener of listeners) listener(progress);
      };
      try {
        const history = await trainer.run(listeners.length > 0 ? onProgress : undefined);
        this.#history = history;
        return history;
      } finally {
        display?.stop();
      }
    });
  }

  /**
   * One training step on the rows of x, at once and on this thread.
   * @returns the mean loss before the update
   */
  trainOnBatch(x: Tensor, y: Tensor): { loss: number } {
    this.#busy.requireIdle('trainOnBatch');
    this.#checkInput(x);
    this.#requireDtype('y', y);
    this.#output = undefined;
    const [xRows, yRows] = [rowsOf(x), rowsOf(y)];
    checkPart(this.#model, { x: xRows, y: yRows }, 'the batch');
    const { state } = this.#model;
    const plan = this.#batchPlans.get(x.shape, () => new BatchPlan(this.#model, xRows, yRows));
    state.settle();
    let outcome: ReturnType<BatchPlan['run']>;
    try {
      outcome = plan.run(xRows, yRows);
    } catch (error) {
      state.settle(true);
      throw error;
    }
    if (outcome.reason !== 'finished') state.settle(true);
    if (outcome.reason === 'notFinite') {
      throw new BlasnetError('ERR_NOT_FINITE', `Expected a finite loss for the batch but received ${plan.loss}`);
    }
    if (outcome.reason !== 'finished') throw fromNative(new Error(outcome.message));
    return { loss: plan.loss };
  }

  /**
   * Gives the net the weights that it had at the checkpoint with the lowest validation loss (without a validation set:
   * training loss) of its last `train`, which is `history.best`. The optimizer keeps what it remembers.
   */
  restoreBest(): void {
    this.#busy.requireIdle('restoreBest');
    if (!this.#best) throw badArgument('restoreBest', 'a train before it', 'none');
    this.#output = undefined;
    this.#model.state.settle();
    this.#best.restore();
  }

  /** Predictions for the rows of x, on this thread. */
  inference(x: Tensor): Tensor {
    this.#busy.requireIdle('inference');
    return this.#predictor(x).predictSync(x);
  }

  /**
   * Predictions for the rows of x as they are now, on a thread of its own. Calls queue up behind each other; x is copied,
   * so that it may be changed or transferred meanwhile.
   */
  async inferenceAsync(x: Tensor): Promise<Tensor> {
    this.#busy.requireIdleOr('inferenceAsync');
    this.#checkInput(x);
    const rows = x.clone();
    return this.#busy.queued('inferenceAsync', () => this.#predictor(rows).predict(rows));
  }

  /**
   * Predicts single rows from many callers in batches, beside the event loop; for servers.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net whose first layer takes rows of any shape
   */
  predictor(options?: BatchPredictorOptions): BatchPredictor {
    const rowShape = this.layers[0]?.inputShape;
    if (!rowShape) throw badArgument('predictor', 'a net whose first layer says its input shape', 'another');
    return new BatchPredictor((x) => this.inferenceAsync(x), rowShape, this.params.dtype, options);
  }

  /** Mean loss and accuracy over the rows of x, on this thread. */
  test(x: Tensor, y: Tensor): Evaluation {
    this.#busy.requireIdle('test');
    this.#checkInput(x);
    this.#requireDtype('y', y);
    this.#model.state.settle();
    this.#output = undefined;
    const part = { x: rowsOf(x), y: rowsOf(y) };
    checkPart(this.#model, part, 'the test set');
    return new Evaluator(this.#model, part).evaluateSync();
  }

  /** Writes `<folder>/<layer>.npz` for each layer that has weights; each file is replaced as a whole or not at all. */
  async saveWeights(folder: string): Promise<void> {
    await this.#busy.exclusively('saveWeights', async () => {
      this.#model.state.settle();
      requireFolder(folder);
      await makeFolder(folder); // even where no layer has weights
      for (const { name, layer } of this.#model.stack.layers) await layer.saveWeights(folder, name);
    });
  }

  /** Reads what `saveWeights` wrote. Changes nothing unless all the files fit. */
  async loadWeights(folder: string): Promise<void> {
    await this.#busy.exclusively('loadWeights', async () => {
      requireFolder(folder);
      const copies: (() => void)[] = [];
      for (const { name, layer } of this.#model.stack.layers) copies.push(await layer.readWeights(folder, name));
      this.#model.state.settle();
      for (const copy of copies) copy();
    });
  }

  /** Writes the values that the layers began with, as `saveWeights` does; see `loadInitialValues`. */
  async saveInitialValues(folder: string): Promise<void> {
    await this.#busy.exclusively('saveInitialValues', async () => {
      requireFolder(folder);
      await makeFolder(folder);
      for (const { name, layer } of this.#model.stack.layers) await layer.saveInitialValues(folder, name);
    });
  }

  /**
   * Starts anew from the values in the folder: they become the weights and the initial values, and what the optimizer
   * remembers, the schedule and the number of the epoch are as if the net had never been trained.
   */
  async loadInitialValues(folder: string): Promise<void> {
    await this.#busy.exclusively('loadInitialValues', async () => {
      requireFolder(folder);
      const copies: (() => void)[] = [];
      for (const { name, layer } of this.#model.stack.layers) copies.push(await layer.readInitialValues(folder, name));
      this.#model.state.reset();
      this.#output = undefined;
      for (const copy of copies) copy();
    });
  }

  /** A table of the layers with output shapes and parameter counts. */
  summary(): string {
    return summarize(this.name, this.#model.stack);
  }

  /**
   * Draws loss and accuracy over the checkpoints of the last `train`.
   * @param options.file - where to write the chart, .svg or .png
   * @returns the chart as SVG
   */
  async showLossHistory({ file, ...options }: LossChartOptions & { readonly file?: string } = {}): Promise<string> {
    if (!this.#history) throw badArgument('showLossHistory', 'a finished train before it', 'none');
    const { lossChart, renderSvg, saveChart } = await import('./charts/index.js');
    const chart = lossChart(this.#history.records, { title: this.name, ...options });
    if (file !== undefined) await saveChart(chart, file);
    return renderSvg(chart);
  }

  #predictor(x: Tensor): Predictor {
    const { newest } = this.#predictors;
    const isKnown = newest?.takes(x);
    if (!isKnown) this.#checkInput(x);
    this.#model.state.settle();
    this.#output = undefined;
    return isKnown ? newest! : this.#predictors.get(x.shape, () => new Predictor(this.#model, x.shape));
  }

  /** A runner for the newest step. */
  #eagerRunner(): EagerRunner {
    return new EagerRunner(this.params.dtype, this.#model.state.slots.get('step'));
  }

  #checkInput(x: Tensor): void {
    this.#requireDtype('x', x);
    if (x.rows === 0) throw badArgument('x', 'at least one row', 0);
    this.#model.stack.outputShape(x.shape.slice(1));
  }

  #requireDtype(name: string, tensor: Tensor): void {
    if (!(tensor instanceof Tensor)) throw badArgument(name, 'a Tensor', tensor);
    if (tensor.dtype !== this.params.dtype) {
      throw badArgument(name, `a ${this.params.dtype} tensor`, `a ${tensor.dtype} one`);
    }
    if (tensor.data.length !== tensor.size) throw badArgument(name, 'a tensor with its memory', 'a detached buffer');
  }
}
