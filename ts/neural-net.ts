import type { LossHistoryOptions } from './charts/index.js';
import { paramsFor, type ResumeOptions } from './checkpoints/longer-run.js';
import { newestOf, restoreRun } from './checkpoints/resume.js';
import { badArgument } from './core/errors.js';
import { checkOptions, fieldsOf } from './core/fields.js';
import { requireEnding } from './core/file-endings.js';
import { requireFileName } from './core/files.js';
import type { DataReader } from './data/data-reader.js';
import type { NamedTensors } from './data/named-tensors.js';
import type { PredictOptions } from './data/preparation/predict-options.js';
import type { Prediction } from './data/preparation/prediction.js';
import type { Preparation } from './data/preparation/preparation.js';
import { HyperParameters } from './hyper-parameters.js';
import type { BatchPredictor, BatchPredictorOptions } from './inference/batch-predictor.js';
import { NetPredictions, type Outputs, type RawRows } from './inference/net-predictions.js';
import { type NamedLabels, NetRows } from './inference/net-rows.js';
import type { NetStream, NetStreamOptions } from './inference/net-stream.js';
import type { Answers, RowPredictor } from './inference/row-predictor.js';
import type { Layer } from './layers/index.js';
import type { Evaluation } from './metrics/evaluation.js';
import { explained, type ModelDescription } from './model-files/description.js';
import { ModelFile } from './model-files/model-file.js';
import { NetFiles } from './model-files/net-files.js';
import { Busy } from './net/busy.js';
import { type Model, modelFor, objectivesFor } from './net/model.js';
import { type GraphInput, type GraphNodes, type GraphOutput, type GraphParts, partsOf } from './net/net-graph.js';
import { NetLayers } from './net/net-layers.js';
import { type NetNode, nodesOf, summarize } from './net/summary.js';
import { figureTitle } from './objectives.js';
import type { OnnxExportOptions } from './onnx/export/to-onnx.js';
import type { OnnxImportOptions } from './onnx/import/from-onnx.js';
import type { QuantizeOptions } from './quantization/quantize.js';
import type { QuantizationReport } from './quantization/report.js';
import type { AnyTensor, Tensor } from './tensor/tensor.js';
import { NetTraining } from './training/net-training.js';
import type { TrainOptions } from './training/train-options.js';
import type { TrainingHistory } from './training-history.js';

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
  readonly #layers: NetLayers;
  readonly #predictions: NetPredictions;
  readonly #training: NetTraining;
  readonly #files: NetFiles;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but HyperParameters and a string */
  constructor(params: HyperParameters, name: string) {
    if (!(params instanceof HyperParameters)) throw badArgument('params', 'HyperParameters', params);
    if (typeof name !== 'string') throw badArgument('name', 'a string', name);
    this.params = params;
    this.name = name;
    const model = modelFor(params);
    const busy = new Busy(name);
    const rows = new NetRows(model);
    const forgetPass = () => this.#training.forgetPass();
    const predictions = new NetPredictions(model, rows, busy, forgetPass);
    const describe = () => this.#description;
    const training = new NetTraining({ model, busy, rows, predictions, describe });
    this.#model = model;
    this.#busy = busy;
    this.#rows = rows;
    this.#predictions = predictions;
    this.#training = training;
    this.#files = new NetFiles({ model, busy, describe, forgetPass, weightsChange: () => training.weightsChange() });
    this.#layers = new NetLayers(model, busy, () => {
      predictions.forgetPlans();
      training.layersChanged();
    });
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
    net.#layers.set(partsOf(fieldsOf('graph', graph, ['inputs', 'outputs'])));
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
    this.#layers.add(layer, name);
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
    this.#layers.remove(name);
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
    return this.#training.train(this, reader, options);
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
    return this.#training.trainOnBatch(x, y);
  }

  /**
   * Computes the forward pass of all layers, layer by layer, on this thread.
   * @param x - rows of inputs; by the inputs' names where there are several
   * @param training - whether dropout and batch norm work as in training; default true
   * @returns the net's first output, rows × outputs
   */
  forward(x: AnyTensor | NamedTensors, training = true): Tensor {
    return this.#training.forward(x, training);
  }

  /**
   * Computes the backward pass for the rows of the last `forward`, and leaves the gradients in the layers.
   * @param y - the labels of these rows; by the outputs' names where there are several
   */
  backward(y: Tensor | NamedLabels): void {
    this.#training.backward(y);
  }

  /**
   * Prepares a step for an optimizer that takes the gradient elsewhere than at the weights: until `updateWeights`, nag has
   * `forward` and `backward` computed ahead of them. The weights themselves stay. The other optimizers do nothing here.
   */
  preUpdateWeights(): void {
    this.#training.prepareUpdate();
  }

  /**
   * Updates all weights with the gradients of the last `backward`: one step of the optimizer and of the schedule.
   * @throws BlasnetError `ERR_NOT_FINITE` for gradients with NaN or infinity: then the weights are as they were
   */
  updateWeights(): void {
    this.#training.update();
  }

  /**
   * Restores the weights of the best checkpoint of the last `train`, `history.best`: the one with the lowest validation
   * loss, or training loss without a validation set. The optimizer keeps its memory.
   */
  restoreBest(): void {
    this.#training.restoreBest();
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
   *   `BidirectionalLayer` or attention that is not causal
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
    return this.#predictions.stream(options);
  }

  /**
   * Predicts single rows that are already scaled as the net's input, from many callers, gathered into batches and computed
   * beside the event loop. The results are the net's outputs, as `inferenceAsync` returns them.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net whose first layer takes rows of any shape
   */
  scaledPredictor(options?: BatchPredictorOptions): BatchPredictor {
    return this.#predictions.scaledPredictor(options);
  }

  /**
   * Computes the mean loss, the accuracy or R², and the metrics over scaled rows, on this thread.
   * @param x - rows of inputs; by the inputs' names where there are several
   * @param y - their labels; by the outputs' names where there are several
   */
  test(x: AnyTensor | NamedTensors, y: Tensor | NamedLabels): Evaluation {
    return this.#predictions.test(x, y);
  }

  /**
   * Makes a net with int8 weights for faster predictions: fully connected and convolution layers, each output with a scale of
   * its own. Sample rows give the range of the inputs of each layer. This net does not change.
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
      const { quantizeNet } = await import('./quantization/quantize-net.js');
      const source = { model: this.#model, rows: this.#rows, predictions: this.#predictions };
      const make = (parts: GraphParts) => {
        const net = new NeuralNet(this.params, this.name);
        net.#layers.set(parts);
        return { net, compute: (batch: readonly AnyTensor[]) => net.#predictions.outputsAsync(batch) };
      };
      const made = await quantizeNet(source, make, rows, options);
      made.net.preparation = this.preparation;
      return made;
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
    return this.#files.save(file);
  }

  /** Saves `<folder>/<layer>.npz` for each layer that has weights; each file is replaced as a whole or not at all. */
  async saveWeights(folder: string): Promise<void> {
    return this.#files.saveWeights(folder);
  }

  /** Loads weights that `saveWeights` wrote. Changes nothing unless all the files fit. */
  async loadWeights(folder: string): Promise<void> {
    return this.#files.loadWeights(folder);
  }

  /** Saves the values that the layers started with, as `saveWeights` does; see `loadInitialValues`. */
  async saveInitialValues(folder: string): Promise<void> {
    return this.#files.saveInitialValues(folder);
  }

  /**
   * Starts again from the values in the folder: they become the weights and the initial values. The optimizer's memory, the
   * schedule and the count of epochs are reset, as if the net had never been trained.
   */
  async loadInitialValues(folder: string): Promise<void> {
    return this.#files.loadInitialValues(folder);
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
      net.#training.continue(await restoreRun(opened, net.#model));
      return net;
    });
  }

  static async #from(file: ModelFile, params = file.description.params): Promise<NeuralNet> {
    const { name, graph, preparation } = file.description;
    const net = new NeuralNet(params, name);
    explained(file.where, () => {
      net.#layers.set(graph);
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
    const { drawLossHistory } = await import('./charts/loss-history.js');
    const isR2 = () => figureTitle(objectivesFor(this.#model)) === 'R²';
    return drawLossHistory(this.#training.records, { name: this.name, isR2 }, options);
  }
}
