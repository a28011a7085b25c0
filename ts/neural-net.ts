import type { LossHistoryOptions } from './charts/index.js';
import { paramsFor, type ResumeOptions } from './checkpoints/longer-run.js';
import { newestOf, type PendingRun, restoreRun } from './checkpoints/resume.js';
import type { DataReader } from './data/data-reader.js';
import { partOf } from './data/part.js';
import { rowsOf } from './data/rows.js';
import { callFirst } from './errors.js';
import { checkOptions, fieldsOf } from './fields.js';
import { requireFileName } from './files.js';
import { given } from './given.js';
import type { HyperParameters } from './hyper-parameters.js';
import { explained } from './model-files/description.js';
import { ModelFile } from './model-files/model-file.js';
import { type GraphNodes, partsOf } from './net/net-graph.js';
import { StoredNet } from './net/stored-net.js';
import type { OnnxImportOptions } from './onnx/import/from-onnx.js';
import { isRowPreparation } from './preparation/preparation.js';
import { Preparer } from './preparation/preparer.js';
import { KeptPlans } from './replay/kept-plans.js';
import type { Tensor } from './tensor.js';
import { requireTrainable } from './training/check-data.js';
import type { Snapshot } from './training/snapshot.js';
import { checkTrainArguments, type TrainOptions } from './training/train-options.js';
import { Trainer } from './training/trainer.js';
import { BatchPlan } from './training/training-plan.js';
import type { CheckpointRecord, TrainingHistory, TrainingProgress } from './training-history.js';

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
export class NeuralNet extends StoredNet {
  readonly #batchPlans = new KeptPlans<BatchPlan>();
  /** Of the last `train`, or of the run that goes on with the next. */
  #records: readonly CheckpointRecord[] | undefined;
  #pending: PendingRun | undefined; // what the next train goes on with
  #best: Snapshot | undefined; // the weights at the best checkpoint of the last train

  protected override layersChanged(): void {
    super.layersChanged();
    this.#batchPlans.clear();
    this.#best = undefined;
    this.weightsChange();
  }

  protected override weightsChange(): void {
    this.#pending = undefined;
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
    net.setGraph(partsOf(fieldsOf('graph', graph, ['inputs', 'outputs'])));
    return net;
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
    return this.busy.exclusively('train', async () => {
      checkTrainArguments(reader, options);
      options.signal?.throwIfAborted();
      this.lastPass = undefined;
      const whileReadable = (work: () => Promise<void>) => this.busy.whileReadable(work);
      const run = { net: this, whileReadable, describe: () => this.description, pending: this.#pending };
      // A signal of the run's own, since Node.js warns of a leak where many nets listen to one.
      const signal = options.signal && { signal: AbortSignal.any([options.signal]) };
      const trainer = new Trainer(this.model, reader, { ...options, ...signal }, run);
      this.#pending = undefined;
      const { preparation } = reader;
      const isNamed = preparation && !isRowPreparation(preparation);
      this.preparer = isNamed ? Preparer.refusing(Object.keys(preparation.inputs!)) : new Preparer(preparation);
      this.#best = trainer.best;
      const display = options.progress ? await this.#createDisplay() : undefined;
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

  async #createDisplay() {
    const { createProgressDisplay } = await import('./progress.js');
    return createProgressDisplay({ figure: this.model.objective.figure });
  }

  /**
   * Makes one training step on the rows of x, on this thread.
   * @returns the mean loss before the update
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for rows that do not fit, `ERR_NOT_FINITE` for rows
   *   or a loss with NaN or infinity: then the weights are as they were; `ERR_NET_BUSY`
   */
  trainOnBatch(x: Tensor, y: Tensor): { loss: number } {
    this.busy.requireIdle('trainOnBatch');
    this.checkInput(x);
    this.requireDtype('y', y);
    this.lastPass = undefined;
    const [xRows, yRows] = [rowsOf(x), rowsOf(y)];
    requireTrainable(this.model, partOf(xRows, yRows), 'the batch');
    const plan = this.#batchPlans.get(x.shape, () => new BatchPlan(this.model, xRows, yRows));
    this.weightsChange();
    return { loss: plan.run(xRows, yRows) };
  }

  /**
   * Restores the weights of the best checkpoint of the last `train`, `history.best`: the one with the lowest validation
   * loss, or training loss without a validation set. The optimizer keeps its memory.
   */
  restoreBest(): void {
    this.busy.requireIdle('restoreBest');
    if (!this.#best) throw callFirst('train()', 'restoreBest');
    this.lastPass = undefined;
    this.weightsChange();
    this.#best.restore();
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
      const run = await restoreRun(opened, net.model);
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
      net.setGraph(graph);
      net.preparation = preparation;
    });
    await file.fill(net.model.stack);
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
    const accuracyTitle = this.model.objective.figure === 'R²' ? { accuracyTitle: 'R² (1 is perfect)' } : {};
    const chart = lossChart(this.#records, { title: this.name, ...accuracyTitle, ...given(chartOptions) });
    if (file !== undefined) await saveChart(chart, file);
    return renderSvg(chart);
  }
}
