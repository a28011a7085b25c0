import type { RowCells } from '../data/csv-options.js';
import { rowsOf } from '../data/rows.js';
import { badArgument } from '../errors.js';
import { BatchPredictor, type BatchPredictorOptions } from '../inference/batch-predictor.js';
import { type Evaluation, Evaluator, Predictor } from '../inference/evaluation.js';
import { type RowAnswerer, RowPredictor } from '../inference/row-predictor.js';
import type { PredictOptions } from '../preparation/predict-options.js';
import type { Prediction } from '../preparation/prediction.js';
import type { Preparation } from '../preparation/preparation.js';
import { Preparer } from '../preparation/preparer.js';
import { KeptPlans } from '../replay/kept-plans.js';
import type { Tensor } from '../tensor.js';
import { requireTrainable } from '../training/check-data.js';
import { LayeredNet } from './layered-net.js';

/** What a net computes without being changed: predictions, answers for raw rows, loss and accuracy. */
export abstract class PredictingNet extends LayeredNet {
  readonly #predictors = new KeptPlans<Predictor>();
  protected preparer = new Preparer(undefined);

  protected override layersChanged(): void {
    this.#predictors.clear();
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
    return this.preparer.preparation;
  }
  set preparation(preparation: Preparation | undefined) {
    this.busy.requireIdle('preparation');
    this.preparer = new Preparer(preparation);
  }

  /**
   * Answers for raw rows, prepared as `preparation` says, on a thread of its own: numbers of any dtype, or cells by
   * column name as the CSV file had them. Calls queue up behind each other; rows may be changed meanwhile.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read
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
      return preparer.answer(netType, await this.#predictor(x).predict(x));
    });
  }

  /**
   * Answers for raw rows as `predict` gives them, on this thread: for few rows, which take less time than a thread takes
   * to begin.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read,
   *   `ERR_NET_BUSY`
   */
  predictSync(rows: Tensor | readonly RowCells[], options: PredictOptions = {}): Prediction {
    this.busy.requireIdle('predictSync');
    const { dtype, netType } = this.params;
    const raw = this.preparer.encode(rows, dtype, options);
    this.checkRows(raw);
    const x = this.preparer.prepareSync(raw, dtype);
    return this.preparer.answer(netType, this.#predictor(x).predictSync(x));
  }

  /**
   * Answers single raw rows from many callers, gathered into batches and computed beside the event loop; for servers. Each
   * row gets what `predict` would answer: rows are prepared as `preparation` describes when they are handed in.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option, or a net without `preparation` whose first layer takes rows
   *   of any shape
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
    const rowShape = this.layers[0]?.inputShape;
    if (!rowShape) throw badArgument(call, 'a net whose first layer has an input shape', 'another');
    return rowShape;
  }

  /** Mean loss and accuracy over the rows of x, on this thread. */
  test(x: Tensor, y: Tensor): Evaluation {
    this.busy.requireIdle('test');
    this.checkInput(x);
    this.requireDtype('y', y);
    this.model.state.settle();
    this.output = undefined;
    const part = { x: rowsOf(x), y: rowsOf(y) };
    requireTrainable(this.model, part, 'the test set');
    return new Evaluator(this.model, part).evaluateSync();
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
