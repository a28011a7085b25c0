import type { RowCells } from '../data/csv-options.js';
import type { NamedTensors } from '../data/named-tensors.js';
import { inputNames, partOf } from '../data/part.js';
import { rowsOf } from '../data/rows.js';
import { badArgument } from '../errors.js';
import { BatchPredictor, type BatchPredictorOptions } from '../inference/batch-predictor.js';
import { type Evaluation, Evaluator } from '../inference/evaluation.js';
import { Predictor } from '../inference/predictor.js';
import { type Answers, type RowAnswerer, RowPredictor } from '../inference/row-predictor.js';
import { NamedPreparer } from '../preparation/named-preparer.js';
import type { PredictOptions } from '../preparation/predict-options.js';
import type { Prediction } from '../preparation/prediction.js';
import { isRowPreparation, type Preparation } from '../preparation/preparation.js';
import { Preparer } from '../preparation/preparer.js';
import type { NamedRow, NamedRows } from '../preparation/raw-numbers.js';
import { KeptPlans } from '../replay/kept-plans.js';
import { type AnyTensor, Tensor } from '../tensor.js';
import { requireTrainable } from '../training/check-data.js';
import { LayeredNet } from './layered-net.js';

/** Rows of several inputs by their names. */
type Inputs = Readonly<Record<string, AnyTensor>>;

/** One output, or several by their names. */
type Outputs = Tensor | Readonly<Record<string, Tensor>>;

/** Raw rows of one input, or of several by their names. */
type RawRows = AnyTensor | NamedRows | readonly (RowCells | NamedRow)[];

/** The calls of a net that do not change it: predictions, answers for raw rows, loss and accuracy. */
export abstract class PredictingNet extends LayeredNet {
  readonly #predictors = new KeptPlans<Predictor>();
  #preparer: Preparer | NamedPreparer = new Preparer(undefined);
  /** For several inputs or outputs without a preparation. */
  #plain: NamedPreparer | undefined;
  /** Whether the net has one input and one output; undefined until it is asked. */
  #isSingle: boolean | undefined;

  protected override layersChanged(): void {
    this.#predictors.clear();
    this.#plain = undefined;
    this.#isSingle = undefined;
  }

