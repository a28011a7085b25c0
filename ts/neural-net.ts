import type { LossHistoryOptions } from './charts/index.js';
import { paramsFor, type ResumeOptions } from './checkpoints/longer-run.js';
import { newestOf, type PendingRun, restoreRun } from './checkpoints/resume.js';
import { badArgument, callFirst } from './core/errors.js';
import { checkOptions, fieldsOf } from './core/fields.js';
import { requireEnding } from './core/file-endings.js';
import { replaceFile, requireFileName } from './core/files.js';
import { definedFields } from './core/objects.js';
import type { DataReader } from './data/data-reader.js';
import type { NamedTensors } from './data/named-tensors.js';
import type { PredictOptions } from './data/preparation/predict-options.js';
import type { Prediction } from './data/preparation/prediction.js';
import type { Preparation } from './data/preparation/preparation.js';
import { HyperParameters } from './hyper-parameters.js';
import { BatchPredictor, type BatchPredictorOptions } from './inference/batch-predictor.js';
import { requireTrainable } from './inference/check-part.js';
import { NetPredictions, type Outputs, type RawRows } from './inference/net-predictions.js';
import { NetStream, type NetStreamOptions } from './inference/net-stream.js';
import type { Answers, RowPredictor } from './inference/row-predictor.js';
import { createInitializer } from './initializers/index.js';
import { Layer } from './layers/index.js';
import { untrainable } from './layers/quantized-layer.js';
import type { Evaluation } from './metrics/evaluation.js';
import { explained, type ModelDescription } from './model-files/description.js';
import { ModelFile, modelWriter, storedParametersOf } from './model-files/model-file.js';
import { readLayers, writeLayers } from './model-files/weight-folders.js';
import { Busy } from './net/busy.js';
import { type Model, modelFor, objectivesFor } from './net/model.js';
import {
  type GraphInput,
  type GraphNodes,
  type GraphOutput,
  type GraphParts,
  layerNameFor,
  partsOf,
} from './net/net-graph.js';
import { NetRows } from './net/net-rows.js';
import { type NetNode, nodesOf, summarize } from './net/summary.js';
import { figureTitle } from './objectives.js';
import type { OnnxExportOptions } from './onnx/export/to-onnx.js';
import type { OnnxImportOptions } from './onnx/import/from-onnx.js';
import type { Compute, QuantizeOptions } from './quantization/quantize.js';
import type { QuantizationReport } from './quantization/report.js';
import type { Snapshot } from './replay/snapshot.js';
import { type AnyTensor, Tensor } from './tensor/tensor.js';
import { ManualSteps } from './training/manual-steps.js';
import { Team } from './training/team.js';
import { checkTrainArguments, type TrainOptions } from './training/train-options.js';
import { Trainer } from './training/trainer.js';
import type { CheckpointRecord, TrainingHistory, TrainingProgress } from './training-history.js';

/** Labels of several outputs by their names. */
type NamedLabels = Readonly<Record<string, Tensor>>;

/**
 * A neural net: layers in order, hyperparameters, training and prediction.
 * @example
 * ```ts
 * import { ActivationLayer, DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
 *
 * const params = new HyperParameters({ netType: 'fitting', maxEpoch: 200, optimizer: 'adam', learningRate: 0.05 });
 * const net = new NeuralNet(params, 'sine');
 * net.addLayer(new FullyConnectedLayer(1, 16)).addLayer(new ActivationLayer('tanh')).addLayer(new FullyConnectedLayer(16, 1));
 *
 * const x = Tensor.from(Float32Array.from({ length: 100 }, (_, i) => i / 16 - 3), [100, 1]);
 * const reader = DataReader.fromTensors({ xTrain: x, yTrain: Tensor.from(x.data.map(Math.sin), [100, 1]) });
 * const history = await net.train(reader);
 * history.stopReason; // → 'maxEpoch'
 * history.best.accuracyTrain > 0.99; // → true
 * net.inference(Tensor.from([[0.5]])).shape; // → [ 1, 1 ]
 * ```
 */
