import { badArgument } from '../core/errors.js';
import { type AnyTensor, isFloats, Tensor } from '../tensor/tensor.js';
import { mapNamed, namedTensorsOf } from './by-name.js';
import type { ClassWeights } from './class-weights.js';
import type { CsvDetails } from './csv/read-csv.js';
import type { RowCells } from './csv-options.js';
import type { DataFiles } from './data-files.js';
import type { DataSet, RowStream } from './data-set.js';
import { InputScaling } from './input-scaling.js';
import type { ZeroOneOptions } from './labels.js';
import { MemorySet } from './memory-set.js';
import type { NamedBatch, NamedTensors } from './named-tensors.js';
import { countOf, type Part, type Side, slicePart, soleRows } from './part.js';
import type { PredictOptions } from './preparation/predict-options.js';
import type { FeatureScaling, Preparation } from './preparation/preparation.js';
import { checkFiles, readFiles } from './read-files.js';
import { preparationOf } from './reader-preparation.js';
import type { BatchSource, StreamOptions } from './row-stream.js';
import { floatsOf, type Rows, tensorOf } from './rows.js';
import type { ScalingOptions } from './scaling-options.js';
import { SetViews } from './set-views.js';
import { checkStream } from './stream-options.js';
import { StreamSet } from './stream-set.js';
import type { TargetKind } from './target-kinds.js';
import { TargetPreparations } from './target-preparations.js';
import { partsOf } from './tensor-parts.js';

export type { ClassWeights };

/** Tensors of a data set, or tensors by the names of a net's inputs and outputs; y may be one column of class numbers. */
export interface DataTensors {
  readonly xTrain: AnyTensor | NamedTensors;
  readonly yTrain: AnyTensor | NamedTensors;
  readonly xTest?: AnyTensor | NamedTensors | undefined;
  readonly yTest?: AnyTensor | NamedTensors | undefined;
  /** The validation set, if it is not to be taken from the training rows. */
  readonly xValidation?: AnyTensor | NamedTensors | undefined;
  readonly yValidation?: AnyTensor | NamedTensors | undefined;
}

/**
 * A data set: training rows, perhaps test rows, and a validation set taken from the training rows; raw, and normalised
 * for training. Read it, normalise it, take the validation set, then give it to `net.train`.
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { DataReader } from 'blasnet';
 *
 * await writeFile('irises.csv', 'length,width,species\n5.1,3.5,setosa\n7,3.2,versicolor\n6.3,3.3,virginica\n');
 * const reader = new DataReader({ train: 'irises.csv', label: 'species' });
 * await reader.readData();
 * reader.featureNames; // → [ 'length', 'width' ]
 * reader.normalizeX();
 * reader.normalizeY('multipleClassifier');
 * reader.yTrain.toArray(); // → [ [ 1, 0, 0 ], [ 0, 1, 0 ], [ 0, 0, 1 ] ]
 * ```
 */
export class DataReader extends SetViews {
  readonly #files: DataFiles | undefined;
  #batches: { readonly source: BatchSource; readonly options: StreamOptions } | undefined;
  /** Names, encodings and notes of CSV files. */
  #csv: CsvDetails | undefined;
  #inputs: InputScaling | undefined;
  #targets: TargetPreparations | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown option */
  constructor(files?: DataFiles) {
    super();
    if (files !== undefined) checkFiles(files);
    this.#files = files;
  }

