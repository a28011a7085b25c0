// @internal
import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import type { RowShape } from '../layers/layer.js';
import { type AnyTensor, Tensor } from '../tensor.js';
import { type BatchLimits, checkedBatches } from './batches.js';
import { ColumnStatistics } from './column-statistics.js';
import type { DataReader } from './data-reader.js';
import type { DataSet, RowMap, RowStream } from './data-set.js';
import { LabelTally } from './label-tally.js';
import type { Labels } from './labels.js';
import { Normalizer } from './normalizer.js';
import { checkPart, type Part, type SetName } from './part.js';
import type { BatchSource, StreamOptions } from './row-stream.js';
import { rowsOf, tensorOf } from './rows.js';
import type { Scaling } from './scaling.js';

/** The results of one pass over a source. */
interface Findings {
  readonly count: number;
  readonly x: { readonly shape: RowShape; readonly statistics: ColumnStatistics };
  readonly y: { readonly shape: RowShape; readonly statistics: ColumnStatistics };
  readonly labels: LabelTally;
}

const asTheyAre: RowMap = (rows) => rows;

/** Training rows that come in batches and are normalised batch by batch; test and validation set are in memory. */
export class StreamSet implements DataSet, RowStream {
  readonly #source: BatchSource;
  readonly #findings: Findings;
  readonly #limits: BatchLimits;
  readonly #maps: Record<'x' | 'y', RowMap> = { x: asTheyAre, y: asTheyAre };
  readonly #raw: Readonly<Record<'test' | 'validation', Part | undefined>>;
  test: Part | undefined;
  validation: Part | undefined;
  #epochs = 0;

  private constructor(source: BatchSource, findings: Findings, isCut: boolean, test?: Part, validation?: Part) {
    const { count, x, y } = findings;
    this.#source = source;
    this.#findings = findings;
    this.#limits = { count, isCut, xShape: x.shape, yShape: y.shape };
    this.#raw = { test, validation };
    this.test = test;
    this.validation = validation;
  }

