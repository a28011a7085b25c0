import { badArgument, shapeMismatch } from '../../core/errors.js';
import { isFields } from '../../core/fields.js';
import type { NetType } from '../../core/net-type.js';
import { definedFields } from '../../core/objects.js';
import { type AnyTensor, type DType, sizeOf, Tensor, type TensorType } from '../../tensor/tensor.js';
import { mapNamed, namedTensorsOf } from '../by-name.js';
import type { RowCells } from '../csv-options.js';
import type { NamedTensors } from '../named-tensors.js';
import { checkedPreparation } from './check-preparation.js';
import type { ColumnEncoding } from './column-encoding.js';
import { checkedPredictOptions, type PredictOptions } from './predict-options.js';
import { type Prediction, predictionOf } from './prediction.js';
import { byName, type InputPreparation, type OutputPreparation, type Preparation } from './preparation.js';
import { prepareRows, prepareRowsSync } from './prepare.js';
import { hasNumbers, isNested, type NamedRow, type NamedRows, numbersOf } from './raw-numbers.js';
import { type Texts, withCellsOfTexts } from './raw-texts.js';
import { RowEncoder } from './row-encoder.js';

/** An input of a net, as it stands in a graph. */
interface NetInput {
  readonly name: string;
  readonly rowShape: readonly number[] | undefined;
  readonly dtype?: TensorType | undefined;
}

/** Applies a preparation by the names of inputs and outputs; what has no name is called ''. */
export class NamedPreparer {
  readonly preparation: Preparation | undefined;
  readonly #inputs: Readonly<Record<string, InputPreparation>>;
  readonly #targets: Readonly<Record<string, OutputPreparation>>;
  readonly #encoders = new Map<string, RowEncoder>();

  /**
   * @param preparation - where it is undefined, rows are taken as they are
   * @param inputs - of the net, where there is no preparation
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a preparation whose parts do not fit together
   */
  constructor(preparation: Preparation | undefined, inputs: readonly NetInput[] = []) {
    this.preparation = preparation === undefined ? undefined : checkedPreparation(preparation);
    const parts = this.preparation ? byName(this.preparation) : { inputs: plainInputs(inputs), targets: {} };
    this.#inputs = parts.inputs;
    this.#targets = parts.targets;
  }

