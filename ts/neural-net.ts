import type { LossHistoryOptions } from './charts/index.js';
import { paramsFor, type ResumeOptions } from './checkpoints/longer-run.js';
import { newestOf, type PendingRun, restoreRun } from './checkpoints/resume.js';
import type { DataReader } from './data/data-reader.js';
import { rowsOf } from './data/rows.js';
import { badArgument } from './errors.js';
import { checkOptions } from './fields.js';
import { requireFileName } from './files.js';
import { given } from './given.js';
import { explained } from './model-files/description.js';
import { ModelFile } from './model-files/model-file.js';
import { StoredNet } from './net/stored-net.js';
import type { OnnxImportOptions } from './onnx/import/from-onnx.js';
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
 * A net: layers in order, hyperparameters, training, prediction.
 * @example
 * ```ts
 * const rows = Tensor.from([[0, 0], [0, 1], [1, 0], [1, 1]]);
 * const reader = DataReader.fromTensors({ xTrain: rows, yTrain: Tensor.from([[0], [1], [1], [0]]) });
 * const params = new HyperParameters({
 *   netType: 'binaryClassifier', optimizer: 'adam', learningRate: 0.1, batchSize: 4, maxEpoch: 300,
 * });
 * const net = new NeuralNet(params, 'xor')
 *   .addLayer(new FullyConnectedLayer(2, 8))
 *   .addLayer(new ActivationLayer('tanh'))
 *   .addLayer(new FullyConnectedLayer(8, 1))
 *   .addLayer(new ClassificationLayer('sigmoid'));
 * await net.train(reader);
 * const { classes } = await net.predict(rows);
 * classes; // => ['0', '1', '1', '0']
 * await net.save('xor.safetensors');
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
   * Trains on a thread of its own; the event loop stays free. From then on the memory of the reader's rows can no longer
   * be transferred to a worker (it can be copied), since a thread may be reading it.
   * @returns the checkpoints, why it stopped, and the test result if asked for
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for data that does not fit, `ERR_NOT_FINITE` when
   *   the loss becomes NaN or infinite, `ERR_NET_BUSY`; or the signal's reason when aborted
   */
  async train(reader: DataReader, options: TrainOptions = {}): Promise<TrainingHistory> {
    return this.busy.exclusively('train', async () => {
      checkTrainArguments(reader, options);
      options.signal?.throwIfAborted();
      this.output = undefined;
      const run = { describe: () => this.description, pending: this.#pending };
      // A signal of the run's own, since Node.js warns of a leak where many nets listen to one.
      const signal = options.signal && { signal: AbortSignal.any([options.signal]) };
      const trainer = new Trainer(this.model, reader, { ...options, ...signal }, run);
      this.#pending = undefined;
      this.preparer = new Preparer(reader.preparation);
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
   * One training step on the rows of x, at once and on this thread.
   * @returns the mean loss before the update
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for rows that do not fit, `ERR_NOT_FINITE` for rows
   *   or a loss with NaN or infinity: then the weights are as they were; `ERR_NET_BUSY`
   */
  trainOnBatch(x: Tensor, y: Tensor): { loss: number } {
    this.busy.requireIdle('trainOnBatch');
    this.checkInput(x);
    this.requireDtype('y', y);
    this.output = undefined;
    const [xRows, yRows] = [rowsOf(x), rowsOf(y)];
    requireTrainable(this.model, { x: xRows, y: yRows }, 'the batch');
    const plan = this.#batchPlans.get(x.shape, () => new BatchPlan(this.model, xRows, yRows));
    this.weightsChange();
    return { loss: plan.run(xRows, yRows) };
  }

  /**
   * Gives the net the weights that it had at the checkpoint with the lowest validation loss (without a validation set:
   * training loss) of its last `train`, which is `history.best`. The optimizer keeps what it remembers.
   */
  restoreBest(): void {
    this.busy.requireIdle('restoreBest');
    if (!this.#best) throw badArgument('restoreBest', 'a train before it', 'none');
    this.output = undefined;
    this.weightsChange();
    this.model.state.settle();
    this.#best.restore();
  }

  /**
   * The net in a file that `save`, or training with `checkpointFile`, wrote: ready to predict, or to be trained anew.
   * @throws BlasnetError `ERR_BAD_FILE` for a file that is missing, damaged or hostile, or holds no net
   */
  static async load(file: string): Promise<NeuralNet> {
    return ModelFile.with(file, (opened) => NeuralNet.#from(opened));
  }

  /**
   * The net of a run that was to go on, from its `checkpointFile`: the next `train`, on the same data and with the same
   * options, continues where the file was written, as if the run had never been interrupted, to the same bits. Nothing
   * may change the net before that; what does makes the next `train` a new run. Where the newest file is damaged, or is
   * missing because a process was killed in the wrong moment, it is the next older one, with a warning.
   *
   * With a larger `maxEpoch` than before the run becomes as long as if it had had that from the start, to the same bits;
   * one that has come to its end by `maxEpoch` goes on. Where the end made a checkpoint between those of a longer run, it
   * goes on from an older file, if there is one.
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
    const { name, layers, preparation } = file.description;
    const net = new NeuralNet(params, name);
    explained(file.where, () => {
      for (const entry of layers) net.addLayer(entry.layer, entry.name);
      net.preparation = preparation;
    });
    await file.fill(net.model.stack);
    return net;
  }

  /**
   * Reads an ONNX model whose operators are a chain of layers that we have; the net can be trained further. Arithmetic with
   * constants in front of all layers, or behind them, becomes `preparation`: the model's own answers are those of
   * `predict`. Needs the optional package protobufjs.
   * @throws BlasnetError `ERR_BAD_FILE` for a file that is no such model, which names the node and its operator,
   *   `ERR_NATIVE_LOAD` without protobufjs
   */
  static async fromOnnx(file: string, options?: OnnxImportOptions): Promise<NeuralNet> {
    const { readOnnx } = await import('./onnx/import/from-onnx.js');
    return readOnnx(file, options);
  }

  /**
   * Draws loss and accuracy over the checkpoints of the last `train`, however it ended.
   * @returns the chart as SVG
   */
  async showLossHistory(options: LossHistoryOptions = {}): Promise<string> {
    checkOptions(options, ['title', 'xCoordinate', 'accuracyTitle', 'lossScale', 'file']);
    if (!this.#records) throw badArgument('showLossHistory', 'a train with a checkpoint before it', 'none');
    const { lossChart, renderSvg, saveChart } = await import('./charts/index.js');
    const { file, ...chartOptions } = options;
    const accuracyTitle = this.model.objective.figure === 'R²' ? { accuracyTitle: 'R² (1 is perfect)' } : {};
    const chart = lossChart(this.#records, { title: this.name, ...accuracyTitle, ...given(chartOptions) });
    if (file !== undefined) await saveChart(chart, file);
    return renderSvg(chart);
  }
}