  /** Goes over the source once: counts the rows, computes the columns' statistics and counts the classes. */
  static async read(source: BatchSource, options: StreamOptions): Promise<StreamSet> {
    const isCut = options.numTrain !== undefined;
    const findings = await explore(source, { count: options.numTrain, isCut });
    const like = rowsOf(Tensor.zeros([0, ...findings.x.shape]));
    const { xTest, yTest, test, xValidation, yValidation, validation } = options;
    return new StreamSet(
      source,
      findings,
      isCut,
      await readSet('test', like, xTest, yTest, test),
      await readSet('validation', like, xValidation, yValidation, validation),
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
  get xShape(): RowShape {
    return this.#findings.x.shape;
  }
  get yShape(): RowShape {
    const { shape } = this.#findings.y;
    return this.#maps.y(Tensor.zeros([0, ...shape])).shape.slice(1);
  }

  async *open(): AsyncGenerator<Part> {
    const epoch = `epoch ${++this.#epochs} of the stream`;
    const { x: mapX, y: mapY } = this.#maps;
    for await (const { x, y, firstRow } of checkedBatches(this.#source, epoch, this.#limits)) {
      const rowOf = (index: number) => firstRow + index;
      yield { x: rowsOf(mapX(x, rowOf)), y: rowsOf(mapY(y, rowOf)) };
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

  normalizerOf(which: 'x' | 'y', { method, fitOn }: Scaling): Normalizer {
    const statistics = this.#findings[which].statistics.clone();
    if (fitOn === 'trainAndTest') for (const tensor of this.#tensors(which)) statistics.add(tensor);
    return Normalizer.of(method, statistics, () => {
      // Quartiles need all values of a column at once.
      throw badArgument('method', "'minMax' or 'standard' for a reader of batches", method);
    });
  }

  rawLabels(): Labels[] {
    return [this.#findings.labels.labels, ...this.#tensors('y').map((rows) => ({ rows }))];
  }

  trainLabels(): Labels {
    const { rows, ...numbers } = this.#findings.labels.labels;
    return { rows: this.#maps.y(rows, numbers.rowOf), ...numbers };
  }

  replace(which: 'x' | 'y', map: RowMap): void {
    const { labels } = this.#findings;
    if (which === 'y' && labels.isCountable) map(labels.labels.rows, labels.labels.rowOf); // throws what epochs would
    const mapped = (set: 'test' | 'validation') => {
      const raw = this.#raw[set];
      return raw && { ...this[set]!, [which]: rowsOf(map(tensorOf(raw[which]))) };
    };
    const [test, validation] = [mapped('test'), mapped('validation')];
    this.#maps[which] = map;
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

  /** The raw test and validation rows. */
  #tensors(which: 'x' | 'y'): AnyTensor[] {
    return [this.#raw.test, this.#raw.validation].flatMap((part) => (part ? [tensorOf(part[which])] : []));
  }

  #notInMemory(what: string): Error {
    return badArgument(what, 'a reader whose training rows are in memory', 'a reader of batches');
  }
}

async function explore(source: BatchSource, limits: BatchLimits): Promise<Findings> {
  let findings: Findings | undefined;
  let count = 0;
  for await (const { x, y, firstRow } of checkedBatches(source, 'the stream', limits)) {
    findings ??= {
      count: 0,
      x: { shape: x.shape.slice(1), statistics: new ColumnStatistics(x.rowSize) },
      y: { shape: y.shape.slice(1), statistics: new ColumnStatistics(y.rowSize) },
      labels: new LabelTally(y.rowSize),
    };
    findings.x.statistics.add(x);
    findings.y.statistics.add(y);
    findings.labels.add(y, firstRow);
    count += x.rows;
  }
  if (!findings) throw badArgument('the stream', 'at least one row', 'none');
  return { ...findings, count };
}

async function readSet(
  name: SetName,
  like: Part['x'],
  x: AnyTensor | undefined,
  y: AnyTensor | undefined,
  reader: DataReader | undefined,
): Promise<Part | undefined> {
  if (reader && reader.numTrain === 0) await reader.readData();
  const part = reader
    ? { x: rowsOf(tensorOf(reader.rawTrainingPart.x)), y: rowsOf(tensorOf(reader.rawTrainingPart.y)) }
    : x && y && { x: rowsOf(x), y: rowsOf(y) };
  if (part) checkPart(name, part, like);
  return part;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a source that is not a function, and for bad options */
export function checkStream(source: BatchSource, options: StreamOptions): void {
  if (typeof source !== 'function')
    throw badArgument('source', 'a function that gives the batches of an epoch', source);
  checkOptions(options, [
    ...(['numTrain', 'xTest', 'yTest', 'test', 'xValidation', 'yValidation', 'validation'] as const),
  ]);
  const { numTrain } = options;
  if (numTrain !== undefined && !(Number.isSafeInteger(numTrain) && numTrain > 0)) {
    throw badArgument('numTrain', 'a whole number above 0', numTrain);
  }
  const { xTest, yTest, test, xValidation, yValidation, validation } = options;
  checkSet('Test', { xTest, yTest }, test);
  checkSet('Validation', { xValidation, yValidation }, validation);
}

function checkSet(name: string, tensors: Readonly<Record<string, unknown>>, reader: DataReader | undefined): void {
  const given = Object.entries(tensors).filter(([, tensor]) => tensor !== undefined);
  for (const [key, tensor] of given) if (!(tensor instanceof Tensor)) throw badArgument(key, 'a Tensor', tensor);
  if (given.length === 0 || (given.length === 2 && !reader)) return;
  const received = reader ? 'tensors and a reader' : `${given[0]![0]} alone`;
  throw badArgument(`the ${name.toLowerCase()} set`, `both x${name} and y${name}, or a reader, or neither`, received);
}
