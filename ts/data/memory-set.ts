// @internal
import { badArgument } from '../errors.js';
import type { RowShape } from '../layers/layer.js';
import type { AnyTensor } from '../tensor.js';
import type { DataSet, RowMap } from './data-set.js';
import type { Labels } from './labels.js';
import { Normalizer } from './normalizer.js';
import { checkPart, type Part, shareOf, shuffledOrder, slicePart, splitPart, takeRows } from './part.js';
import { type Rows, rowsOf, tensorOf } from './rows.js';
import type { Scaling } from './scaling.js';

/** Rows in memory. The validation set is part of the training rows until it is taken from them. */
export class MemorySet implements DataSet {
  readonly stream = undefined;
  rawTrain: Part;
  rawTest: Part | undefined;
  train: Part;
  test: Part | undefined;
  validation: Part | undefined;
  #order: Int32Array | undefined; // of the training rows, once shuffled
  #isChanged = false; // normalised or shuffled

  constructor(train: Part, test: Part | undefined) {
    checkPart('train', train, train.x);
    if (test) checkPart('test', test, train.x);
    if (train.x.count === 0) throw badArgument('the train set', 'at least one row', 0);
    this.rawTrain = train;
    this.rawTest = test;
    this.train = train;
    this.test = test;
  }

  get numTrain(): number {
    return this.train.x.count;
  }

  get xShape(): RowShape {
    return this.train.x.rowShape;
  }

  normalizerOf(which: 'x' | 'y', { method, fitOn }: Scaling): Normalizer {
    const tensors = this.#raw(which);
    return Normalizer.ofTensors(method, fitOn === 'train' ? tensors.slice(0, 1) : tensors);
  }

  rawLabels(): Labels[] {
    return this.#raw('y').map((rows) => ({ rows }));
  }

  trainLabels(): Labels {
    return { rows: tensorOf(this.train.y) };
  }

  replace(which: 'x' | 'y', map: RowMap): void {
    this.#requireWhole();
    const [train, test] = this.#raw(which).map((tensor) => rowsOf(map(tensor)));
    this.train = { ...this.train, [which]: this.#order ? takeRows(train!, this.#order) : train! };
    if (test) this.test = { ...this.test!, [which]: test };
    this.#isChanged = true;
  }

  changeX(change: (rows: Rows) => Rows): void {
    this.#requireWhole();
    this.train = { ...this.train, x: change(this.train.x) };
    if (this.test) this.test = { ...this.test, x: change(this.test.x) };
    this.#isChanged = true;
  }

  takeValidation(k: number, check: (labels: Labels) => void): void {
    if (this.validation) throw badArgument('generateValidationSet', 'to be called once', 'a second call');
    const count = shareOf(this.numTrain, k);
    const rest = slicePart(this.train, count, this.numTrain);
    check({ rows: tensorOf(rest.y) });
    this.validation = slicePart(this.train, 0, count);
    this.train = rest;
  }

  takeTest(k: number, seed: number, check: (labels: Labels) => void): void {
    if (this.test) throw badArgument('splitTestSet', 'a reader without a test set', 'one that has it');
    if (this.#isChanged || this.validation) {
      throw badArgument(
        'splitTestSet',
        'to come before shuffling, normalisation and the validation set',
        'it after that',
      );
    }
    const { train, test } = splitPart(this.rawTrain, k, seed);
    check({ rows: tensorOf(train.y) });
    this.rawTrain = train;
    this.rawTest = test;
    this.train = train;
    this.test = test;
  }

  shuffle(seed: number): void {
    const order = shuffledOrder(this.numTrain, seed);
    this.train = { x: takeRows(this.train.x, order), y: takeRows(this.train.y, order) };
    // Normalisation starts from the raw rows, and must bring them into this order.
    const previous = this.#order;
    this.#order = previous ? order.map((row) => previous[row]!) : order;
    this.#isChanged = true;
  }

  /** The raw training rows, then the raw test rows; throws once the validation set was taken from the former. */
  #raw(which: 'x' | 'y'): AnyTensor[] {
    this.#requireWhole();
    return [this.rawTrain, this.rawTest].flatMap((part) => (part ? [tensorOf(part[which])] : []));
  }

  #requireWhole(): void {
    if (this.validation)
      throw badArgument('normalisation', 'to come before the validation set is taken', 'it after that');
  }
}
