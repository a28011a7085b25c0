// @internal
import { badArgument } from '../core/errors.js';
import type { AnyTensor } from '../tensor/tensor.js';
import { type BatchLimits, checkedBatches } from './batches.js';
import { mapNamed } from './by-name.js';
import type { DataSet, RowMap, RowStream } from './data-set.js';
import type { Labels } from './labels.js';
import type { NamedTensors } from './named-tensors.js';
import { Normalizer } from './normalizer.js';
import type { Part, Side } from './part.js';
import { type RankRows, wholeShare } from './rank-rows.js';
import type { BatchSource, StreamOptions } from './row-stream.js';
import { type Rows, rowsOf, tensorOf } from './rows.js';
import type { Scaling } from './scaling.js';
import { explore, type Findings } from './stream-findings.js';
import { readSet } from './stream-options.js';

type Maps = Readonly<Record<string, RowMap>>;

/** Training rows that come in batches and are normalised batch by batch; test and validation set are in memory. */
export class StreamSet implements DataSet, RowStream {
  readonly #source: BatchSource;
  readonly #findings: Findings;
  readonly #limits: BatchLimits;
  readonly #maps: Record<Side, Maps> = { inputs: {}, targets: {} };
  readonly share: RankRows | undefined;
  readonly #raw: Readonly<Record<'test' | 'validation', Part | undefined>>;
  test: Part | undefined;
  validation: Part | undefined;
  #epochs = 0;

  private constructor(source: BatchSource, findings: Findings, isCut: boolean, test?: Part, validation?: Part) {
    const { ownCount, like, share } = findings;
    this.#source = source;
    this.#findings = findings;
    this.#limits = { count: ownCount, isCut, like, share: share ?? wholeShare };
    // A rank alone has all rows.
    this.share = share && share.size > 1 ? share : undefined;
    this.#raw = { test, validation };
    this.test = test;
    this.validation = validation;
  }

  /** Goes over the source once: counts the rows, computes the columns' statistics and counts the classes. */
  static async read(source: BatchSource, options: StreamOptions): Promise<StreamSet> {
    const findings = await explore(source, options);
    const { numTrain, xTest, yTest, test, xValidation, yValidation, validation } = options;
    return new StreamSet(
      source,
      findings,
      numTrain !== undefined || findings.hasMore,
      await readSet('test', findings.like, xTest, yTest, test),
      await readSet('validation', findings.like, xValidation, yValidation, validation),
    );
  }

  get stream(): RowStream {
    return this;
  }
  get numTrain(): number {
    return this.#findings.count;
  }
  get count(): number {
    return this.#findings.count;
  }
  get like(): Part {
    const { inputs, targets } = this.#findings.like;
    return { inputs: this.#mapped('inputs', inputs), targets: this.#mapped('targets', targets) };
  }

  async *open(): AsyncGenerator<Part> {
    const epoch = `epoch ${++this.#epochs} of the stream`;
    const maps = { ...this.#maps };
    for await (const { inputs, targets, firstRow } of checkedBatches(this.#source, epoch, this.#limits)) {
      const { share, count } = this;
      const rowOf = (index: number) => (share ? share.rowOf(firstRow + index, count) : firstRow + index);
      const mapped = (side: Side, tensors: NamedTensors) =>
        mapNamed(tensors, (tensor, name) => rowsOf(maps[side][name]?.(tensor, rowOf) ?? tensor));
      yield { inputs: mapped('inputs', inputs), targets: mapped('targets', targets) };
    }
  }

  get train(): Part {
    throw this.#notInMemory('training rows as a tensor');
  }
  get rawTrain(): Part {
    return this.train;
  }
  get rawTest(): Part | undefined {
    return this.#raw.test;
  }

  normalizerOf(side: Side, name: string, { method, fitOn }: Scaling): Normalizer {
    const statistics = this.#findings.statistics[side][name]!.clone();
    if (fitOn === 'trainAndTest') for (const tensor of this.#tensors(side, name)) statistics.add(tensor);
    return Normalizer.of(method, statistics, () => {
      // Quartiles need all values of a column at once.
      throw badArgument('method', "'minMax' or 'standard' for a reader of batches", method);
    });
  }

  rawLabels(name: string): Labels[] {
    return [this.#findings.labels[name]!.labels, ...this.#tensors('targets', name).map((rows) => ({ rows }))];
  }

  trainLabels(name: string): Labels {
    const { rows, ...numbers } = this.#findings.labels[name]!.labels;
    return { rows: this.#maps.targets[name]?.(rows, numbers.rowOf) ?? rows, ...numbers };
  }

  replace(side: Side, maps: Maps): void {
    if (side === 'targets') {
      for (const [name, map] of Object.entries(maps)) {
        const tally = this.#findings.labels[name]!;
        if (tally.isCountable) map(tally.labels.rows, tally.labels.rowOf); // throws what epochs would
      }
    }
    const mapped = (set: 'test' | 'validation'): Part | undefined => {
      const [raw, present] = [this.#raw[set], this[set]];
      const rows = raw && mapNamed(maps, (map, name) => rowsOf(map(tensorOf(raw[side][name]!))));
      return present && { ...present, [side]: { ...present[side], ...rows } };
    };
    const [test, validation] = [mapped('test'), mapped('validation')];
    this.#maps[side] = { ...this.#maps[side], ...maps };
    this.test = test;
    this.validation = validation;
  }

  takeValidation(): void {
    if (!this.validation) throw badArgument('the validation set of a stream', 'xValidation and yValidation', 'none');
  }

  changeX(): void {
    throw this.#notInMemory('bytes');
  }
  takeTest(): void {
    throw this.#notInMemory('splitTestSet');
  }
  shuffle(): void {
    throw this.#notInMemory('shuffle');
  }

  #mapped(side: Side, rows: Readonly<Record<string, Rows>>): Readonly<Record<string, Rows>> {
    return mapNamed(rows, (one, name) => {
      const map = this.#maps[side][name];
      return map ? rowsOf(map(tensorOf(one))) : one;
    });
  }

  /** The raw test and validation rows. */
  #tensors(side: Side, name: string): AnyTensor[] {
    return [this.#raw.test, this.#raw.validation].flatMap((part) => (part ? [tensorOf(part[side][name]!)] : []));
  }

  #notInMemory(what: string): Error {
    return badArgument(what, 'a reader whose training rows are in memory', 'a reader of batches');
  }
}
