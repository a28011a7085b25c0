import { badArgument, shapeMismatch } from '../../core/errors.js';
import type { NetType } from '../../core/net-type.js';
import { type AnyTensor, type DType, isFloats, sizeOf, Tensor } from '../../tensor/tensor.js';
import type { RowCells } from '../csv-options.js';
import { checkedPreparation } from './check-preparation.js';
import { checkedPredictOptions, type PredictOptions } from './predict-options.js';
import { type Prediction, predictionOf } from './prediction.js';
import { isRowPreparation, type Preparation, type RowPreparation } from './preparation.js';
import { prepareRows, prepareRowsSync } from './prepare.js';
import { type Texts, withCellsOfTexts } from './raw-texts.js';
import { encodeSteps, encodeWindows, type WindowColumns, type WindowShape } from './raw-windows.js';
import { RowEncoder } from './row-encoder.js';

/** Applies a preparation: makes a net's input from raw rows, and answers from its outputs. */
export class Preparer {
  readonly preparation: RowPreparation | undefined;
  #encoder: RowEncoder | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a preparation whose parts do not fit together, or one by names */
  constructor(preparation: Preparation | undefined) {
    const checked = preparation === undefined ? undefined : checkedPreparation(preparation);
    if (checked && !isRowPreparation(checked)) {
      throw badArgument('preparation', 'one without names', Object.keys(checked.inputs!).join(', '));
    }
    this.preparation = checked;
  }

  /**
   * Converts raw rows to numbers, in memory of their own.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for a cell that cannot be read
   *   and for an unknown option
   */
  encode(given: Tensor | readonly RowCells[] | WindowColumns | Texts, dtype: DType, options?: PredictOptions): Tensor {
    const known = options === undefined ? undefined : checkedPredictOptions(options);
    const rows = withCellsOfTexts(given, this.preparation?.columns);
    const { window } = this;
    if (window) return encodeWindows(rows, window, dtype, known);
    if (!(rows instanceof Tensor)) return this.#encoderFor(rows).encode(rows as readonly RowCells[], dtype, 0, known);
    const { inputShape } = this.preparation ?? { inputShape: rows.shape.slice(1) };
    if (rows.data.length !== rows.size) throw badArgument('rows', 'a tensor with its memory', 'a detached buffer');
    if (rows.rowSize !== sizeOf(inputShape)) {
      throw shapeMismatch('raw rows', `${sizeOf(inputShape)} numbers`, `${rows.rowSize}`);
    }
    return rows.clone().reshape([rows.rows, ...inputShape]);
  }

  /** The windows of a time series that it takes; undefined for other rows. */
  get window(): WindowShape | undefined {
    if (!this.preparation?.window) return undefined;
    const [length, features] = this.preparation.inputShape as readonly [number, number];
    return { length, features, encoder: (rows) => this.#encoderFor(rows) };
  }

  /**
   * Encodes cells by column name: of rows, or of the time steps of whole windows.
   * @param first - the number of the first row, for messages
   */
  encodeCells(rows: readonly RowCells[], dtype: DType, first = 0, options?: PredictOptions): Tensor {
    const { window } = this;
    if (window) return encodeSteps(rows, window, dtype, first, options);
    return this.#encoderFor(rows).encode(rows, dtype, first, options);
  }

  /** Scales rows of `encode` for a net of that dtype; the event loop gets its turns. */
  async prepare(raw: Tensor, dtype: DType): Promise<Tensor> {
    if (this.preparation) return floats(await prepareRows(this.preparation, raw, dtype));
    return raw.dtype === dtype ? raw : raw.clone(dtype);
  }

  /** As `prepare`, at once. */
  prepareSync(raw: Tensor, dtype: DType): Tensor {
    if (this.preparation) return floats(prepareRowsSync(this.preparation, raw, dtype));
    return raw.dtype === dtype ? raw : raw.clone(dtype);
  }

  /** Makes answers from a net's outputs. */
  answer(netType: NetType, outputs: Tensor): Prediction {
    return predictionOf(this.preparation ?? {}, netType, outputs);
  }

  #encoderFor(rows: unknown): RowEncoder {
    const { columns, featureNames } = this.preparation ?? {};
    // A preparation without columns may still have names for the numbers of a row.
    const numbers = featureNames?.map(
      (name) => ({ name, encoding: 'none', missingCells: [], missing: 'error' }) as const,
    );
    const encodings = columns ?? numbers;
    if (!encodings) throw badArgument('rows', "a Tensor, since the net's preparation names no columns,", rows);
    this.#encoder ??= new RowEncoder(encodings);
    return this.#encoder;
  }
}

function floats(prepared: AnyTensor): Tensor {
  if (!isFloats(prepared)) throw badArgument('preparation', 'an input of floats', 'one of int32');
  return prepared;
}