  get inputNames(): readonly string[] {
    return Object.keys(this.#inputs);
  }

  /** Numbers of a raw row, those of all inputs together. */
  get width(): number {
    return Object.values(this.#inputs).reduce((sum, { inputShape }) => sum + sizeOf(inputShape), 0);
  }

  /** Shapes and types of raw rows by the names of inputs. */
  get inputs(): Readonly<Record<string, InputPreparation>> {
    return this.#inputs;
  }

  /** The columns of all inputs, each once; undefined where an input has none. */
  get columns(): readonly ColumnEncoding[] | undefined {
    const lists = Object.values(this.#inputs).map(({ columns }) => columns);
    if (lists.includes(undefined)) return undefined;
    return [...new Map(lists.flatMap((list) => list!.map((column) => [column.name, column] as const))).values()];
  }

  /** Whether rows may be cells by column name. */
  get takesCells(): boolean {
    return Object.values(this.#inputs).every(({ columns, featureNames }) => columns ?? featureNames);
  }

  /**
   * Converts raw rows to numbers, in memory of their own.
   * @param given - a text, or a list of texts; tensors or lists by the names of the inputs; or a list of rows, each of which is cells by column name, from
   *   which the inputs take theirs, or numbers by the names of the inputs
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for other names, a cell that
   *   cannot be read, and an unknown option
   */
  encode(
    given: AnyTensor | NamedRows | readonly (RowCells | NamedRow)[] | Texts,
    dtype: DType,
    options?: PredictOptions,
  ): NamedTensors {
    const known = options === undefined ? undefined : checkedPredictOptions(options);
    const rows = withCellsOfTexts(given, this.columns);
    if (Array.isArray(rows)) {
      if (this.takesCells && !rows.some(hasNumbers)) return this.encodeCells(rows, dtype, 0, known);
      return this.#encodeEach(rows, dtype);
    }
    const tensors = this.#tensorsOf(rows as AnyTensor | NamedRows, dtype);
    const count = Object.values(tensors)[0]!.rows;
    return mapNamed(this.#inputs, ({ inputShape, dtype: own }, name) => {
      const tensor = tensors[name]!;
      const where = name === '' ? 'raw rows' : `raw rows of '${name}'`;
      if (tensor.data.length !== tensor.size) throw badArgument(where, 'a tensor with its memory', 'a detached buffer');
      if (tensor.rows !== count) throw shapeMismatch(where, `${count} rows`, `${tensor.rows}`);
      if (tensor.rowSize !== sizeOf(inputShape)) {
        throw shapeMismatch(where, `${sizeOf(inputShape)} numbers`, `${tensor.rowSize}`);
      }
      return tensor.clone(own ?? tensor.dtype).reshape([tensor.rows, ...inputShape]) as AnyTensor;
    });
  }

  /**
   * Encodes cells by column name, from which each input takes its columns.
   * @param first - the number of the first row, for messages
   */
  encodeCells(rows: readonly RowCells[], dtype: DType, first = 0, options?: PredictOptions): NamedTensors {
    return mapNamed(this.#inputs, ({ inputShape, dtype: own }, name) => {
      const encoded = this.#encoderFor(name, rows).encode(rows, own ?? dtype, first, options);
      return encoded.reshape([encoded.rows, ...inputShape]);
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

  /** Writes the rows of `encode` one behind the other: in each, the numbers of all inputs. */
  flatten(raw: NamedTensors): Float64Array {
    const { width, inputNames } = this;
    const rows = raw[inputNames[0]!]!.rows;
    const flat = new Float64Array(rows * width);
    let offset = 0;
    for (const name of inputNames) {
      const { data, rowSize } = raw[name]!;
      for (let row = 0; row < rows; row++) {
        flat.set(data.subarray(row * rowSize, (row + 1) * rowSize), row * width + offset);
      }
      offset += rowSize;
    }
    return flat;
  }

  /** Reverses `flatten`. */
  split({ data, rows }: Tensor): NamedTensors {
    const { width } = this;
    let offset = 0;
    return mapNamed(this.#inputs, ({ inputShape, dtype }) => {
      const size = sizeOf(inputShape);
      const tensor = Tensor.zeros<TensorType>([rows, ...inputShape], dtype ?? 'float64');
      for (let row = 0; row < rows; row++) {
        const from = row * width + offset;
        tensor.data.set(data.subarray(from, from + size), row * size);
      }
      offset += size;
      return tensor as AnyTensor;
    });
  }

  /**
   * Makes answers from the outputs of a net.
   * @param names - those of the outputs
   * @param taskOf - what each output answers
   */
  answers(
    names: readonly string[],
    taskOf: (output: number) => NetType,
    outputs: readonly Tensor[],
  ): Prediction | Readonly<Record<string, Prediction>> {
    const [only, ...others] = Object.values(this.#targets);
    if (outputs.length === 1) {
      const target = this.#targets[names[0]!] ?? (others.length === 0 ? only : undefined);
      return predictionOf(target ?? {}, taskOf(0), outputs[0]!);
    }
    return Object.fromEntries(names.map((name, i) => [name, this.#answer(name, taskOf(i), outputs[i]!)]));
  }

  /** Classes are answered by their names, whatever the net's task is: of several outputs each may have one of its own. */
  #answer(name: string, task: NetType, outputs: Tensor): Prediction {
    const target = this.#targets[name] ?? {};
    const kind = outputs.rowSize === 1 ? 'binaryClassifier' : 'multipleClassifier';
    return predictionOf(target, target.classes && task === 'fitting' ? kind : task, outputs);
  }

  /** Tensors by name; lists become tensors of the net's dtype, or int32. */
  #tensorsOf(rows: AnyTensor | NamedRows, dtype: DType): NamedTensors {
    const names = this.inputNames;
    if (rows instanceof Tensor && names.length === 1) return { [names[0]!]: rows as AnyTensor };
    if (!isFields(rows) || rows instanceof Tensor || ArrayBuffer.isView(rows)) {
      throw badArgument('rows', `rows by the names of the inputs (${this.#listed(names)})`, rows);
    }
    this.#requireNames(Object.keys(rows));
    const tensors = mapNamed(rows as NamedRows, (value, name) => {
      if (value instanceof Tensor) return value as AnyTensor;
      const { dtype: own, inputShape } = this.#inputs[name]!;
      const tensor = numbersOf(`rows of '${name}'`, value, own ?? dtype);
      // A flat list is one number for each row.
      const isFlat = tensor.shape.length === 2 && tensor.shape[0] === 1 && !isNested(value);
      return isFlat && sizeOf(inputShape) === 1 ? tensor.reshape([tensor.size, ...inputShape]) : tensor;
    });
    // The input of a chain has no name.
    return names.join() === '' ? tensors : namedTensorsOf('rows', tensors);
  }

  /** Rows that are numbers by the names of the inputs. */
  #encodeEach(rows: readonly unknown[], dtype: DType): NamedTensors {
    for (const [i, row] of rows.entries()) {
      if (!isFields(row)) throw badArgument(`row ${i}`, 'numbers by the names of the inputs', row);
      this.#requireNames(Object.keys(row), `row ${i}`);
    }
    return mapNamed(this.#inputs, ({ inputShape, dtype: own }, name) => {
      const size = sizeOf(inputShape);
      const tensor = Tensor.zeros<TensorType>([rows.length, ...inputShape], own ?? dtype);
      for (const [i, row] of rows.entries()) {
        const value = (row as Readonly<Record<string, unknown>>)[name];
        const where = `input '${name}' of row ${i}`;
        const { data } = numbersOf(where, typeof value === 'number' ? [value] : value, own ?? dtype);
        if (data.length !== size) throw shapeMismatch(where, `${size} numbers`, `${data.length}`);
        tensor.data.set(data, i * size);
      }
      return tensor as AnyTensor;
    });
  }

  #requireNames(received: readonly string[], where = 'rows'): void {
    const [expected, found] = [this.inputNames, received].map((names) => [...names].sort().join(', '));
    if (expected !== found) throw badArgument(where, `the inputs ${this.#listed(this.inputNames)}`, found || 'none');
  }

  #listed(names: readonly string[]): string {
    return names.map((name) => (name === '' ? 'an input without a name' : `'${name}'`)).join(', ');
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

/** Inputs whose rows are taken as they are. */
function plainInputs(inputs: readonly NetInput[]): Readonly<Record<string, InputPreparation>> {
  return Object.fromEntries(
    inputs.map(({ name, rowShape, dtype }): [string, InputPreparation] => {
      if (!rowShape) throw badArgument('predict', 'a net whose row shapes are known', 'another');
      return [name, { inputShape: rowShape, ...definedFields({ dtype: dtype === 'int32' ? dtype : undefined }) }];
    }),
  );
}
