import { badArgument } from '../core/errors.js';
import type { RowCells } from '../data/csv-options.js';
import type { NamedTensors } from '../data/named-tensors.js';
import { inputNames } from '../data/part.js';
import { NamedPreparer } from '../data/preparation/named-preparer.js';
import type { PredictOptions } from '../data/preparation/predict-options.js';
import { isRowPreparation, type Preparation } from '../data/preparation/preparation.js';
import { Preparer } from '../data/preparation/preparer.js';
import type { NamedRow, NamedRows } from '../data/preparation/raw-numbers.js';
import type { Texts } from '../data/preparation/raw-texts.js';
import type { WindowColumns } from '../data/preparation/raw-windows.js';
import type { Evaluation } from '../metrics/evaluation.js';
import type { Busy } from '../net/busy.js';
import type { Model } from '../net/model.js';
import { taskOf } from '../net/net-outputs.js';
import { PlanCache } from '../replay/plan-cache.js';
import { type AnyTensor, type FloatArray, Tensor } from '../tensor/tensor.js';
import { BatchPredictor, type BatchPredictorOptions } from './batch-predictor.js';
import { requireTrainable } from './check-part.js';
import { Evaluator } from './evaluation.js';
import { requireFit } from './index-fit.js';
import type { NamedLabels, NetRows } from './net-rows.js';
import { NetStream, type NetStreamOptions } from './net-stream.js';
import { Predictor } from './predictor.js';
import { type Answers, RowPredictor } from './row-predictor.js';

/** One output, or several by their names. */
export type Outputs = Tensor | Readonly<Record<string, Tensor>>;

/** Raw rows of one input, or of several by their names; for a time series windows, or one of them; texts. */
export type RawRows =
  | AnyTensor
  | NamedRows
  | WindowColumns
  | Texts
  | readonly (RowCells | NamedRow)[]
  | readonly (readonly number[] | FloatArray)[];

/** The calls of a net that do not change it: predictions, answers for raw rows, loss and metrics. */
export class NetPredictions {
  readonly #model: Model;
  readonly #rows: NetRows;
  readonly #busy: Busy;
  readonly #forgetPass: () => void;
  readonly #predictors = new PlanCache<Predictor>();
  #preparer: Preparer | NamedPreparer = new Preparer(undefined);
  /** For several inputs or outputs without a preparation by name. */
  #plain: NamedPreparer | undefined;
  /** Whether the net has one input and one output; undefined until it is asked. */
  #isSingle: boolean | undefined;

  /** Whether the layers take the numbers of the preparation. */
  #isFitting = false;

  /** @param forgetPass - called before outputs are computed, which overwrite those of the last `forward` */
  constructor(model: Model, rows: NetRows, busy: Busy, forgetPass: () => void) {
    this.#model = model;
    this.#rows = rows;
    this.#busy = busy;
    this.#forgetPass = forgetPass;
  }

  /** Forgets recorded passes, since the layers have changed. */
  forgetPlans(): void {
    this.#predictors.clear();
    this.#plain = undefined;
    this.#isSingle = undefined;
    this.#isFitting = false;
  }

