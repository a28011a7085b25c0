import { BatchPredictor, type BatchPredictorOptions } from './batch-predictor.js';
import type { LossChartOptions } from './charts/index.js';
import { paramsFor, type ResumeOptions } from './checkpoints/longer-run.js';
import { newestOf, type PendingRun, restoreRun } from './checkpoints/resume.js';
import type { RowCells } from './data/csv-options.js';
import type { DataReader } from './data/data-reader.js';
import { rowsOf } from './data/rows.js';
import { badArgument } from './errors.js';
import { type Evaluation, Evaluator, Predictor } from './evaluation.js';
import { replaceFile, requireFileName } from './files.js';
import { KeptPlans } from './kept-plans.js';
import { LayeredNet } from './layered-net.js';
import { explained, type ModelDescription } from './model-files/description.js';
import { ModelFile, modelWriter, parametersOf } from './model-files/model-file.js';
import type { OnnxExportOptions } from './onnx/export/to-onnx.js';
import type { OnnxImportOptions } from './onnx/import/from-onnx.js';
import type { Prediction } from './preparation/prediction.js';
import type { Preparation } from './preparation/preparation.js';
import { Preparer } from './preparation/preparer.js';
import type { Tensor } from './tensor.js';
import { checkListeners, checkPart } from './training/check-data.js';
import type { Snapshot } from './training/snapshot.js';
import { Trainer, type TrainOptions } from './training/trainer.js';
import { BatchPlan } from './training/training-plan.js';
import { TrainingHistory, type TrainingProgress } from './training-history.js';
import { readLayers, writeLayers } from './weight-folders.js';

/** A net: layers in order, hyperparameters, training, prediction. */
export class NeuralNet extends LayeredNet {
  readonly #predictors = new KeptPlans<Predictor>();
  readonly #batchPlans = new KeptPlans<BatchPlan>();
  #preparer = new Preparer(undefined);
  #history: TrainingHistory | undefined;
  #pending: PendingRun | undefined; // what the next train goes on with
  #best: Snapshot | undefined; // the weights at the best checkpoint of the last train

  protected override layersChanged(): void {
    this.#predictors.clear();
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
      checkListeners(options);
      options.signal?.throwIfAborted();
      this.output = undefined;
      const run = { describe: () => this.#description, pending: this.#pending };
      // A signal of the run's own, since Node.js warns of a leak where many nets listen to one.
      const signal = options.signal && { signal: AbortSignal.any([options.signal]) };
      const trainer = new Trainer(this.model, reader, { ...options, ...signal }, run);
      this.#pending = undefined;
      this.#preparer = new Preparer(reader.preparation);
      this.#best = trainer.best;
      const display = options.progress ? await (await import('./progress.js')).createProgressDisplay() : undefined;
      const listeners = [options.onProgress, display?.update].filter((listener) => listener !== undefined);
      const onProgress = (progress: TrainingProgress) => {
        for (const listener of listeners) listener(progress);
      };
      try {
        return await trainer.run(listeners.length > 0 ? onProgress : undefined);
      } finally {
        if (trainer.history.records.length > 0) this.#history = trainer.history; // of a run that failed, too
        display?.stop();
      }
    });
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
    checkPart(this.model, { x: xRows, y: yRows }, 'the batch');
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

  /** Predictions for the rows of x, on this thread. */
  inference(x: Tensor): Tensor {
    this.busy.requireIdle('inference');
    return this.#predictor(x).predictSync(x);
  }

