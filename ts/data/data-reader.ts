import { BlasnetError, badArgument, shapeMismatch } from '../errors.js';
import type { NetType } from '../losses/index.js';
import { EagerRunner } from '../runner.js';
import { arrayOf, sizeOf, Tensor } from '../tensor.js';
import { countCategories, oneHot, type ZeroOneOptions, zeroOne } from './labels.js';
import { MinMaxNormalizer } from './normalizer.js';
import { readNpz, toTensor } from './npz.js';
import type { RowStream } from './row-stream.js';
import { type Rows, requireFinite, rowsOf, sliceRows, tensorOf } from './rows.js';

export interface DataFiles {
  /** An npz file that holds `data` (rows × features) and `label` (rows × outputs). */
  readonly train: string;
  readonly test?: string;
}

/** Tensors of a data set; y may be one column of class numbers. */
export interface DataTensors {
  readonly xTrain: Tensor;
  readonly yTrain: Tensor;
  readonly xTest?: Tensor;
  readonly yTest?: Tensor;
}

/** Features and labels of the same rows. */
export interface Part {
  readonly x: Rows;
  readonly y: Rows;
}

const shuffleStream = 0x5348; // keeps these random numbers apart from those of a net with the same seed

/**
 * A data set: training rows, perhaps test rows, and a validation set taken from the training rows; raw, and normalised
 * for training. Read it, normalise it, take the validation set, then give it to `net.train`.
 */
export class DataReader {
  readonly #files: DataFiles | undefined;
  #raw?: { train: Part; test?: Part };
  #order: Int32Array | undefined; // of the training rows, once shuffled
  #train?: Part;
  #test: Part | undefined;
  #dev: Part | undefined;
  #xNormalizer?: MinMaxNormalizer;
  #yNormalizer?: MinMaxNormalizer;
  #categories = 0;

  constructor(files?: DataFiles) {
    this.#files = files;
  }

  /**
   * A reader over tensors in memory; they are viewed, not copied.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where rows do not match, `ERR_NOT_FINITE` for NaN or infinity
   */
  static fromTensors({ xTrain, yTrain, xTest, yTest }: DataTensors): DataReader {
    if ((xTest === undefined) !== (yTest === undefined)) {
      throw badArgument('the test set', 'both xTest and yTest, or neither', xTest ? 'xTest alone' : 'yTest alone');
    }
    for (const [name, tensor] of Object.entries({ xTrain, yTrain, xTest, yTest })) {
      const isTensor = tensor instanceof Tensor || (tensor === undefined && name.endsWith('Test'));
      if (!isTensor) throw badArgument(name, 'a Tensor', tensor);
    }
    const reader = new DataReader();
    reader.setRaw(
      { x: rowsOf(xTrain), y: rowsOf(yTrain) },
      xTest && yTest ? { x: rowsOf(xTest), y: rowsOf(yTest) } : undefined,
    );
    return reader;
  }