  get preparation(): Preparation | undefined {
    return this.#preparer.preparation;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a preparation whose parts do not fit together */
  set preparation(preparation: Preparation | undefined) {
    const isNamed = preparation !== undefined && preparation !== null && !isRowPreparation(preparation);
    this.#preparer = isNamed ? new NamedPreparer(preparation) : new Preparer(preparation);
    this.#plain = undefined;
    this.#isFitting = false;
  }

  /** Refuses a preparation whose numbers the layers do not take. */
  requireFit(preparation: Preparation | undefined): void {
    requireFit(this.#model.stack.inputs, preparation);
  }

  /** The preparer of raw rows: by name, where the net or its preparation has names. */
  #preparerFor(call: string): Preparer | NamedPreparer {
    const { stack } = this.#model;
    if (!this.#isFitting) requireFit(stack.inputs, this.preparation);
    this.#isFitting = true;
    this.#isSingle ??= stack.inputNames.length <= 1 && stack.outputs.length <= 1 && !stack.hasIndices;
    if (this.#isSingle || this.#preparer instanceof NamedPreparer) return this.#preparer;
    const { inputs } = stack;
    const { preparation } = this.#preparer;
    if (preparation && inputs.length > 1) {
      const names = inputs.map(({ name }) => name).join(', ');
      throw badArgument(`${call}: the net's preparation`, `one of ${names}`, 'one without names');
    }
    this.#plain ??= new NamedPreparer(preparation, inputs);
    return this.#plain;
  }

  /** Computes the outputs for scaled rows, on this thread. */
  inference(x: AnyTensor | NamedTensors): Outputs {
    this.#busy.requireIdle('inference');
    const { newest } = this.#predictors;
    if (newest?.isSingle && x instanceof Tensor && newest.takesOne(x as AnyTensor)) {
      this.#forgetPass();
      return newest.predictOne(x as Tensor);
    }
    const inputs = this.#rows.inputsFrom(x);
    return this.#byName(this.#predictor(inputs).predictSync(inputs));
  }

  /** Computes the outputs for a copy of scaled rows on another thread, when earlier calls are done. */
  async inferenceAsync(x: AnyTensor | NamedTensors): Promise<Outputs> {
    this.#busy.requireIdleOr('inferenceAsync');
    const inputs = this.#rows.inputsFrom(x);
    this.#rows.checkInputs(inputs);
    const rows = inputs.map((tensor) => tensor.clone() as AnyTensor);
    const outputs = await this.#busy.queued('inferenceAsync', () => this.#predictor(rows).predict(rows));
    return this.#byName(outputs);
  }

  /** Computes the outputs in the net's order, for inputs that do not change meanwhile. */
  outputsAsync(inputs: readonly AnyTensor[]): Promise<readonly Tensor[]> {
    return this.#busy.queued('inferenceAsync', () => this.#predictor(inputs).predict(inputs));
  }

  /** The only output, or all outputs by their names. */
  #byName(tensors: readonly Tensor[]): Outputs {
    const names = this.#outputNames;
    return names.length === 1 ? tensors[0]! : Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
  }

  /** Answers raw rows on another thread, when earlier calls are done. */
  async predict(rows: RawRows, options: PredictOptions): Promise<Answers> {
    this.#busy.requireIdleOr('inferenceAsync');
    const preparer = this.#preparerFor('predict');
    return this.#answerTo(this.#encode(preparer, rows, options), preparer);
  }

  /** Scaled rows in the net's order, of raw ones. */
  preparedRows(rows: RawRows, options: PredictOptions = {}): readonly AnyTensor[] {
    return this.#prepared(this.#preparerFor('quantize'), rows, options);
  }

  #prepared(preparer: Preparer | NamedPreparer, rows: RawRows, options: PredictOptions): readonly AnyTensor[] {
    const raw = this.#encode(preparer, rows, options);
    const { dtype } = this.#model.params;
    return preparer instanceof NamedPreparer
      ? this.#inOrder(preparer.prepareSync(raw as NamedTensors, dtype))
      : [preparer.prepareSync(raw as Tensor, dtype)];
  }

  /** Answers raw rows on this thread. */
  predictSync(rows: RawRows, options: PredictOptions): Answers {
    this.#busy.requireIdle('predictSync');
    const preparer = this.#preparerFor('predictSync');
    const inputs = this.#prepared(preparer, rows, options);
    return this.#answers(preparer, this.#predictor(inputs).predictSync(inputs));
  }

  /** Raw rows as numbers, whose shapes fit the net. */
  #encode(preparer: Preparer | NamedPreparer, rows: RawRows, options: PredictOptions): Tensor | NamedTensors {
    const { dtype } = this.#model.params;
    const raw =
      preparer instanceof NamedPreparer
        ? preparer.encode(rows as AnyTensor, dtype, options)
        : preparer.encode(rows as Tensor | readonly RowCells[], dtype, options);
    this.#checkRaw(raw);
    return raw;
  }

