import { badArgument } from '../core/errors.js';
import type { RowCells } from '../data/csv-options.js';
import type { PredictOptions } from '../data/preparation/predict-options.js';
import type { Prediction } from '../data/preparation/prediction.js';
import { Preparer } from '../data/preparation/preparer.js';
import type { Busy } from '../net/busy.js';
import type { Model } from '../net/model.js';
import { taskOf } from '../net/net-outputs.js';
import type { NetRows } from '../net/net-rows.js';
import { PlanCache } from '../replay/plan-cache.js';
import { Tensor } from '../tensor/tensor.js';
import type { BatchPredictorOptions } from './batch-predictor.js';
import { requireTrainable } from './check-part.js';
import { type Evaluation, Evaluator } from './evaluation.js';
import { Predictor } from './predictor.js';
import { type RowAnswerer, RowPredictor } from './row-predictor.js';

/** Rows of several inputs by their names. */
type NamedRows = Readonly<Record<string, Tensor>>;

/** One output, or several by their names. */
export type Outputs = Tensor | Readonly<Record<string, Tensor>>;

/** The answers of one output, or those of several by their names. */
export type Predictions = Prediction | Readonly<Record<string, Prediction>>;

/** The calls of a net that do not change it: predictions, answers for raw rows, loss and metrics. */
export class NetPredictions {
  /** Turns raw rows into inputs and outputs into answers. */
  preparer = new Preparer(undefined);
  readonly #model: Model;
  readonly #rows: NetRows;
  readonly #busy: Busy;
  readonly #forgetPass: () => void;
  readonly #predictors = new PlanCache<Predictor>();

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
  }

  /** Computes the outputs for scaled rows, on this thread. */
  inference(x: Tensor | NamedRows): Outputs {
    const { newest } = this.#predictors;
    if (newest?.isSingle && x instanceof Tensor && newest.takesOne(x)) {
      this.#forgetPass();
      return newest.predictOne(x);
    }
    const inputs = this.#rows.inputsFrom(x);
    return this.#byName(this.#predictor(inputs).predictSync(inputs));
  }

  /** Computes the outputs for a copy of scaled rows on another thread, when earlier calls are done. */
  async inferenceAsync(x: Tensor | NamedRows): Promise<Outputs> {
    this.#busy.requireIdleOr('inferenceAsync');
    const inputs = this.#rows.inputsFrom(x);
    this.#rows.checkInputs(inputs);
    const rows = inputs.map((tensor) => tensor.clone());
    const outputs = await this.#busy.queued('inferenceAsync', () => this.#predictor(rows).predict(rows));
    return this.#byName(outputs);
  }

  /** The only output, or all outputs by their names. */
  #byName(tensors: readonly Tensor[]): Outputs {
    const { outputs } = this.#model.stack;
    if (outputs.length === 1) return tensors[0]!;
    return Object.fromEntries(outputs.map(({ name }, i) => [name, tensors[i]!]));
  }

  /** Answers raw rows on another thread, when earlier calls are done. */
  async predict(rows: Tensor | readonly RowCells[], options: PredictOptions): Promise<Predictions> {
    this.#busy.requireIdleOr('inferenceAsync');
    const raw = this.preparer.encode(rows, this.#model.params.dtype, options);
    this.#rows.checkRows(raw);
    return this.#answerTo(raw, this.preparer);
  }

  /** Answers raw rows on this thread. */
  predictSync(rows: Tensor | readonly RowCells[], options: PredictOptions): Predictions {
    const { dtype } = this.#model.params;
    const raw = this.preparer.encode(rows, dtype, options);
    this.#rows.checkRows(raw);
    const x = this.preparer.prepareSync(raw, dtype);
    return this.#answers(this.preparer, this.#predictor([x]).predictSync([x]));
  }

  /** Answers for encoded raw rows, when earlier calls are done. */
  #answerTo(raw: Tensor, preparer: Preparer): Promise<Predictions> {
    const { dtype } = this.#model.params;
    return this.#busy.queued('inferenceAsync', async () => {
      const x = await preparer.prepare(raw, dtype);
      return this.#answers(preparer, await this.#predictor([x]).predict([x]));
    });
  }

  /** The answers of the only output, or those of all outputs by their names. */
  #answers(preparer: Preparer, tensors: readonly Tensor[]): Predictions {
    const answers = this.#model.stack.outputs.map(({ name }, i) => {
      return [name, preparer.answer(taskOf(this.#model, i), tensors[i]!, name)] as const;
    });
    return answers.length === 1 ? answers[0]![1] : Object.fromEntries(answers);
  }

  /** Answers single raw rows from many callers, gathered into batches. */
  predictor(options?: BatchPredictorOptions): RowPredictor {
    const net = this;
    const { length } = this.#model.stack.outputs;
    if (length > 1) throw badArgument('predictor', 'a net with one output', length);
    const answerer: RowAnswerer = {
      dtype: this.#model.params.dtype,
      get preparer() {
        return net.preparer;
      },
      rowShape: ({ preparation }) => preparation?.inputShape ?? this.#rows.rowShapeFor('predictor'),
      answer: async (preparer, raw) => {
        this.#busy.requireIdleOr('inferenceAsync');
        this.#rows.checkRows(raw);
        return (await this.#answerTo(raw, preparer)) as Prediction;
      },
    };
    return new RowPredictor(answerer, options);
  }

  /** Computes the mean loss, the accuracy or R², and the metrics over scaled rows, on this thread. */
  test(x: Tensor | NamedRows, y: Tensor | NamedRows): Evaluation {
    const part = this.#rows.partFrom(x, y);
    this.#forgetPass();
    requireTrainable(this.#model, part, 'the test set');
    return new Evaluator(this.#model, part).evaluateSync();
  }

  #predictor(inputs: readonly Tensor[]): Predictor {
    const { newest } = this.#predictors;
    const isKnown = newest?.takes(inputs);
    if (!isKnown) this.#rows.checkInputs(inputs);
    this.#forgetPass();
    if (isKnown) return newest!;
    const shapes = inputs.flatMap(({ shape }) => [shape.length, ...shape]);
    return this.#predictors.get(shapes, () => new Predictor(this.#model, inputs));
  }
}