  /**
   * A reader over tensors in memory; they are viewed, not copied.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where rows do not match, `ERR_NOT_FINITE` for NaN or infinity
   * @example
   * ```ts
   * import { DataReader, Tensor } from 'blasnet';
   *
   * const reader = DataReader.fromTensors({ xTrain: Tensor.from([[1, 10], [3, 30]]), yTrain: Tensor.from([[0], [1]]) });
   * reader.normalizeX();
   * reader.xTrain.toArray(); // → [ [ 0, 0 ], [ 1, 1 ] ]
   *
   * const [sales, shop] = [Tensor.from([[5, 7], [9, 3]]), Tensor.from([1, 0], [2], 'int32')];
   * const named = DataReader.fromTensors({ xTrain: { sales, shop }, yTrain: Tensor.from([[6], [8]]) });
   * named.normalizeX(); // scales sales; indices stay as they are
   * named.namedTensors().inputs.sales?.toArray(); // → [ [ 0, 1 ], [ 1, 0 ] ]
   * ```
   */
  static fromTensors(tensors: DataTensors): DataReader {
    const { train, test, validation } = partsOf(tensors);
    const reader = new DataReader();
    reader.setRaw(train, test, validation);
    return reader;
  }

  /**
   * A reader of training rows that need not fit into memory. `readData` goes through one epoch, to count rows and to
   * learn what normalisation needs; each epoch of training goes through another.
   * @param source - called for each epoch; gives its rows in batches of any size, as `{ x, y }`
   */
  static fromBatches(source: BatchSource, options: StreamOptions = {}): DataReader {
    checkStream(source, options);
    for (const name of ['test', 'validation'] as const) {
      const other = options[name];
      if (other !== undefined && !(other instanceof DataReader)) throw badArgument(name, 'a DataReader', other);
    }
    const reader = new DataReader();
    reader.#batches = { source, options };
    return reader;
  }