export class NeuralNet {
  readonly params: HyperParameters;
  readonly name: string;
  readonly #model: Model;
  readonly #busy: Busy;
  readonly #rows: NetRows;
  readonly #predictions: NetPredictions;
  readonly #steps: ManualSteps;
  /** Of the last `train`, or of the run that goes on with the next. */
  #records: readonly CheckpointRecord[] | undefined;
  #pending: PendingRun | undefined; // what the next train goes on with
  #best: Snapshot | undefined; // the weights at the best checkpoint of the last train

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but HyperParameters and a string */
  constructor(params: HyperParameters, name: string) {
    if (!(params instanceof HyperParameters)) throw badArgument('params', 'HyperParameters', params);
    if (typeof name !== 'string') throw badArgument('name', 'a string', name);
    this.params = params;
    this.name = name;
    this.#model = modelFor(params);
    this.#busy = new Busy(name);
    this.#rows = new NetRows(this.#model);
    this.#steps = new ManualSteps(this.#model);
    this.#predictions = new NetPredictions(this.#model, this.#rows, this.#busy, () => this.#steps.forgetPass());
  }

  /**
   * Makes a net of a graph of layers: several inputs and outputs, branches, layers that are applied several times.
   * @param graph - the inputs, and the nodes that are the net's outputs. Several inputs must have names; an output has the
   *   name of its node.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an input that no output depends on, an input that is missing, a name that
   *   is used twice, a layer of another net
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, input, NeuralNet } from 'blasnet';
   *
   * // One layer looks at two cars alike; the net says by how much one is dearer.
   * const [a, b] = [input([4], { name: 'a' }), input([4], { name: 'b' })];
   * const look = new FullyConnectedLayer(8, { activation: 'relu' });
   * const price = new FullyConnectedLayer(1);
   * const prices = [a, b].map((car) => price.apply(look.apply(car)));
   * const params = new HyperParameters({ netType: 'fitting' });
   * const net = NeuralNet.fromGraph({ inputs: [a, b], outputs: prices }, params, 'cars');
   * net.outputs; // → [ { name: 'fully-connected-2' }, { name: 'fully-connected-2 (2)' } ]
   * net.layerNames; // → [ 'fully-connected-1', 'fully-connected-2' ]
   * NeuralNet.fromGraph({ inputs: [a], outputs: prices }, params, 'cars'); // throws ERR_BAD_ARGUMENT
   * ```
   */
  static fromGraph(graph: GraphNodes, params: HyperParameters, name: string): NeuralNet {
    const net = new NeuralNet(params, name);
    net.#setGraph(partsOf(fieldsOf('graph', graph, ['inputs', 'outputs'])));
    return net;
  }

  /** The layers in order. */
  get layers(): readonly Layer[] {
    return this.#model.stack.layers.map(({ layer }) => layer);
  }

  /** The net's inputs: their names, row shapes as far as they are known, and types. */
  get inputs(): readonly GraphInput[] {
    return this.#model.stack.inputs;
  }

  /** The names of the net's outputs. */
  get outputs(): readonly Pick<GraphOutput, 'name'>[] {
    return this.#model.stack.outputs.map(({ name }) => ({ name }));
  }

