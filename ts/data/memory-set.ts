// @internal
import { badArgument } from '../core/errors.js';
import type { AnyTensor } from '../tensor/tensor.js';
import { mapNamed } from './by-name.js';
import type { DataSet, LabelsByName, RowMap } from './data-set.js';
import type { Labels } from './labels.js';
import { Normalizer } from './normalizer.js';
import {
  checkPart,
  countOf,
  type NamedRows,
  type Part,
  type Side,
  shareOf,
  shuffledOrder,
  slicePart,
  soleRows,
  splitPart,
  takePart,
  takeRows,
} from './part.js';
import { type Rows, rowsOf, tensorOf } from './rows.js';
import type { Scaling } from './scaling.js';

/** The sets of a {@link MemorySet} besides the training rows. */
interface OtherSets {
  readonly test: Part | undefined;
  readonly validation: Part | undefined;
}

/** Rows in memory. The validation set is part of the training rows until it is taken from them, unless one is given. */
export class MemorySet implements DataSet {
  readonly stream = undefined;
  rawTrain: Part;
  rawTest: Part | undefined;
  train: Part;
  test: Part | undefined;
  validation: Part | undefined;
  readonly #rawValidation: Part | undefined; // where one was given
  #order: Int32Array | undefined; // of the training rows, once shuffled
  #isChanged = false; // normalised or shuffled

  constructor(train: Part, { test, validation }: OtherSets) {
    checkPart('train', train, train);
    if (test) checkPart('test', test, train);
    if (validation) checkPart('validation', validation, train);
    if (countOf(train) === 0) throw badArgument('the train set', 'at least one row', 0);
    this.rawTrain = train;
    this.rawTest = test;
    this.train = train;
    this.test = test;
    this.validation = validation;
    this.#rawValidation = validation;
  }

  get numTrain(): number {
    return countOf(this.train);
  }

  get like(): Part {
    return this.train;
  }

  normalizerOf(side: Side, name: string, { method, fitOn }: Scaling): Normalizer {
    const tensors = this.#raw(side, name);
    return Normalizer.ofTensors(method, fitOn === 'train' ? tensors.slice(0, 1) : tensors);
  }

  rawLabels(name: string): Labels[] {
    return this.#raw('targets', name).map((rows) => ({ rows }));
  }

  trainLabels(name: string): Labels {
    return { rows: tensorOf(this.train.targets[name]!) };
  }

  replace(side: Side, maps: Readonly<Record<string, RowMap>>): void {
    this.#requireWhole();
    const mapped = mapNamed(maps, (map, name) => this.#raw(side, name).map((tensor) => rowsOf(map(tensor))));
    const order = this.#order;
    const train = mapNamed(mapped, ([rows]) => (order ? takeRows(rows!, order) : rows!));
    this.train = withRows(this.train, side, train);
    // In the order of #raw.
    const others = (index: number) => mapNamed(mapped, (rows) => rows.at(index)!);
    if (this.test) this.test = withRows(this.test, side, others(1));
    if (this.validation) this.validation = withRows(this.validation, side, others(-1));
    this.#isChanged = true;
  }

  changeX(change: (rows: Rows) => Rows): void {
    this.#requireWhole();
    const changed = (part: Part): Part => ({ ...part, inputs: { '': change(soleRows(part, 'inputs', 'images')) } });
    this.train = changed(this.train);
    if (this.test) this.test = changed(this.test);
    if (this.validation) this.validation = changed(this.validation);
    this.#isChanged = true;
  }

  takeValidation(k: number, check: (labels: LabelsByName) => void): void {
    if (this.#rawValidation) {
      throw badArgument('generateValidationSet', 'a reader without a validation set', 'one that has it');
    }
    if (this.validation) throw badArgument('generateValidationSet', 'to be called once', 'a second call');
    const count = shareOf(this.numTrain, k);
    const rest = slicePart(this.train, count, this.numTrain);
    check(labelsIn(rest));
    this.validation = slicePart(this.train, 0, count);
    this.train = rest;
  }

  takeTest(k: number, seed: number, check: (labels: LabelsByName) => void): void {
    if (this.test) throw badArgument('splitTestSet', 'a reader without a test set', 'one that has it');
    if (this.#isChanged || this.#isTaken) {
      throw badArgument(
        'splitTestSet',
        'to come before shuffling, normalisation and the validation set',
        'it after that',
      );
    }
    const { train, test } = splitPart(this.rawTrain, k, seed);
    check(labelsIn(train));
    this.rawTrain = train;
    this.rawTest = test;
    this.train = train;
    this.test = test;
  }

  shuffle(seed: number): void {
    const order = shuffledOrder(this.numTrain, seed);
    this.train = takePart(this.train, order);
    // Normalisation starts from the raw rows, and must bring them into this order.
    const previous = this.#order;
    this.#order = previous ? order.map((row) => previous[row]!) : order;
    this.#isChanged = true;
  }

  /** The raw rows of training, test and validation set; throws once the last one was taken from the first. */
  #raw(side: Side, name: string): AnyTensor[] {
    this.#requireWhole();
    const parts = [this.rawTrain, this.rawTest, this.#rawValidation];
    return parts.flatMap((part) => (part ? [tensorOf(part[side][name]!)] : []));
  }

  /** Whether the validation set was taken from the training rows. */
  get #isTaken(): boolean {
    return this.validation !== undefined && !this.#rawValidation;
  }

  #requireWhole(): void {
    if (this.#isTaken)
      throw badArgument('normalizeX and normalizeY', 'calls before the validation set is taken', 'a call after it');
  }
}

function withRows(part: Part, side: Side, rows: NamedRows): Part {
  return { ...part, [side]: { ...part[side], ...rows } };
}

function labelsIn({ targets }: Part): LabelsByName {
  return (name) => ({ rows: tensorOf(targets[name]!) });
}