  #checkRaw(raw: Tensor | NamedTensors): void {
    this.#rows.checkRows(...(raw instanceof Tensor ? [raw] : this.#inOrder(raw)));
  }

  /** Answers for encoded raw rows, when earlier calls are done. */
  #answerTo(raw: Tensor | NamedTensors, preparer: Preparer | NamedPreparer): Promise<Answers> {
    const { dtype } = this.#model.params;
    return this.#busy.queued('inferenceAsync', async () => {
      const inputs =
        preparer instanceof NamedPreparer
          ? this.#inOrder(await preparer.prepare(raw as NamedTensors, dtype))
          : [await preparer.prepare(raw as Tensor, dtype)];
      return this.#answers(preparer, await this.#predictor(inputs).predict(inputs));
    });
  }

  /** The answers of the only output, or those of all outputs by their names. */
  #answers(preparer: Preparer | NamedPreparer, outputs: readonly Tensor[]): Answers {
    const task = (output: number) => taskOf(this.#model, output);
    return preparer instanceof NamedPreparer
      ? preparer.answers(this.#outputNames, task, outputs)
      : preparer.answer(task(0), outputs[0]!);
  }

  /** Tensors by name in the order of the net's inputs; a lone one may have another name, or none. */
  #inOrder(tensors: NamedTensors): readonly AnyTensor[] {
    const names = inputNames(this.#model.stack.inputNames, { inputs: tensors }, 'the preparation');
    return this.#rows.typed(names.map((name) => tensors[name]!));
  }

  get #outputNames(): readonly string[] {
    return this.#model.stack.outputs.map(({ name }) => name);
  }

  /** Answers single raw rows from many callers, gathered into batches. */
  predictor(options?: BatchPredictorOptions): RowPredictor {
    const preparerNow = () => this.#preparerFor('predictor');
    const answerer = {
      dtype: this.#model.params.dtype,
      get preparer() {
        return preparerNow();
      },
      rowShape: (preparer: Preparer | NamedPreparer) => {
        if (preparer instanceof NamedPreparer) return [preparer.width];
        return preparer.preparation?.inputShape ?? this.#rows.rowShapeFor('predictor');
      },
      answer: async (preparer: Preparer | NamedPreparer, rows: Tensor) => {
        this.#busy.requireIdleOr('inferenceAsync');
        const raw = preparer instanceof NamedPreparer ? preparer.split(rows) : rows;
        this.#checkRaw(raw);
        return this.#answerTo(raw, preparer);
      },
      checkRow: (preparer: Preparer | NamedPreparer, row: ArrayLike<number>) => {
        if (!(preparer instanceof NamedPreparer) || !this.#model.stack.hasIndices) return;
        this.#rows.checkRanges(this.#inOrder(preparer.split(Tensor.from(Float64Array.from(row)))));
      },
    };
    return new RowPredictor(answerer, options);
  }

  /** Takes sequences one step at a time. */
  stream(options?: NetStreamOptions): NetStream {
    const net = {
      model: this.#model,
      requireIdle: (call: string) => this.#busy.requireIdle(call),
      forgetPass: this.#forgetPass,
      preparation: () => this.preparation,
      queued: <T>(work: () => Promise<T>) => this.#busy.queued('inferenceAsync', work),
    };
    return new NetStream(net, options);
  }

  /** Predicts single scaled rows from many callers, gathered into batches. */
  scaledPredictor(options?: BatchPredictorOptions): BatchPredictor {
    const rowShape = this.#rows.rowShapeFor('scaledPredictor');
    const { hasIndices } = this.#model.stack;
    // Double holds the class numbers of an int32 input.
    const dtype = hasIndices ? 'float64' : this.#model.params.dtype;
    const infer = async (x: Tensor) => (await this.inferenceAsync(x)) as Tensor;
    const checkRow = (numbers: ArrayLike<number>) => {
      if (!hasIndices) return;
      const row = Tensor.from(Float64Array.from(numbers), [1, ...rowShape]);
      this.#rows.checkRanges(this.#rows.inputsFrom(row));
    };
    return new BatchPredictor(infer, rowShape, dtype, options, checkRow);
  }

  /** Computes the mean loss, the accuracy or R², and the metrics over scaled rows, on this thread. */
  test(x: AnyTensor | NamedTensors, y: Tensor | NamedLabels): Evaluation {
    this.#busy.requireIdle('test');
    const part = this.#rows.partFrom(x, y);
    this.#forgetPass();
    requireTrainable(this.#model, part, 'the test set');
    return new Evaluator(this.#model, part).evaluateSync();
  }

  #predictor(inputs: readonly AnyTensor[]): Predictor {
    const { newest } = this.#predictors;
    const isKnown = newest?.takes(inputs);
    if (isKnown) this.#rows.checkRanges(inputs);
    else this.#rows.checkInputs(inputs);
    this.#forgetPass();
    if (isKnown) return newest!;
    const shapes = inputs.flatMap(({ shape }) => [shape.length, ...shape]);
    return this.#predictors.get(shapes, () => new Predictor(this.#model, inputs));
  }
}
