import { mapNamed, namedTensorsOf } from '../data/by-name.js';
import type { RowCells } from '../data/csv-options.js';
import type { NamedTensors } from '../data/named-tensors.js';
import { badArgument, shapeMismatch } from '../errors.js';
import type { NetType } from '../losses/index.js';
import { type AnyTensor, type DType, sizeOf, type Tensor } from '../tensor.js';
import { checkedPreparation } from './check-preparation.js';
import { checkedPredictOptions, type PredictOptions } from './predict-options.js';
import { type Prediction, predictionOf } from './prediction.js';
import { byName, type InputPreparation, type OutputPreparation, type Preparation } from './preparation.js';
import { prepareRows, prepareRowsSync } from './prepare.js';
import { RowEncoder } from './row-encoder.js';

/** Applies a preparation by the names of inputs and outputs; what has no name is called ''. */
export class NamedPreparer {
  readonly preparation: Preparation;
  readonly #inputs: Readonly<Record<string, InputPreparation>>;
  readonly #targets: Readonly<Record<string, OutputPreparation>>;
  readonly #encoders = new Map<string, RowEncoder>();

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a preparation whose parts do not fit together */
  constructor(preparation: Preparation) {
    this.preparation = checkedPreparation(preparation);
    const { inputs, targets } = byName(this.preparation);
    this.#inputs = inputs;
    this.#targets = targets;
  }

  /**
   * Converts raw rows to numbers, in memory of their own.
   * @param rows - tensors by the names of the inputs, or cells by column name, which each input takes its columns from
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for other names, a cell that
   *   cannot be read, and an unknown option
   */
  encode(rows: AnyTensor | NamedTensors | readonly RowCells[], dtype: DType, options?: PredictOptions): NamedTensors {
    const known = options === undefined ? undefined : checkedPredictOptions(options);
    if (Array.isArray(rows)) {
      return mapNamed(this.#inputs, ({ inputShape, dtype: own }, name) => {
        const encoded = this.#encoderFor(name, rows).encode(rows, own ?? dtype, 0, known);
        return encoded.reshape([encoded.rows, ...inputShape]);
      });
    }
    const tensors = namedTensorsOf('rows', rows);
    this.#requireNames(tensors);
    const count = Object.values(tensors)[0]!.rows;
    return mapNamed(tensors, (tensor, name) => {
      const { inputShape } = this.#inputs[name]!;
      const where = name === '' ? 'raw rows' : `raw rows of '${name}'`;
      if (tensor.data.length !== tensor.size) throw badArgument(where, 'a tensor with its memory', 'a detached buffer');
      if (tensor.rows !== count) throw shapeMismatch(where, `${count} rows`, `${tensor.rows}`);
      if (tensor.rowSize !== sizeOf(inputShape)) {
        throw shapeMismatch(where, `${sizeOf(inputShape)} numbers`, `${tensor.rowSize}`);
      }
      return tensor.clone().reshape([tensor.rows, ...inputShape]);
    });
  }

  /** Scales rows of `encode` for a net of that dtype; the event loop gets its turns. */
  async prepare(raw: NamedTensors, dtype: DType): Promise<NamedTensors> {
    const prepared: [string, AnyTensor][] = [];
    for (const [name, rows] of Object.entries(raw)) {
      prepared.push([name, await prepareRows(this.#inputs[name]!, rows, dtype)]);
    }
    return Object.fromEntries(prepared);
  }

  /** As `prepare`, at once. */
  prepareSync(raw: NamedTensors, dtype: DType): NamedTensors {
    return mapNamed(raw, (rows, name) => prepareRowsSync(this.#inputs[name]!, rows, dtype));
  }

  /** Makes answers from one of the net's outputs. An output that the preparation does not know is left as it is. */
  answer(name: string, netType: NetType, outputs: Tensor): Prediction {
    return predictionOf(this.#targets[name] ?? {}, netType, outputs);
  }

  #requireNames(tensors: NamedTensors): void {
    const [expected, received] = [this.#inputs, tensors].map((named) => Object.keys(named).sort().join(', '));
    if (expected !== received)
      throw badArgument('rows', `tensors for ${expected || 'an input without a name'}`, received);
  }

  #encoderFor(name: string, rows: unknown): RowEncoder {
    const known = this.#encoders.get(name);
    if (known) return known;
    const { columns, featureNames } = this.#inputs[name]!;
    // A preparation without columns may still have names for the numbers of a row.
    const numbers = featureNames?.map(
      (feature) => ({ name: feature, encoding: 'none', missingCells: [], missing: 'error' }) as const,
    );
    const encodings = columns ?? numbers;
    if (!encodings) throw badArgument('rows', "tensors, since the net's preparation names no columns,", rows);
    const made = new RowEncoder(encodings);
    this.#encoders.set(name, made);
    return made;
  }
}