  /** The preparer of raw rows: by name, where the net or its preparation has names. */
  #preparerFor(call: string): Preparer | NamedPreparer {
    const { stack } = this.model;
    this.#isSingle ??= stack.inputNames.length <= 1 && stack.outputs.length <= 1;
    if (this.#isSingle || this.#preparer instanceof NamedPreparer) return this.#preparer;
    const { inputs } = stack;
    const { preparation } = this.#preparer;
    if (preparation && inputs.length > 1) {
      throw badArgument(
        `${call}: the net's preparation`,
        `one of ${inputs.map(({ name }) => name).join(', ')}`,
        'one without names',
      );
    }
    this.#plain ??= new NamedPreparer(preparation, inputs);
    return this.#plain;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a preparation whose parts do not fit together */
  protected usePreparation(preparation: Preparation | undefined): void {
    const isNamed = preparation !== undefined && preparation !== null && !isRowPreparation(preparation);
    this.#preparer = isNamed ? new NamedPreparer(preparation) : new Preparer(preparation);
    this.#plain = undefined;
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
  inference(x: AnyTensor | Inputs): Tensor;
  inference<Result extends Outputs>(x: AnyTensor | Inputs): Result;
  inference(x: AnyTensor | Inputs): Outputs {
    this.busy.requireIdle('inference');
    const { newest } = this.#predictors;
    if (newest?.isSingle && x instanceof Tensor && newest.takesOne(x as AnyTensor)) {
      this.lastPass = undefined;
      return newest.predictOne(x as Tensor);
    }
    const inputs = this.inputsFrom(x);
    return this.#byName(this.#predictor(inputs).predictSync(inputs));
  }

  /**
   * Computes the outputs for scaled rows on another thread. Calls queue behind each other. x is copied, so that it may be
   * changed or transferred meanwhile.
   */
  async inferenceAsync(x: AnyTensor | Inputs): Promise<Tensor>;
  async inferenceAsync<Result extends Outputs>(x: AnyTensor | Inputs): Promise<Result>;
  async inferenceAsync(x: AnyTensor | Inputs): Promise<Outputs> {
    this.busy.requireIdleOr('inferenceAsync');
    const inputs = this.inputsFrom(x);
    this.checkInputs(inputs);
    const rows = inputs.map((tensor) => tensor.clone() as AnyTensor);
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
    return this.#preparer.preparation;
  }
  set preparation(preparation: Preparation | undefined) {
    this.busy.requireIdle('preparation');
    this.usePreparation(preparation);
  }

  /**
   * Answers raw rows on another thread: prepares them as `preparation` describes, computes the outputs and turns them into
   * answers. Calls queue behind each other; rows may be changed meanwhile.
   * @param rows - numbers of any dtype, or cells by column name as in the CSV file. For several inputs: numbers by their
   *   names, `{ sales: [[5, 7], [9, 3]], shop: [1, 0] }`, or a list of rows, each with cells by column name or with numbers
   *   by the inputs' names.
   * @returns the answers; by the outputs' names where there are several (then write
   *   `predict<Record<string, Prediction>>`)
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read
   *   and for inputs that are missing or unknown
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
    this.busy.requireIdleOr('inferenceAsync');
    const preparer = this.#preparerFor('predict');
    if (preparer instanceof NamedPreparer) {
      return this.#answersTo(preparer.encode(rows, this.params.dtype, options), preparer);
    }
    const raw = preparer.encode(rows as Tensor | readonly RowCells[], this.params.dtype, options);
    this.checkRows(raw);
    return this.#answerTo(raw, preparer);
  }

  /** Answers for encoded raw rows by name, when earlier calls are done. */
  async #answersTo(raw: NamedTensors, preparer: NamedPreparer): Promise<Answers> {
    this.checkRows(...this.#inOrder(raw));
    const { dtype, netType } = this.params;
    return this.busy.queued('inferenceAsync', async () => {
      const inputs = this.#inOrder(await preparer.prepare(raw, dtype));
      return preparer.answers(this.#outputNames, netType, await this.#predictor(inputs).predict(inputs));
    });
  }

  /** Tensors by name in the order of the net's inputs; a lone one may have another name, or none. */
  #inOrder(tensors: NamedTensors): readonly AnyTensor[] {
    const names = inputNames(this.model.stack.inputNames, { inputs: tensors }, 'the preparation');
    return names.map((name) => tensors[name]!);
  }

  get #outputNames(): readonly string[] {
    return this.model.stack.outputs.map(({ name }) => name);
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
  predictSync(rows: RawRows, options?: PredictOptions): Prediction;
  predictSync<Result extends Answers>(rows: RawRows, options?: PredictOptions): Result;
  predictSync(rows: RawRows, options: PredictOptions = {}): Answers {
    this.busy.requireIdle('predictSync');
    const { dtype, netType } = this.params;
    const preparer = this.#preparerFor('predictSync');
    if (preparer instanceof NamedPreparer) {
      const raw = preparer.encode(rows, dtype, options);
      this.checkRows(...this.#inOrder(raw));
      const inputs = this.#inOrder(preparer.prepareSync(raw, dtype));
      return preparer.answers(this.#outputNames, netType, this.#predictor(inputs).predictSync(inputs));
    }
    const raw = preparer.encode(rows as Tensor | readonly RowCells[], dtype, options);
    this.checkRows(raw);
    const x = preparer.prepareSync(raw, dtype);
    return preparer.answer(netType, this.#predictor([x]).predictSync([x])[0]!);
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
        return net.#preparerFor('predictor');
      },
      rowShape: (preparer) => {
        if (preparer instanceof NamedPreparer) return [preparer.width];
        return preparer.preparation?.inputShape ?? this.#rowShapeFor('predictor');
      },
      answer: async (preparer, raw) => {
        this.busy.requireIdleOr('inferenceAsync');
        if (preparer instanceof NamedPreparer) return this.#answersTo(preparer.split(raw), preparer);
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

  #predictor(inputs: readonly AnyTensor[]): Predictor {
    const { newest } = this.#predictors;
    const isKnown = newest?.takes(inputs);
    if (!isKnown) this.checkInputs(inputs);
    this.lastPass = undefined;
    if (isKnown) return newest!;
    const shapes = inputs.flatMap(({ shape }) => [shape.length, ...shape]);
    return this.#predictors.get(shapes, () => new Predictor(this.model, inputs));
  }
}