  /** The inputs and applied layers in order, each with the nodes that it is computed from; see `netChart`. */
  get nodes(): readonly NetNode[] {
    return nodesOf(this.#model.stack);
  }

  /** The layers' names, in the same order. */
  get layerNames(): readonly string[] {
    return this.#model.stack.layers.map(({ name }) => name);
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
    this.#busy.requireIdle('addLayer');
    const { stack } = this.#model;
    const position = stack.layers.length;
    if (!(layer instanceof Layer)) throw badArgument('layer', 'a Layer', layer);
    stack.add(layer, name ?? layerNameFor(layer, position), () => this.#configure(layer, position));
    this.#layersChanged();
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
    this.#busy.requireIdle('removeLayer');
    for (const layer of this.#model.stack.removeFrom(name)) layer.release();
    this.#layersChanged();
    return this;
  }

  /**
   * Returns the layer of that name.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name; the message lists the names
   */
  getLayer(name: string): Layer {
    return this.#model.stack.find(name);
  }

  /** Returns a table of the layers with output shapes and parameter counts, as text. */
  summary(): string {
    return summarize(this.name, this.#model.stack);
  }

  /** Makes the net, which has no layers yet, the graph of these parts. */
  #setGraph(parts: GraphParts): void {
    const taken = parts.steps.find(({ layer }) => layer.isInNet);
    if (taken) throw badArgument(`layer '${taken.name}'`, 'a layer that is in no net yet', 'one of another net');
    this.#model.stack.set(parts, ({ layer }, position) => this.#configure(layer, position));
    this.#layersChanged();
  }

  #configure(layer: Layer, position: number): void {
    const { dtype, initMethod, seed } = this.params;
    const setup = { dtype, initializer: createInitializer(initMethod), seed, stream: position + 1 };
    const learningChanges = () => {
      this.#model.stack.forgetBlock();
      this.#layersChanged();
    };
    layer.configure(setup, this.#model.optimizer, (call) => this.#busy.requireIdle(call), learningChanges);
  }

  #layersChanged(): void {
    this.#predictions.forgetPlans();
    this.#steps.forgetPlans();
    this.#best = undefined;
    this.#weightsChange();
  }

  /** Called before a call other than `train` changes weights. */
  #weightsChange(): void {
    this.#pending = undefined;
  }

  /**
   * Trains on another thread; the event loop stays free. From then on the memory of the reader's rows can no longer be
   * transferred to a worker (it can be copied), since a thread may be reading it.
   * @param reader - the data, such as from `DataReader.fromTensors({ xTrain, yTrain })`
   * @returns the checkpoints, the reason why training ended, and the test result if `needTest` asks for it
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for data that does not fit, `ERR_NOT_FINITE` when
   *   the loss becomes NaN or infinite, `ERR_NET_BUSY`; or the signal's reason when aborted
   * @example
   * ```ts
   * import { DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * const xTrain = Tensor.from([[100], [200], [300], [400], [500], [600]]);
   * const yTrain = Tensor.from([[1], [2], [3], [4], [5], [6]]);
   * const reader = DataReader.fromTensors({ xTrain, yTrain });
   * reader.normalizeX();
   * reader.normalizeY('fitting');
   * reader.generateValidationSet(3); // the first third of the rows
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', learningRate: 0.5, maxEpoch: 300 }), 'line');
   * net.addLayer(new FullyConnectedLayer(1, 1));
   * const { best, records } = await net.train(reader, { checkpoint: 10, restoreBest: true });
   * records.length; // → 30
   * (best.lossValidation ?? 1) < 1e-4; // → true
   * net.trainOnBatch(xTrain, Tensor.from([[1]])); // throws ERR_SHAPE_MISMATCH
   * ```
   */
  async train(reader: DataReader, options: TrainOptions = {}): Promise<TrainingHistory> {
    return this.#busy.exclusively('train', async () => {
      checkTrainArguments(reader, options);
      this.#requireTrained('train');
      const team = new Team(options.communicator);
      const whileReadable = (work: () => Promise<void>) => this.#busy.whileReadable(work);
      const run = { net: this, whileReadable, describe: () => this.#description, pending: this.#pending, team };
      // A signal of the run's own, since Node.js warns of a leak where many nets listen to one.
      const signal = options.signal && { signal: AbortSignal.any([options.signal]) };
      const trainer = await team.guard(() => {
        this.#predictions.requireFit(reader.preparation);
        options.signal?.throwIfAborted();
        this.#steps.forgetPass();
        return new Trainer(this.#model, reader, { ...options, ...signal }, run);
      });
      this.#pending = undefined;
      this.#predictions.preparation = reader.preparation;
      this.#best = trainer.best;
      const display = options.progress && team.rank === 0 ? await this.#createDisplay() : undefined;
      const onProgress = (progress: TrainingProgress) => {
        display?.update(progress);
        return options.onProgress?.(progress);
      };
      try {
        return await trainer.run(display || options.onProgress ? onProgress : undefined);
      } finally {
        if (trainer.records.length > 0) this.#records = trainer.records; // of a run that failed, too
        display?.stop();
      }
    });
  }

  /** Refuses to train a net with int8 weights. */
  #requireTrained(call: string): void {
    const found = this.#model.stack.layers.find(({ layer }) => layer.isQuantized);
    if (found) throw untrainable(`the layers for ${call}`, found.name);
  }

