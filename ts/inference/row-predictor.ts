import { badArgument, shapeMismatch } from '../core/errors.js';
import { isFields } from '../core/fields.js';
import { mapNamed } from '../data/by-name.js';
import type { RowCells } from '../data/csv-options.js';
import { NamedPreparer } from '../data/preparation/named-preparer.js';
import type { Prediction } from '../data/preparation/prediction.js';
import type { Preparer } from '../data/preparation/preparer.js';
import type { NamedRow } from '../data/preparation/raw-numbers.js';
import { areText } from '../data/preparation/raw-texts.js';
import type { WindowColumns } from '../data/preparation/raw-windows.js';
import { type DType, type FloatArray, sizeOf, Tensor } from '../tensor/tensor.js';
import { type BatchPredictorOptions, batchOptions, requireNumbers } from './batch-predictor.js';
import { RowQueue } from './row-queue.js';

/** The answers of one output, or of several by their names. */
export type Answers = Prediction | Readonly<Record<string, Prediction>>;

/** The net that a row predictor works for. */
export interface RowAnswerer {
  readonly dtype: DType;
  /** The net's preparation at the moment. */
  readonly preparer: Preparer | NamedPreparer;
  /**
   * The shape of a raw row; for inputs by name, that of `flatten`.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` where neither the preparation nor the first layer has one
   */
  rowShape(preparer: Preparer | NamedPreparer): readonly number[];
  /** Refuses the numbers of a raw row that the net does not take, before the row joins others. */
  checkRow(preparer: Preparer | NamedPreparer, row: ArrayLike<number>): void;
  /** Answers for raw rows, computed beside the event loop. */
  answer(preparer: Preparer | NamedPreparer, raw: Tensor): Promise<Answers>;
}

type ByName = Readonly<Record<string, Prediction>>;

/** A raw row as callers hand it in. */
type RawRow =
  | string
  | readonly number[]
  | FloatArray
  | Tensor
  | RowCells
  | NamedRow
  | WindowColumns
  | readonly RowCells[]
  | readonly (readonly number[] | FloatArray)[];

/** Raw rows that are gathered under one preparation. */
interface Gathering {
  readonly preparer: Preparer | NamedPreparer;
  readonly rowShape: readonly number[];
  readonly queue: RowQueue<Answers>;
}

/**
 * Gathers raw rows from many callers into batches and answers each as `net.predict` does: it scales and encodes the rows
 * as the net's `preparation` describes, and returns outputs and classes. Made by `net.predictor()`.
 */
export class RowPredictor {
  readonly #net: RowAnswerer;
  readonly #options: ReturnType<typeof batchOptions>;
  /** The newest one last; a new preparation begins a new one, and rows gathered before keep theirs. */
  #gatherings: Gathering[] = [];

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option that is unknown or out of range */
  constructor(net: RowAnswerer, options: BatchPredictorOptions = {}) {
    this.#net = net;
    this.#options = batchOptions(options);
    this.#gathering();
  }

  /** The number of rows that wait for their batch to begin. */
  get waiting(): number {
    return this.#gatherings.reduce((sum, { queue }) => sum + queue.waiting, 0);
  }

  /**
   * Answers one raw row: `outputs` is 1 × outputs, `classes` has one name. The row is read at once, and prepared as the
   * net's `preparation` describes at that time.
   * @param row - numbers, or cells by column name; for several inputs, also numbers by their names; for a time series a window,
   *   as `net.predict` takes it; a text
   * @returns the answer; by the outputs' names where there are several (then write `predict<Record<string, Prediction>>`)
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for another number of features, `ERR_BAD_ARGUMENT` for a cell or number
   *   that cannot be read, `ERR_NET_BUSY` while the net is training
   */
  async predict(row: RawRow): Promise<Prediction>;
  async predict<Result extends Answers>(row: RawRow): Promise<Result>;
  async predict(row: RawRow): Promise<Answers> {
    const { preparer, rowShape, queue } = this.#gathering();
    const numbers = this.#numbersOf(row, preparer);
    const size = sizeOf(rowShape);
    if (numbers.length !== size) throw shapeMismatch('row', `${size} numbers`, `${numbers.length}`);
    this.#net.checkRow(preparer, numbers);
    return new Promise((resolve, reject) => {
      queue.reserve(1).set(numbers);
      const done = (answers: Answers, at: number) => {
        const isOne = answers.outputs instanceof Tensor;
        resolve(isOne ? rowOf(answers as Prediction, at) : mapNamed(answers as ByName, (one) => rowOf(one, at)));
      };
      queue.add({ rows: 1, done, fail: reject });
    });
  }

  /** Numbers of a raw row, rounded as `net.predict` would. */
  #numbersOf(row: unknown, preparer: Preparer | NamedPreparer): ArrayLike<number> {
    if (typeof row === 'string' && (preparer instanceof NamedPreparer || areText(preparer.preparation?.columns))) {
      const encoded = preparer.encode(row, this.#net.dtype);
      return encoded instanceof Tensor ? encoded.data : (preparer as NamedPreparer).flatten(encoded);
    }
    if (preparer instanceof NamedPreparer) {
      const numbers = row instanceof Tensor ? row.data : row;
      const isLone = preparer.inputNames.length === 1 && !(isFields(numbers) && !ArrayBuffer.isView(numbers));
      const named = isLone ? { [preparer.inputNames[0]!]: numbers } : row;
      return preparer.flatten(preparer.encode([named as NamedRow], this.#net.dtype));
    }
    if (preparer.window) return oneWindow(preparer.encode(row as WindowColumns, this.#net.dtype));
    if (row instanceof Tensor) return row.data;
    if (isFields(row) && !ArrayBuffer.isView(row)) {
      return preparer.encode([row as RowCells], this.#net.dtype).data;
    }
    if (!Array.isArray(row) && !ArrayBuffer.isView(row)) {
      throw badArgument('row', 'a list of numbers, a Tensor or cells by column name', row);
    }
    requireNumbers(row);
    return Array.isArray(row) && this.#net.dtype === 'float32' ? Float32Array.from(row) : row;
  }

  #gathering(): Gathering {
    const { preparer } = this.#net;
    const newest = this.#gatherings.at(-1);
    if (newest?.preparer === preparer) return newest;
    const rowShape = this.#net.rowShape(preparer);
    // Double holds raw rows of either dtype; `prepare` rounds what it scaled.
    const queue = new RowQueue((raw) => this.#net.answer(preparer, raw), rowShape, 'float64', this.#options);
    const gathering = { preparer, rowShape, queue };
    this.#gatherings = [...this.#gatherings.filter((before) => before.queue.rows > 0), gathering];
    return gathering;
  }
}

/** The numbers of the only one of windows. */
function oneWindow({ data, rows }: Tensor): ArrayLike<number> {
  if (rows !== 1) throw shapeMismatch('row', 'one window', `${rows}`);
  return data;
}

/** The answer to one row of several. */
function rowOf({ outputs, classes }: Prediction, at: number): Prediction {
  return { outputs: outputs.slice(at, at + 1), ...(classes && { classes: [classes[at]!] }) };
}