  /**
   * Reads the files, or one epoch of the batches.
   * @throws BlasnetError `ERR_BAD_FILE` for a file that cannot be read, `ERR_SHAPE_MISMATCH` where its parts differ
   */
  async readData(): Promise<void> {
    if (this.#batches) {
      this.#start(await StreamSet.read(this.#batches.source, this.#batches.options));
      return;
    }
    if (!this.#files) throw badArgument('files', '{ train, test? }', undefined);
    const { train, test, csv } = await readFiles(this.#files);
    this.setRaw(train, test);
    this.#csv = csv;
  }

  /** Sets the raw rows; for readers of other files. */
  protected setRaw(train: Part, test: Part | undefined, validation?: Part): void {
    this.useSet(new MemorySet(train, { test, validation }));
  }

  /** Sets the rows; for readers of other sets. */
  protected useSet(set: DataSet): void {
    this.#start(set);
  }

  /** Forgets all that was learnt from other data. */
  #start(set: DataSet): void {
    this.set = set;
    this.#csv = undefined;
    this.#inputs = new InputScaling(set);
    this.#targets = new TargetPreparations(set);
  }

  /** The inputs and the labels of data that was read. */
  #requireInputs(): InputScaling {
    this.requireSet();
    return this.#inputs!;
  }
  #requireTargets(): TargetPreparations {
    this.requireSet();
    return this.#targets!;
  }

  /**
   * Scales the features, each column of each input by itself, by default to [0, 1] by its least and greatest value over all
   * rows. A constant column becomes 0. Inputs of int32 stay as they are.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for unknown options, 'robust' in a reader of batches, or after the
   *   validation set was taken
   */
  normalizeX(options: ScalingOptions = {}): void {
    this.#requireInputs().normalize(options);
  }

  /**
   * Converts the labels to what a net of that type needs: scaled for 'fitting', 0 and 1 for 'binaryClassifier', one-hot
   * for 'multipleClassifier'.
   * @param netType - for all targets, or one by the name of each target that is to be converted, with options where it needs
   *   them: `{ price: { netType: 'fitting', method: 'standard' }, kind: 'multipleClassifier' }`
   * @param base - the first class number
   * @param options - how labels for 'fitting' are scaled; default min–max over all rows
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown type of net or option, and for labels that are not class
   *   numbers
   */
  normalizeY(netType: TargetKind | Readonly<Record<string, TargetKind>>, base = 0, options?: ScalingOptions): void {
    this.#requireTargets().normalize(netType, base, options);
  }

  /**
   * Reverses `normalizeY('fitting')`: converts outputs of a net to labels as they are in the file.
   * @param target - its name, where there are several
   */
  deNormalizeY(y: AnyTensor, target?: string): Tensor {
    return this.#requireTargets().find('deNormalizeY', target).deNormalize(y);
  }

  /** Normalises raw rows as `normalizeX` normalised the training rows, for `net.inference`; those of several inputs by name. */
  normalizePredictData(x: AnyTensor): Tensor;
  normalizePredictData(x: NamedTensors): NamedTensors;
  normalizePredictData(x: AnyTensor | NamedTensors): AnyTensor | NamedTensors {
    const normalized = this.#requireInputs().apply(namedTensorsOf('rows', x));
    return x instanceof Tensor ? normalized['']! : normalized;
  }

  /**
   * Encodes rows of cells by column name as the features of the CSV files: raw rows, for `normalizePredictData`.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row and the column of a cell that cannot be read
   */
  encodeRows(rows: readonly RowCells[], options: PredictOptions = {}): Tensor {
    const encoded = this.encodeNamedRows(rows, options)[''];
    if (encoded && isFloats(encoded)) return encoded;
    throw badArgument('encodeRows', 'a reader without names of inputs', 'one with them (encodeNamedRows does it)');
  }

  /** The same for each input by its name. */
  encodeNamedRows(rows: readonly RowCells[], options: PredictOptions = {}): NamedTensors {
    if (!this.#csv) throw badArgument('encodeRows', 'CSV files to have been read', 'none');
    return mapNamed(this.#csv.inputs, ({ encodeRows }) => encodeRows(rows, options));
  }

  /**
   * Converts class numbers base, base + 1, … to rows with a single 1.
   * @param target - its name, where there are several
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row of a label below base or not a whole number
   */
  toOneHot(base = 0, target?: string): void {
    this.#requireTargets().change('toOneHot', target, (labels) => labels.oneHot(base));
  }

  /**
   * Converts two labels to 0 and 1.
   * @param target - its name, where there are several
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row of any other label
   */
  toZeroOne(options?: ZeroOneOptions, target?: string): void {
    this.#requireTargets().change('toZeroOne', target, (labels) => labels.zeroOne(options));
  }

  /**
   * Weighs training rows by their class, in the loss and in the gradient. Call it when labels are one-hot or 0 and 1.
   * @param weights - one for each class (for two classes, of 0 and of 1), or 'balanced': rows / (classes · rows of the
   *   class), over the training rows without validation and test set
   * @param target - its name, where there are several
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for other labels or weights, and for 'balanced' where a class has no row
   */
  setClassWeights(weights: ClassWeights, target?: string): void {
    this.#requireTargets().find('setClassWeights', target).setClassWeights(weights);
  }

  /** A weight for each class of the only target; absent where all rows count 1. */
  get classWeights(): Float64Array | undefined {
    const weights = Object.values(this.namedClassWeights);
    return weights.length === 1 ? weights[0] : undefined;
  }

  /** A weight for each class by the names of the targets; absent where all rows count 1. */
  get namedClassWeights(): Readonly<Record<string, Float64Array | undefined>> {
    return Object.fromEntries([...(this.#targets?.all ?? [])].map(([name, { classWeights }]) => [name, classWeights]));
  }

  /** Changes how bytes become numbers of a batch; they stay bytes in memory. For readers of images. */
  protected changeX(change: (rows: Rows) => Rows): void {
    this.requireSet().changeX(change);
  }

  /**
   * Makes the first training rows the validation set; they are no longer training rows. A reader of batches has its
   * validation set from its options.
   * @param k - above 1 a divisor: 10, the default, takes a tenth; below 1 a share: 0.1 takes a tenth, too
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another number, and for a second call
   */
  generateValidationSet(k = 10): void {
    this.requireSet().takeValidation(k, (labels) => this.#requireTargets().rebalance(labels));
  }

  /**
   * Makes training rows, chosen at random by the seed, the test set. Call it before all that changes the rows.
   * @param k - above 1 a divisor: 5, the default, takes a fifth; below 1 a share: 0.2 takes a fifth, too
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another number, for a reader with a test set, and after other changes
   */
  splitTestSet(k = 5, seed = 0): void {
    this.requireSet().takeTest(k, seed, (labels) => this.#requireTargets().rebalance(labels));
  }

  /** Shuffles the training rows; the order depends on the seed and the number of rows only. */
  shuffle(seed = 0): void {
    this.requireSet().shuffle(seed);
  }

  /**
   * The training rows from iteration × batchSize to (iteration + 1) × batchSize − 1; fewer at the end of the set.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a batch that does not begin within the rows
   */
  getBatchSamples(batchSize: number, iteration: number): { x: Tensor; y: Tensor } {
    const part = this.#batch(batchSize, iteration);
    const floats = (side: Side) => floatsOf('getBatchSamples', soleRows(part, side, 'getBatchSamples'));
    return { x: floats('inputs'), y: floats('targets') };
  }

  /** The same rows by the names of inputs and targets; what has no name is called ''. */
  getNamedBatch(batchSize: number, iteration: number): NamedBatch {
    const { inputs, targets } = this.#batch(batchSize, iteration);
    return { inputs: mapNamed(inputs, tensorOf), targets: mapNamed(targets, tensorOf) };
  }

  #batch(batchSize: number, iteration: number): Part {
    const part = this.trainingPart;
    const count = countOf(part);
    if (!(Number.isSafeInteger(batchSize) && batchSize > 0)) {
      throw badArgument('batchSize', 'a whole number above 0', batchSize);
    }
    const from = Number.isSafeInteger(iteration) ? batchSize * iteration : -1;
    if (!(from >= 0 && from < count)) {
      const last = Math.ceil(count / batchSize) - 1;
      throw badArgument('iteration', `a whole number from 0 to ${last}, for ${count} rows`, iteration);
    }
    return slicePart(part, from, Math.min(count, from + batchSize));
  }

  /** The encodings and scalings of the rows so far; `net.train` hands them to the net. */
  get preparation(): Preparation {
    return preparationOf({
      like: this.requireSet().like,
      csv: this.#csv,
      scalingOf: (name) => (name === '' ? this.featureScaling : this.#inputs?.scalingOf(name)),
      targets: this.#requireTargets().all,
      labelNamesOf: (name) => (name === '' ? this.labelNames : this.#csv?.labelNames[name]),
      image: this.imageShape,
    });
  }

  /** Channels, height and width where rows are images; for readers of images. */
  get imageShape(): readonly [channels: number, height: number, width: number] | undefined {
    return undefined;
  }
  /** The scaling of `normalizeX`; undefined before it. */
  protected get featureScaling(): FeatureScaling | undefined {
    return this.#inputs?.scalingOf('');
  }
  /** The names of the class numbers; undefined if the files have none. */
  protected get labelNames(): readonly string[] | undefined {
    return this.#csv?.labelNames[''];
  }

  /** The training rows of a reader of batches; for the trainer. */
  get trainingStream(): RowStream | undefined {
    return this.#batches && this.requireSet().stream;
  }

  /** Classes of the only target, once labels are one-hot or 0 and 1; before that 0. */
  get numCategory(): number {
    const targets = [...(this.#targets?.all.values() ?? [])];
    return targets.length === 1 ? targets[0]!.classLabels.length : 0;
  }
  /** The names in columns of CSV files that hold names: a label's class number is the place of its name. */
  get categories(): Readonly<Record<string, readonly string[]>> {
    return this.#csv?.categories ?? {};
  }
  /** Notes about the CSV files, such as a column that was left out; empty for other data. */
  get notes(): readonly string[] {
    return this.#csv?.notes ?? [];
  }
  /** The names of the features of CSV files, those of all inputs in their order; undefined for other data. */
  get featureNames(): readonly string[] | undefined {
    return this.#csv && Object.values(this.#csv.inputs).flatMap(({ names }) => names);
  }
}