  async #createDisplay() {
    const { createProgressDisplay } = await import('./training/progress-bar.js');
    return createProgressDisplay({ figure: figureTitle(objectivesFor(this.#model)) });
  }

  /**
   * Makes one training step on the rows of x, on this thread.
   * @param x - rows of inputs; by the inputs' names where there are several
   * @param y - their labels; by the outputs' names where there are several
   * @returns the mean loss before the update
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for rows that do not fit, `ERR_NOT_FINITE` for rows
   *   or a loss with NaN or infinity: then the weights are as they were; `ERR_NET_BUSY`
   */
  trainOnBatch(x: AnyTensor | NamedTensors, y: Tensor | NamedLabels): { loss: number } {
    this.#busy.requireIdle('trainOnBatch');
    this.#requireTrained('trainOnBatch');
    const part = this.#rows.partFrom(x, y);
    this.#steps.forgetPass();
    requireTrainable(this.#model, part, 'the batch');
    const loss = this.#steps.trainOnBatch(part, () => this.#weightsChange());
    return { loss };
  }

  /**
   * Computes the forward pass of all layers, layer by layer, on this thread.
   * @param x - rows of inputs; by the inputs' names where there are several
   * @param training - whether dropout and batch norm work as in training; default true
   * @returns the net's first output, rows × outputs
   */
  forward(x: AnyTensor | NamedTensors, training = true): Tensor {
    this.#busy.requireIdle('forward');
    const inputs = this.#rows.inputsFrom(x);
    this.#rows.checkInputs(inputs);
    if (training) this.#weightsChange(); // running statistics
    return this.#steps.forward(inputs, training);
  }

  /**
   * Computes the backward pass for the rows of the last `forward`, and leaves the gradients in the layers.
   * @param y - the labels of these rows; by the outputs' names where there are several
   */
  backward(y: Tensor | NamedLabels): void {
    this.#busy.requireIdle('backward');
    this.#requireTrained('backward');
    this.#steps.backward(() => this.#rows.labelsFrom(y));
  }

  /**
   * Prepares a step for an optimizer that takes the gradient elsewhere than at the weights: until `updateWeights`, nag has
   * `forward` and `backward` computed ahead of them. The weights themselves stay. The other optimizers do nothing here.
   */
  preUpdateWeights(): void {
    this.#busy.requireIdle('preUpdateWeights');
    this.#steps.prepareUpdate();
  }

  /**
   * Updates all weights with the gradients of the last `backward`: one step of the optimizer and of the schedule.
   * @throws BlasnetError `ERR_NOT_FINITE` for gradients with NaN or infinity: then the weights are as they were
   */
  updateWeights(): void {
    this.#busy.requireIdle('updateWeights');
    this.#steps.update(() => this.#weightsChange());
  }

  /**
   * Restores the weights of the best checkpoint of the last `train`, `history.best`: the one with the lowest validation
   * loss, or training loss without a validation set. The optimizer keeps its memory.
   */
  restoreBest(): void {
    this.#busy.requireIdle('restoreBest');
    if (!this.#best) throw callFirst('train()', 'restoreBest');
    this.#steps.forgetPass();
    this.#weightsChange();
    this.#best.restore();
  }

  /**
   * Computes the outputs for scaled rows, on this thread.
   * @param x - rows of inputs in the net's dtype; by the inputs' names where there are several
   * @returns rows × outputs; tensors by the outputs' names where there are several (then write
   *   `inference<Record<string, Tensor>>`)
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows that do not fit, `ERR_BAD_ARGUMENT` for inputs that are missing or
   *   unknown, `ERR_NET_BUSY`
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * const layer = new FullyConnectedLayer(2, 1);
   * layer.setWeights({ W: Tensor.from([[1], [2]]), B: Tensor.from([[0.5]]) });
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(layer);
   * net.inference(Tensor.from([[1, 1], [2, 0]])).toArray(); // → [ [ 3.5 ], [ 2.5 ] ]
   * net.inference(Tensor.from([[1, 1, 1]])); // throws ERR_SHAPE_MISMATCH
   * ```
   */
  inference(x: AnyTensor | NamedTensors): Tensor;
  inference<Result extends Outputs>(x: AnyTensor | NamedTensors): Result;
  inference(x: AnyTensor | NamedTensors): Outputs {
    this.#busy.requireIdle('inference');
    return this.#predictions.inference(x);
  }

  /**
   * Computes the outputs for scaled rows on another thread. Calls queue behind each other. x is copied, so that it may be
   * changed or transferred meanwhile.
   */
  async inferenceAsync(x: AnyTensor | NamedTensors): Promise<Tensor>;
  async inferenceAsync<Result extends Outputs>(x: AnyTensor | NamedTensors): Promise<Result>;
  async inferenceAsync(x: AnyTensor | NamedTensors): Promise<Outputs> {
    return this.#predictions.inferenceAsync(x);
  }

  /**
   * How raw rows become the net's input, and its outputs answers: scaling, encoding of columns, class names. `train` sets it
   * to what its reader did. Set it for a net that was trained in another way; undefined means that rows are used as they
   * are.
   */
  get preparation(): Preparation | undefined {
    return this.#predictions.preparation;
  }
  set preparation(preparation: Preparation | undefined) {
    this.#busy.requireIdle('preparation');
    this.#predictions.preparation = preparation;
  }

  /**
   * Answers raw rows on another thread: prepares them as `preparation` describes, computes the outputs and turns them into
   * answers. Calls queue behind each other; rows may be changed meanwhile.
   * @param rows - numbers of any dtype, or cells by column name as in the CSV file. For several inputs: numbers by their
   *   names, `{ sales: [[5, 7], [9, 3]], shop: [1, 0] }`, or a list of rows, each with cells by column name or with numbers
   *   by the inputs' names.
   * @returns the answers; those of each output by its name where there are several (then write
   *   `predict<Record<string, Prediction>>`)
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read
   * @example
   * ```ts
   * import { writeFile } from 'node:fs/promises';
   * import { DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * await writeFile('flats.csv', 'rooms,rent\n1,500\n2,700\n3,900\n4,1100\n');
   * const reader = new DataReader({ train: 'flats.csv', label: 'rent' });
   * await reader.readData();
   * reader.normalizeX();
   * reader.normalizeY('fitting');
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting', maxEpoch: 1000 }), 'rent');
   * await net.addLayer(new FullyConnectedLayer(1, 1)).train(reader);
   *
   * const { outputs } = await net.predict([{ rooms: 5 }, { rooms: '2' }]);
   * outputs.data.map(Math.round); // → Float32Array(2) [ 1300, 700 ]
   * (await net.predict(Tensor.from([[3]]))).outputs.data.map(Math.round); // → Float32Array(1) [ 900 ]
   * ```
   */
  async predict(rows: RawRows, options?: PredictOptions): Promise<Prediction>;
  async predict<Result extends Answers>(rows: RawRows, options?: PredictOptions): Promise<Result>;
  async predict(rows: RawRows, options: PredictOptions = {}): Promise<Answers> {
    return this.#predictions.predict(rows, options);
  }

  /**
   * Answers raw rows as `predict` does, on this thread: for a few rows, which take less time than starting a thread.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read,
   *   `ERR_NET_BUSY`
   */
  predictSync(rows: RawRows, options?: PredictOptions): Prediction;
  predictSync<Result extends Answers>(rows: RawRows, options?: PredictOptions): Result;
  predictSync(rows: RawRows, options: PredictOptions = {}): Answers {
    this.#busy.requireIdle('predictSync');
    return this.#predictions.predictSync(rows, options);
  }

  /**
   * Answers single raw rows from many callers, gathered into batches and computed beside the event loop; for servers. Each
   * row gets what `predict` would answer: rows are prepared as `preparation` describes when they are handed in.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net without `preparation` whose first layer takes rows
   *   of any shape
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * const layer = new FullyConnectedLayer(1, 1);
   * layer.setWeights({ W: Tensor.from([[2]]), B: Tensor.from([[0]]) });
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(layer);
   * net.preparation = { inputShape: [1], featureNames: ['rooms'], y: { offset: [100], scale: [1000] } };
   *
   * const predictor = net.predictor({ maxBatch: 64, maxDelayMs: 1 });
   * const answers = await Promise.all([predictor.predict([3]), predictor.predict({ rooms: 4 })]);
   * answers.map(({ outputs }) => outputs.data[0]); // → [ 6100, 8100 ]
   * ```
   */
  predictor(options?: BatchPredictorOptions): RowPredictor {
    return this.#predictions.predictor(options);
  }

  /**
   * Takes sequences one step at a time and remembers what came before, for series that go on and for texts that are made
   * token by token. Each step's outputs are those for the whole sequence so far.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a net with a layer that must see the whole sequence, such as a
   *   `BidirectionalLayer` or attention
   * @example
   * ```ts
   * import { GruLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new GruLayer(2));
   * const whole = net.inference(Tensor.from([[[1], [2], [3]]])); // one sequence of three steps
   * const stream = net.stream();
   * const [, , last] = [1, 2, 3].map((number) => stream.step(number));
   * last?.data.every((value, i) => value === whole.data[i]); // → true
   * ```
   */
  stream(options?: NetStreamOptions): NetStream {
    const net = {
      model: this.#model,
      requireIdle: (call: string) => this.#busy.requireIdle(call),
      forgetPass: () => this.#steps.forgetPass(),
      preparation: () => this.#predictions.preparation,
      queued: <T>(work: () => Promise<T>) => this.#busy.queued('inferenceAsync', work),
    };
    return new NetStream(net, options);
  }

  /**
   * Predicts single rows that are already scaled as the net's input, from many callers, gathered into batches and computed
   * beside the event loop. The results are the net's outputs, as `inferenceAsync` returns them.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net whose first layer takes rows of any shape
   */
  scaledPredictor(options?: BatchPredictorOptions): BatchPredictor {
    const rowShape = this.#rows.rowShapeFor('scaledPredictor');
    const { hasIndices } = this.#model.stack;
    // Double holds the class numbers of an int32 input.
    const dtype = hasIndices ? 'float64' : this.params.dtype;
    const checkRow = (numbers: ArrayLike<number>) => {
      if (!hasIndices) return;
      const row = Tensor.from(Float64Array.from(numbers), [1, ...rowShape]);
      this.#rows.checkRanges(this.#rows.inputsFrom(row));
    };
    return new BatchPredictor((x) => this.inferenceAsync(x), rowShape, dtype, options, checkRow);
  }

  /**
   * Computes the mean loss, the accuracy or R², and the metrics over scaled rows, on this thread.
   * @param x - rows of inputs; by the inputs' names where there are several
   * @param y - their labels; by the outputs' names where there are several
   */
  test(x: AnyTensor | NamedTensors, y: Tensor | NamedLabels): Evaluation {
    this.#busy.requireIdle('test');
    return this.#predictions.test(x, y);
  }

  /**
   * Makes a net with int8 weights for faster predictions: fully connected and convolution layers, each output with a scale of
   * its own. Rows like those that will be predicted tell the range of the numbers in front of each layer. This net stays as
   * it is.
   * @param rows - some hundred rows: scaled ones as `inference` takes them, or raw ones with `raw: true`
   * @returns the net, and for each layer what it loses on these rows
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a float64 net, one without such a layer, or no rows; `ERR_NOT_FINITE` for rows,
   *   weights or results with NaN or infinity
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new FullyConnectedLayer(2, 3), 'fc');
   * const { net: small, report } = await net.quantize(Tensor.from([[1, 2], [0, -1], [3, 0.5]]));
   * small.getLayer('fc').kind; // → 'fully connected int8'
   * report.layers.map(({ isQuantized }) => isQuantized); // → [ true ]
   * (report.outputs.fc?.signalToNoise ?? 0) > 30; // → true
   * ```
   */
  async quantize(
    rows: AnyTensor | NamedTensors | RawRows,
    options: QuantizeOptions = {},
  ): Promise<{ readonly net: NeuralNet; readonly report: QuantizationReport }> {
    return this.#busy.exclusively('quantize', async () => {
      const { checkedQuantizeOptions, fillRest, quantizeGraph } = await import('./quantization/quantize.js');
      const { raw, ...chosen } = checkedQuantizeOptions(options, this.#model.stack.parts.steps);
      if (this.params.dtype !== 'float32') throw badArgument('the dtype of the net', 'float32', this.params.dtype);
      const { stack } = this.#model;
      const inputs = raw
        ? this.#predictions.preparedRows(rows as RawRows)
        : this.#rows.inputsFrom(rows as AnyTensor | NamedTensors);
      this.#rows.checkInputs(inputs);
      stack.requireAttached();
      const make = (parts: GraphParts) => {
        const net = new NeuralNet(this.params, this.name);
        net.#setGraph(parts);
        return net;
      };
      const inputShapes = inputs.map(({ shape }) => shape.slice(1));
      const rowShapes = [...inputShapes, ...stack.shapes(...inputShapes)];
      const { parts } = stack;
      const setting = {
        ...{ parts, inputs, rowShapes },
        async withNet<Result>(graph: GraphParts, use: (compute: Compute) => Promise<Result>): Promise<Result> {
          const net = make(graph);
          try {
            return await use((batch) => net.#predictions.outputsAsync(batch));
          } finally {
            for (const layer of net.layers) layer.release();
          }
        },
      };
      const { from, parts: quantized, report } = await quantizeGraph(setting, chosen);
      const net = make(quantized);
      fillRest(from, quantized);
      net.preparation = this.preparation;
      return { net, report };
    });
  }

  /**
   * Saves the whole net to one safetensors file, in one atomic step: weights, layers, hyperparameters and preparation. The
   * optimizer's memory is not saved; `checkpointFile` of `train` saves that, too.
   * @param file - its name ends in `.safetensors`, or in nothing that means another format
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a name such as `net.h5` and for a layer of a class that `registerLayer`
   *   does not know, `ERR_BAD_FILE` if the file cannot be written
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'net').addLayer(new FullyConnectedLayer(2, 1));
   * await net.save('models/net.safetensors'); // makes the folder
   * (await NeuralNet.load('models/net.safetensors')).layerNames; // → [ 'fully-connected-1' ]
   * ```
   */
  async save(file: string): Promise<void> {
    await this.#busy.exclusively('save', async () => {
      requireFileName(file);
      requireEnding('file', file, '.safetensors');
      await replaceFile(file, await modelWriter(this.#description, storedParametersOf(this.#model.stack.layers)));
    });
  }

  /** Saves `<folder>/<layer>.npz` for each layer that has weights; each file is replaced as a whole or not at all. */
  async saveWeights(folder: string): Promise<void> {
    await this.#busy.exclusively('saveWeights', async () => {
      await writeLayers(this.#model.stack, folder, (layer, name) => layer.saveWeights(folder, name));
    });
  }

  /** Loads weights that `saveWeights` wrote. Changes nothing unless all the files fit. */
  async loadWeights(folder: string): Promise<void> {
    await this.#busy.exclusively('loadWeights', async () => {
      const copy = await readLayers(this.#model.stack, folder, (layer, name) => layer.readWeights(folder, name));
      this.#weightsChange();
      copy();
    });
  }

  /** Saves the values that the layers started with, as `saveWeights` does; see `loadInitialValues`. */
  async saveInitialValues(folder: string): Promise<void> {
    await this.#busy.exclusively('saveInitialValues', () =>
      writeLayers(this.#model.stack, folder, (layer, name) => layer.saveInitialValues(folder, name)),
    );
  }

  /**
   * Starts again from the values in the folder: they become the weights and the initial values. The optimizer's memory, the
   * schedule and the count of epochs are reset, as if the net had never been trained.
   */
  async loadInitialValues(folder: string): Promise<void> {
    await this.#busy.exclusively('loadInitialValues', async () => {
      const { state, stack } = this.#model;
      const copy = await readLayers(stack, folder, (layer, name) => layer.readInitialValues(folder, name));
      state.reset();
      this.#steps.forgetPass();
      this.#weightsChange();
      copy();
    });
  }

  /**
   * Writes the net as an ONNX model for other runtimes, in one atomic step. It takes any number of rows, raw ones where the
   * net has a `preparation`. The input is called `input` and the output `output`; inputs with names, and several outputs, keep
   * theirs. Needs the optional package protobufjs.
   * @param file - its name ends in `.onnx`, or in nothing that means another format
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another name, a layer in plain TypeScript, or a net of 2 GiB or more,
   *   `ERR_BAD_FILE` if the file cannot be written, `ERR_NATIVE_LOAD` without protobufjs
   */
  async exportOnnx(file: string, options?: OnnxExportOptions): Promise<void> {
    await this.#busy.exclusively('exportOnnx', async () => {
      requireFileName(file);
      requireEnding('file', file, '.onnx');
      const { writeOnnx } = await import('./onnx/export/to-onnx.js');
      const { name, preparation } = this;
      await writeOnnx({ name, preparation, ...this.#model }, file, options);
    });
  }

  /** The description of the net in its files. */
  get #description(): ModelDescription {
    const { name, params, preparation } = this;
    return { name, params, preparation, graph: this.#model.stack.parts };
  }

  /**
   * Loads a net from a file that `save`, or `train` with `checkpointFile`, wrote: to predict, or to train a new run.
   * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing, damaged or hostile, or holds no net
   * @example
   * ```ts
   * import { FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
   *
   * const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'prices').addLayer(new FullyConnectedLayer(2, 1));
   * await net.save('prices.safetensors');
   * const loaded = await NeuralNet.load('prices.safetensors');
   * loaded.name; // → 'prices'
   * const x = Tensor.from([[1, 2]]);
   * loaded.inference(x).data[0] === net.inference(x).data[0]; // → true
   * NeuralNet.load('missing.safetensors'); // throws ERR_BAD_FILE
   * ```
   */
  static async load(file: string): Promise<NeuralNet> {
    return ModelFile.with(file, (opened) => NeuralNet.#from(opened));
  }

  /**
   * Loads the net of an interrupted run from its `checkpointFile`. The next `train`, on the same data and with the same
   * options, continues where the file was written and ends with the same bits as an uninterrupted run. Do not change the
   * net before that: the next `train` would start a new run. If the newest file is damaged or missing, the next older one
   * is used, with a warning.
   *
   * A larger `maxEpoch` than before lengthens the run, also one that has ended by `maxEpoch`, to the same bits as a run of
   * that length. If the end made a checkpoint that the longer run would not make, it goes on from an older file.
   * @throws BlasnetError `ERR_BAD_FILE` where no file will do, which says what is wrong with the newest;
   *   `ERR_BAD_ARGUMENT` for a smaller `maxEpoch`, or a larger one for a run that a stop condition has ended
   */
  static async resume(file: string, options: ResumeOptions = {}): Promise<NeuralNet> {
    requireFileName(file);
    checkOptions(options, ['maxEpoch']);
    return newestOf(file, async (opened) => {
      const net = await NeuralNet.#from(opened, paramsFor(opened.description.params, options));
      const run = await restoreRun(opened, net.#model);
      net.#pending = run;
      net.#best = run.best;
      net.#records = run.records;
      return net;
    });
  }

  static async #from(file: ModelFile, params = file.description.params): Promise<NeuralNet> {
    const { name, graph, preparation } = file.description;
    const net = new NeuralNet(params, name);
    explained(file.where, () => {
      net.#setGraph(graph);
      net.preparation = preparation;
    });
    await file.fill(net.#model.stack);
    return net;
  }

  /**
   * Reads an ONNX model; the net can be trained further. Nodes become layers, or operations where there is no layer. In a
   * chain, arithmetic with constants in front of all layers, or behind them, becomes `preparation`, so that `predict` gives the
   * outputs of the model. The net's inputs and outputs have the names of the model's where there are several. Needs the
   * optional package protobufjs.
   * @throws BlasnetError `ERR_BAD_FILE` for another file or model, with the nodes and operators that cannot be imported;
   *   `ERR_BAD_ARGUMENT` for an option that does not fit the model; `ERR_NATIVE_LOAD` without protobufjs
   */
  static async fromOnnx(file: string, options?: OnnxImportOptions): Promise<NeuralNet> {
    const { readOnnx } = await import('./onnx/import/from-onnx.js');
    return readOnnx(file, options);
  }

  /**
   * Draws loss and accuracy (R² for nets that fit) over the checkpoints of the last `train`, however it ended.
   * @returns the chart as SVG
   */
  async showLossHistory(options: LossHistoryOptions = {}): Promise<string> {
    checkOptions(options, ['title', 'xCoordinate', 'accuracyTitle', 'lossScale', 'file']);
    if (!this.#records) throw callFirst('train()', 'showLossHistory');
    const { lossChart, renderSvg, saveChart } = await import('./charts/index.js');
    const { file, ...chartOptions } = options;
    const isR2 = figureTitle(objectivesFor(this.#model)) === 'R²';
    const accuracyTitle = isR2 ? { accuracyTitle: 'R² (1 is perfect)' } : {};
    const chart = lossChart(this.#records, { title: this.name, ...accuracyTitle, ...definedFields(chartOptions) });
    if (file !== undefined) await saveChart(chart, file);
    return renderSvg(chart);
  }
}
