import type { RowCells } from '../data/csv-options.js';
import { partOf } from '../data/part.js';
import { rowsOf } from '../data/rows.js';
import { badArgument } from '../errors.js';
import { BatchPredictor, type BatchPredictorOptions } from '../inference/batch-predictor.js';
import { type Evaluation, Evaluator } from '../inference/evaluation.js';
import { Predictor } from '../inference/predictor.js';
import { type RowAnswerer, RowPredictor } from '../inference/row-predictor.js';
import type { PredictOptions } from '../preparation/predict-options.js';
import type { Prediction } from '../preparation/prediction.js';
import type { Preparation } from '../preparation/preparation.js';
import { Preparer } from '../preparation/preparer.js';
import { KeptPlans } from '../replay/kept-plans.js';
import { Tensor } from '../tensor.js';
import { requireTrainable } from '../training/check-data.js';
import { LayeredNet } from './layered-net.js';

/** Rows of several inputs by their names. */
type Inputs = Readonly<Record<string, Tensor>>;

/** One output, or several by their names. */
type Outputs = Tensor | Readonly<Record<string, Tensor>>;

/** The calls of a net that do not change it: predictions, answers for raw rows, loss and accuracy. */
export abstract class PredictingNet extends LayeredNet {
  readonly #predictors = new KeptPlans<Predictor>();
  protected preparer = new Preparer(undefined);

  protected override layersChanged(): void {
    this.#predictors.clear();
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
  inference(x: Tensor | Inputs): Tensor;
  inference<Result extends Outputs>(x: Tensor | Inputs): Result;
  inference(x: Tensor | Inputs): Outputs {
    this.busy.requireIdle('inference');
    const { newest } = this.#predictors;
    if (newest?.isSingle && x instanceof Tensor && newest.takesOne(x)) {
      this.lastPass = undefined;
      return newest.predictOne(x);
    }
    const inputs = this.inputsFrom(x);
    return this.#byName(this.#predictor(inputs).predictSync(inputs));
  }

  /**
   * Computes the outputs for scaled rows on another thread. Calls queue behind each other. x is copied, so that it may be
   * changed or transferred meanwhile.
   */
  async inferenceAsync(x: Tensor | Inputs): Promise<Tensor>;
  async inferenceAsync<Result extends Outputs>(x: Tensor | Inputs): Promise<Result>;
  async inferenceAsync(x: Tensor | Inputs): Promise<Outputs> {
    this.busy.requireIdleOr('inferenceAsync');
    const inputs = this.inputsFrom(x);
    this.checkInputs(inputs);
    const rows = inputs.map((tensor) => tensor.clone());
    const outputs = await this.busy.queued('inferenceAsync', () => this.#predictor(rows).predict(rows));
    return this.#byName(outputs);
  }

  /** The only output, or all outputs by their names. */
  #byName(tensors: readonly Tensor[]): Outputs {
    const { outputs } = this.model.stack;
    if (outputs.length === 1) return tensors[0]!;
    return Object.fromEntries(outputs.map(({ name }, i) => [name, tensors[i]!]));
  }

  /**
   * How raw rows become the net's input, and its outputs answers: scaling, encoding of columns, class names. `train` sets it
   * to what its reader did. Set it for a net that was trained in another way; undefined means that rows are used as they
   * are.
   */
  get preparation(): Preparation | undefined {
    return this.preparer.preparation;
  }
  set preparation(preparation: Preparation | undefined) {
    this.busy.requireIdle('preparation');
    this.preparer = new Preparer(preparation);
  }

  /**
   * Answers raw rows on another thread: prepares them as `preparation` describes, computes the outputs and turns them into
   * answers. Calls queue behind each other; rows may be changed meanwhile.
   * @param rows - numbers of any dtype, or cells by column name as in the CSV file
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
  async predict(rows: Tensor | readonly RowCells[], options: PredictOptions = {}): Promise<Prediction> {
    this.busy.requireIdleOr('inferenceAsync');
    const raw = this.preparer.encode(rows, this.params.dtype, options);
    this.checkRows(raw);
    return this.#answerTo(raw, this.preparer);
  }

  /** Answers for encoded raw rows, when earlier calls are done. */
  #answerTo(raw: Tensor, preparer: Preparer): Promise<Prediction> {
    const { dtype, netType } = this.params;
    return this.busy.queued('inferenceAsync', async () => {
      const x = await preparer.prepare(raw, dtype);
      const [outputs] = await this.#predictor([x]).predict([x]);
      return preparer.answer(netType, outputs!);
    });
  }

  /**
   * Answers raw rows as `predict` does, on this thread: for a few rows, which take less time than starting a thread.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read,
   *   `ERR_NET_BUSY`
   */
  predictSync(rows: Tensor | readonly RowCells[], options: PredictOptions = {}): Prediction {
    this.busy.requireIdle('predictSync');
    const { dtype, netType } = this.params;
    const raw = this.preparer.encode(rows, dtype, options);
    this.checkRows(raw);
    const x = this.preparer.prepareSync(raw, dtype);
    return this.preparer.answer(netType, this.#predictor([x]).predictSync([x])[0]!);
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
    const net = this;
    const answerer: RowAnswerer = {
      dtype: this.params.dtype,
      get preparer() {
        return net.preparer;
      },
      rowShape: ({ preparation }) => preparation?.inputShape ?? this.#rowShapeFor('predictor'),
      answer: async (preparer, raw) => {
        this.busy.requireIdleOr('inferenceAsync');
        this.checkRows(raw);
        return this.#answerTo(raw, preparer);
      },
    };
    return new RowPredictor(answerer, options);
  }

  /**
   * Predicts single rows that are already scaled as the net's input, from many callers, gathered into batches and computed
   * beside the event loop. The results are the net's outputs, as `inferenceAsync` returns them.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net whose first layer takes rows of any shape
   */
  scaledPredictor(options?: BatchPredictorOptions): BatchPredictor {
    const rowShape = this.#rowShapeFor('scaledPredictor');
    return new BatchPredictor((x) => this.inferenceAsync(x), rowShape, this.params.dtype, options);
  }

  #rowShapeFor(call: string): readonly number[] {
    const rowShape = this.inputs.length === 1 ? this.inputs[0]!.rowShape : undefined;
    if (!rowShape) throw badArgument(call, 'a net with one input, whose row shape is known', 'another');
    return rowShape;
  }

  /** Computes the mean loss, and the accuracy or R², over scaled rows, on this thread. */
  test(x: Tensor, y: Tensor): Evaluation {
    this.busy.requireIdle('test');
    this.checkInput(x);
    this.requireDtype('y', y);
    this.lastPass = undefined;
    const part = partOf(rowsOf(x), rowsOf(y));
    requireTrainable(this.model, part, 'the test set');
    return new Evaluator(this.model, part).evaluateSync();
  }

  #predictor(inputs: readonly Tensor[]): Predictor {
    const { newest } = this.#predictors;
    const isKnown = newest?.takes(inputs);
    if (!isKnown) this.checkInputs(inputs);
    this.lastPass = undefined;
    if (isKnown) return newest!;
    const shapes = inputs.flatMap(({ shape }) => [shape.length, ...shape]);
    return this.#predictors.get(shapes, () => new Predictor(this.model, inputs));
  }
}