  /**
   * Predictions for the rows of x as they are now, on a thread of its own. Calls queue up behind each other; x is copied,
   * so that it may be changed or transferred meanwhile.
   */
  async inferenceAsync(x: Tensor): Promise<Tensor> {
    this.busy.requireIdleOr('inferenceAsync');
    this.checkInput(x);
    const rows = x.clone();
    return this.busy.queued('inferenceAsync', () => this.#predictor(rows).predict(rows));
  }

  /**
   * What turns raw rows into the net's input, and its outputs into answers: what the reader of its last `train` did.
   * Set it for a net that was trained otherwise; undefined where rows are taken as they are.
   */
  get preparation(): Preparation | undefined {
    return this.#preparer.preparation;
  }
  set preparation(preparation: Preparation | undefined) {
    this.busy.requireIdle('preparation');
    this.#preparer = new Preparer(preparation);
  }

  /**
   * Answers for raw rows, prepared as `preparation` says, on a thread of its own: numbers of any dtype, or cells by
   * column name as the CSV file had them. Calls queue up behind each other; rows may be changed meanwhile.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read
   */
  async predict(rows: Tensor | readonly RowCells[]): Promise<Prediction> {
    this.busy.requireIdleOr('inferenceAsync');
    const { dtype, netType } = this.params;
    const preparer = this.#preparer;
    const raw = preparer.encode(rows, dtype);
    this.checkRows(raw);
    return this.busy.queued('inferenceAsync', async () => {
      const x = await preparer.prepare(raw, dtype);
      return preparer.answer(netType, await this.#predictor(x).predict(x));
    });
  }

  /**
   * Answers for raw rows as `predict` gives them, on this thread: for few rows, which take less time than a thread takes
   * to begin.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read,
   *   `ERR_NET_BUSY`
   */
  predictSync(rows: Tensor | readonly RowCells[]): Prediction {
    this.busy.requireIdle('predictSync');
    const { dtype, netType } = this.params;
    const raw = this.#preparer.encode(rows, dtype);
    this.checkRows(raw);
    const x = this.#preparer.prepareSync(raw, dtype);
    return this.#preparer.answer(netType, this.#predictor(x).predictSync(x));
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
    this.busy.requireIdle('test');
    this.checkInput(x);
    this.requireDtype('y', y);
    this.model.state.settle();
    this.output = undefined;
    const part = { x: rowsOf(x), y: rowsOf(y) };
    checkPart(this.model, part, 'the test set');
    return new Evaluator(this.model, part).evaluateSync();
  }

  /**
   * Writes the whole net to one safetensors file, in one atomic step: weights, layers, hyperparameters and preparation,
   * not what the optimizer remembers.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer of a class that `registerLayer` does not know, `ERR_BAD_FILE` if
   *   the file cannot be written
   */
  async save(file: string): Promise<void> {
    await this.busy.exclusively('save', async () => {
      this.model.state.settle();
      await replaceFile(file, await modelWriter(this.#description, parametersOf(this.model.stack.layers)));
    });
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
    return newestOf(file, async (opened) => {
      const net = await NeuralNet.#from(opened, paramsFor(opened.description.params, options));
      const run = await restoreRun(opened, net.model);
      net.#pending = run;
      net.#best = run.best;
      net.#history = new TrainingHistory(run.records);
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

  get #description(): ModelDescription {
    const { name, params, preparation } = this;
    return { name, params, preparation, layers: this.model.stack.layers };
  }

  /** Writes `<folder>/<layer>.npz` for each layer that has weights; each file is replaced as a whole or not at all. */
  async saveWeights(folder: string): Promise<void> {
    await this.busy.exclusively('saveWeights', async () => {
      const { state, stack } = this.model;
      state.settle();
      await writeLayers(stack, folder, (layer, name) => layer.saveWeights(folder, name));
    });
  }

  /** Reads what `saveWeights` wrote. Changes nothing unless all the files fit. */
  async loadWeights(folder: string): Promise<void> {
    await this.busy.exclusively('loadWeights', async () => {
      const { state, stack } = this.model;
      const copy = await readLayers(stack, folder, (layer, name) => layer.readWeights(folder, name));
      state.settle();
      this.weightsChange();
      copy();
    });
  }

  /** Writes the values that the layers began with, as `saveWeights` does; see `loadInitialValues`. */
  async saveInitialValues(folder: string): Promise<void> {
    await this.busy.exclusively('saveInitialValues', () =>
      writeLayers(this.model.stack, folder, (layer, name) => layer.saveInitialValues(folder, name)),
    );
  }

  /**
   * Starts anew from the values in the folder: they become the weights and the initial values, and what the optimizer
   * remembers, the schedule and the number of the epoch are as if the net had never been trained.
   */
  async loadInitialValues(folder: string): Promise<void> {
    await this.busy.exclusively('loadInitialValues', async () => {
      const { state, stack } = this.model;
      const copy = await readLayers(stack, folder, (layer, name) => layer.readInitialValues(folder, name));
      state.reset();
      this.output = undefined;
      this.weightsChange();
      copy();
    });
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
   * Writes the net as an ONNX model for other runtimes, in one atomic step: one input `input` of any number of rows, raw
   * ones where the net has a `preparation`, and one output `output`. Needs the optional package protobufjs.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer without an ONNX form, or a net of 2 GiB or more, `ERR_BAD_FILE`
   *   if the file cannot be written, `ERR_NATIVE_LOAD` without protobufjs
   */
  async exportOnnx(file: string, options?: OnnxExportOptions): Promise<void> {
    await this.busy.exclusively('exportOnnx', async () => {
      this.model.state.settle();
      const { writeOnnx } = await import('./onnx/export/to-onnx.js');
      const { name, preparation } = this;
      await writeOnnx({ name, preparation, ...this.model }, file, options);
    });
  }

  /**
   * Draws loss and accuracy over the checkpoints of the last `train`, however it ended.
   * @param options.file - where to write the chart, .svg or .png
   * @returns the chart as SVG
   */
  async showLossHistory({ file, ...options }: LossChartOptions & { readonly file?: string } = {}): Promise<string> {
    if (!this.#history) throw badArgument('showLossHistory', 'a train with a checkpoint before it', 'none');
    const { lossChart, renderSvg, saveChart } = await import('./charts/index.js');
    const chart = lossChart(this.#history.records, { title: this.name, ...options });
    if (file !== undefined) await saveChart(chart, file);
    return renderSvg(chart);
  }

  #predictor(x: Tensor): Predictor {
    const { newest } = this.#predictors;
    const isKnown = newest?.takes(x);
    if (!isKnown) this.checkInput(x);
    this.model.state.settle();
    this.output = undefined;
    return isKnown ? newest! : this.#predictors.get(x.shape, () => new Predictor(this.model, x.shape));
  }
}