  /**
   * Reads the files.
   * @throws BlasnetError `ERR_BAD_FILE` for a file that cannot be read, `ERR_SHAPE_MISMATCH` where its parts differ
   */
  async readData(): Promise<void> {
    if (!this.#files) throw badArgument('files', '{ train, test? }', undefined);
    const { train, test } = this.#files;
    this.setRaw(await readPart(train), test === undefined ? undefined : await readPart(test));
  }

  /** Takes the raw rows; for readers of other files. */
  protected setRaw(train: Part, test: Part | undefined): void {
    for (const [name, part] of Object.entries({ train, test })) {
      if (!part) continue;
      if (part.x.count !== part.y.count) {
        throw shapeMismatch(`the ${name} labels`, `${part.x.count} rows`, `${part.y.count}`);
      }
      if (sizeOf(part.x.rowShape) !== sizeOf(train.x.rowShape)) {
        throw shapeMismatch(`the ${name} set`, `${sizeOf(train.x.rowShape)} features`, `${sizeOf(part.x.rowShape)}`);
      }
      requireFinite(`the ${name} set`, part.x);
      requireFinite(`the ${name} labels`, part.y);
    }
    if (train.x.count === 0) throw badArgument('the train set', 'at least one row', 0);
    this.#raw = test ? { train, test } : { train };
    this.#train = train;
    this.#test = test;
    this.#dev = undefined;
    this.#order = undefined;
  }

  /** Features to [0, 1] by their least and greatest value over train and test together; a constant one becomes 0. */
  normalizeX(): void {
    this.#normalize('x', (tensors) => {
      this.#xNormalizer = new MinMaxNormalizer(tensors);
      return (tensor) => this.#xNormalizer!.normalize(tensor);
    });
  }

  /**
   * Labels as a net of that type needs them: min–max for fitting, 0 and 1 for two classes, one-hot for several.
   * @param base - the first class number
   */
  normalizeY(netType: NetType, base = 0): void {
    if (netType === 'multipleClassifier') {
      this.toOneHot(base);
    } else if (netType === 'binaryClassifier') {
      this.toZeroOne({ negativeLabel: base, positiveLabel: base + 1 });
    } else {
      this.#normalize('y', (tensors) => {
        this.#yNormalizer = new MinMaxNormalizer(tensors);
        return (tensor) => this.#yNormalizer!.normalize(tensor);
      });
    }
  }

  /** Undoes `normalizeY('fitting')`: a net's outputs as they would stand in the file. */
  deNormalizeY(y: Tensor): Tensor {
    if (!this.#yNormalizer) throw badArgument('deNormalizeY', "normalizeY('fitting') before it", 'none');
    return this.#yNormalizer.deNormalize(y);
  }

  /** Raw rows as the training rows were normalised: what inference needs. */
  normalizePredictData(x: Tensor): Tensor {
    if (!this.#xNormalizer) throw badArgument('normalizePredictData', 'normalizeX before it', 'none');
    return this.#xNormalizer.normalize(x);
  }

  /**
   * Class numbers base, base + 1, … as rows with a single 1.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the row of a label below base or not a whole number
   */
  toOneHot(base = 0): void {
    this.#normalize('y', (tensors) => {
      this.#categories = countCategories(tensors, base);
      return (tensor) => oneHot(tensor, base, this.#categories);
    });
  }

  /** Two labels as 0 and 1; any other is an error that names its row. */
  toZeroOne(options?: ZeroOneOptions): void {
    this.#normalize('y', () => {
      this.#categories = 2;
      return (tensor) => zeroOne(tensor, options);
    });
  }

  /** Replaces x or y of both sets by what `learn` makes of the raw ones. */
  #normalize(which: 'x' | 'y', learn: (raw: Tensor[]) => (raw: Tensor) => Tensor): void {
    const { train, test } = this.#requireWhole();
    const apply = learn([train, test].flatMap((part) => (part ? [tensorOf(part[which])] : [])));
    const rows = rowsOf(apply(tensorOf(train[which])));
    this.#train = { ...this.#train!, [which]: this.#order ? permuted(rows, this.#order) : rows };
    if (test) this.#test = { ...this.#test!, [which]: rowsOf(apply(tensorOf(test[which]))) };
  }

  /** For image readers: bytes are divided by `divisor` on their way to a batch, and stay bytes in memory. */
  protected divideX(divisor: number): void {
    this.#requireWhole();
    this.#train = { ...this.#train!, x: { ...this.#train!.x, divisor } };
    if (this.#test) this.#test = { ...this.#test, x: { ...this.#test.x, divisor } };
  }

  /**
   * Makes the first ⌊n/k⌋ training rows the validation set; they leave the training set.
   * @param k - default 10: a tenth
   */
  generateValidationSet(k = 10): void {
    const { x, y } = this.trainingPart;
    const count = Math.floor(x.count / k);
    if (!(Number.isFinite(k) && k > 1 && count >= 1 && count < x.count)) {
      throw badArgument('k', `a number above 1 that leaves rows for both sets of ${x.count}`, k);
    }
    if (this.#dev) throw badArgument('generateValidationSet', 'to be called once', 'a second call');
    this.#dev = { x: sliceRows(x, 0, count), y: sliceRows(y, 0, count) };
    this.#train = { x: sliceRows(x, count, x.count), y: sliceRows(y, count, y.count) };
  }

  /** Puts the training rows into a random order that depends on the seed and their number only. */
  shuffle(seed = 0): void {
    const { x, y } = this.trainingPart;
    if (!Number.isSafeInteger(seed) || seed < 0) throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
    const order = new Int32Array(x.count);
    const operand = { data: order, shape: [order.length] };
    new EagerRunner('float32').run('shuffle_order', { order: operand, seed, stream: shuffleStream, epoch: 0 });
    this.#train = { x: permuted(x, order), y: permuted(y, order) };
    // Normalisation starts from the raw rows, and must bring them into this order.
    const previous = this.#order;
    this.#order = previous ? order.map((row) => previous[row]!) : order;
  }

  /** Rows iteration × batchSize to (iteration + 1) × batchSize of the training set; fewer at its end. */
  getBatchSamples(batchSize: number, iteration: number): { x: Tensor; y: Tensor } {
    const { x, y } = this.trainingPart;
    const from = batchSize * iteration;
    if (!(Number.isInteger(batchSize) && batchSize > 0 && Number.isInteger(iteration) && from >= 0 && from < x.count)) {
      throw badArgument('batch', `a batch that begins within ${x.count} rows`, `batch ${iteration} of ${batchSize}`);
    }
    const to = Math.min(x.count, from + batchSize);
    return { x: tensorOf(sliceRows(x, from, to)), y: tensorOf(sliceRows(y, from, to)) };
  }

  /** What rows of each class count in the training loss; absent where all count 1. */
  get classWeights(): Float64Array | undefined {
    return undefined;
  }

  /** Training rows that are not held in memory; for the trainer. */
  get trainingStream(): RowStream | undefined {
    return undefined;
  }

  /** The rows that training, validation and the test use; for the trainer. */
  get trainingPart(): Part {
    this.#require();
    return this.#train!;
  }
  get validationPart(): Part | undefined {
    return this.#dev;
  }
  get testPart(): Part | undefined {
    return this.#test;
  }

  get xTrain(): Tensor {
    return tensorOf(this.trainingPart.x);
  }
  get yTrain(): Tensor {
    return tensorOf(this.trainingPart.y);
  }
  get xTest(): Tensor {
    return tensorOf(present('test set', this.#test).x);
  }
  get yTest(): Tensor {
    return tensorOf(present('test set', this.#test).y);
  }
  get xDev(): Tensor {
    return tensorOf(present('validation set', this.#dev).x);
  }
  get yDev(): Tensor {
    return tensorOf(present('validation set', this.#dev).y);
  }
  get xTrainRaw(): Tensor {
    return tensorOf(this.#require().train.x);
  }
  get yTrainRaw(): Tensor {
    return tensorOf(this.#require().train.y);
  }
  get xTestRaw(): Tensor {
    return tensorOf(present('test set', this.#require().test).x);
  }
  get yTestRaw(): Tensor {
    return tensorOf(present('test set', this.#require().test).y);
  }

  get numTrain(): number {
    return this.#train?.x.count ?? 0;
  }
  get numTest(): number {
    return this.#test?.x.count ?? 0;
  }
  get numValidation(): number {
    return this.#dev?.x.count ?? 0;
  }
  get numFeature(): number {
    return this.#train ? sizeOf(this.#train.x.rowShape) : 0;
  }
  /** Classes, once labels are one-hot or 0 and 1; before that 0. */
  get numCategory(): number {
    return this.#categories;
  }

  /** The raw rows, as long as the validation set is among them. */
  #requireWhole(): { train: Part; test?: Part } {
    if (this.#dev) throw badArgument('normalisation', 'to come before the validation set is taken', 'it after that');
    return this.#require();
  }

  #require(): { train: Part; test?: Part } {
    if (!this.#raw) throw badArgument('data', 'readData to have finished', 'no data');
    return this.#raw;
  }
}

function present<T>(name: string, part: T | undefined): T {
  if (!part) throw badArgument(name, 'one', 'none');
  return part;
}

function permuted(rows: Rows, order: Int32Array): Rows {
  const width = sizeOf(rows.rowShape);
  const data = rows.data.slice();
  order.forEach((from, to) => {
    data.set(rows.data.subarray(from * width, (from + 1) * width), to * width);
  });
  return { ...rows, data };
}

async function readPart(path: string): Promise<Part> {
  const arrays = await readNpz(path);
  const [x, y] = ['data', 'label'].map((key) => {
    const array = arrays[key];
    if (!array) {
      const received = Object.keys(arrays).join(', ') || 'nothing';
      throw new BlasnetError('ERR_BAD_FILE', `Expected '${key}' in '${path}' but received ${received}`);
    }
    const tensor = toTensor(array, array.data instanceof arrayOf('float64') ? 'float64' : 'float32');
    return rowsOf(tensor.shape.length === 1 ? tensor.reshape([tensor.size, 1]) : tensor);
  });
  return { x: x!, y: y! };
}
