// @internal
import type { Communicator } from '../core/communicator.js';
import { BlasnetError, badArgument, reasonOf } from '../core/errors.js';
import { type AnyTensor, isFloats, sizeOf } from '../tensor/tensor.js';
import { checkedBatches, likeOf } from './batches.js';
import { mapNamed } from './by-name.js';
import { ColumnStatistics, type Statistics } from './column-statistics.js';
import { ExactStatistics, type StatisticsParts } from './exact-statistics.js';
import { type LabelParts, LabelTally } from './label-tally.js';
import type { NamedTensors } from './named-tensors.js';
import type { NamedRows, Part, Side } from './part.js';
import { RankRows, wholeShare } from './rank-rows.js';
import type { BatchSource, StreamOptions } from './row-stream.js';
import { rowType } from './rows.js';

/** The results of one pass over a source. */
export interface Findings {
  /** Rows of an epoch: of all ranks, and of this one. */
  readonly count: number;
  readonly ownCount: number;
  /** Whether this rank's source gives more rows. */
  readonly hasMore: boolean;
  readonly share: RankRows | undefined;
  readonly like: Part;
  /** Of the columns of inputs of floats, and of targets. */
  readonly statistics: Readonly<Record<Side, Readonly<Record<string, Statistics>>>>;
  readonly labels: Readonly<Record<string, LabelTally>>;
}

type Found = Pick<Findings, 'like' | 'labels'> & {
  readonly rows: number;
  readonly statistics: Readonly<Record<Side, Readonly<Record<string, Statistics>>>>;
};

const sides = ['inputs', 'targets'] as const;

/** Goes over a source once; ranks that share the rows then put together what they found. */
export async function explore(source: BatchSource, options: StreamOptions): Promise<Findings> {
  const { communicator, batchSize, numTrain } = options;
  if (!communicator) {
    const found = await exploreOwn(source, options, undefined);
    return { ...found, count: found.rows, ownCount: found.rows, hasMore: false, share: undefined };
  }
  const share = new RankRows(communicator.rank, communicator.size, batchSize!);
  const found = await together(communicator, () => exploreOwn(source, options, share));
  const all = await communicator.allGather({
    rows: found.rows,
    like: shownLike(found.like),
    batchSize: share.batchSize,
  });
  for (const [rank, { like, batchSize: other }] of all.entries()) {
    requireSame('the rows of all ranks', all[0]!.like, like, rank);
    requireSame('batchSize on all ranks', all[0]!.batchSize, other, rank);
  }
  const counts = all.map(({ rows }) => rows);
  const total = counts.reduce((sum, rows) => sum + rows, 0);
  const count = numTrain ?? share.mostRows(counts);
  if (count === 0) throw badArgument('the rows of all ranks', 'at least one row for each rank', counts.join(', '));
  if (total > count && numTrain === undefined && share.rank === 0) {
    const message = `Ranks have ${counts.join(', ')} rows: ${total - count} of them are left out, since each batch has as many of each rank`;
    process.emitWarning(message, 'BlasnetWarning');
  }
  return {
    ...(await merged(communicator, found, (row) => share.rowOf(row, count))),
    ...shareOf(share, count, found.rows),
  };
}

function requireSame(name: string, first: unknown, own: unknown, rank: number): void {
  if (own !== first) throw badArgument(name, `${first}, as on rank 0,`, `${own} on rank ${rank}`);
}

function shareOf(share: RankRows, count: number, rows: number) {
  const ownCount = share.countOf(count);
  return { share, count, ownCount, hasMore: rows > ownCount };
}

async function exploreOwn(
  source: BatchSource,
  { numTrain }: StreamOptions,
  share: RankRows | undefined,
): Promise<Found> {
  const count = numTrain === undefined ? undefined : (share?.countOf(numTrain) ?? numTrain);
  const limits = { count, isCut: count !== undefined, share: share ?? wholeShare };
  let found: Found | undefined;
  let rows = 0;
  const name = share && share.size > 1 ? `the stream of rank ${share.rank}` : 'the stream';
  const make = (width: number) => (share ? new ExactStatistics(width) : new ColumnStatistics(width));
  for await (const batch of checkedBatches(source, name, limits)) {
    const { inputs, targets, firstRow } = batch;
    found ??= {
      rows: 0,
      like: { inputs: likeOf(inputs), targets: likeOf(targets) },
      statistics: { inputs: statisticsFor(inputs, isFloats, make), targets: statisticsFor(targets, () => true, make) },
      labels: mapNamed(targets, ({ rowSize }) => new LabelTally(rowSize)),
    };
    for (const side of sides) {
      for (const [key, tensor] of Object.entries(batch[side])) found.statistics[side][key]?.add(tensor);
    }
    for (const [key, tensor] of Object.entries(targets)) found.labels[key]!.add(tensor, firstRow);
    rows += batch.rows;
  }
  if (!found) throw badArgument(name, 'at least one row', 'none');
  return { ...found, rows };
}

function statisticsFor(
  tensors: NamedTensors,
  isCounted: (tensor: AnyTensor) => boolean,
  make: (width: number) => Statistics,
) {
  const counted = Object.entries(tensors).filter(([, tensor]) => isCounted(tensor));
  return Object.fromEntries(counted.map(([name, { rowSize }]) => [name, make(rowSize)]));
}

/** Does work that may fail on each rank by itself; where it fails on one, all of them throw. */
async function together<T>(communicator: Communicator, work: () => Promise<T>): Promise<T> {
  let failure: unknown;
  const result = await work().catch((error: unknown) => {
    failure = error;
    return undefined;
  });
  const reasons = await communicator.allGather(result === undefined ? reasonOf(failure) : undefined);
  if (result === undefined) throw failure;
  const rank = reasons.findIndex((reason) => reason !== undefined);
  if (rank < 0) return result;
  throw new BlasnetError(
    'ERR_RANK_FAILED',
    `Expected all ranks to read their rows but rank ${rank} failed: ${reasons[rank]}`,
  );
}

/** Names, shapes and types of rows. */
function shownLike({ inputs, targets }: Part): string {
  const shown = (rows: NamedRows) =>
    Object.entries(rows).map(([name, one]) => `${name}[${one.rowShape.join(', ')}] of ${rowType(one)}`);
  return `${shown(inputs).join(', ')} and ${shown(targets).join(', ')}`;
}

/** The statistics and labels of all ranks. */
async function merged(communicator: Communicator, { like, statistics, labels }: Found, rowOf: (row: number) => number) {
  const partsIn = (all: Readonly<Record<string, Statistics>>) => mapNamed(all, (one) => (one as ExactStatistics).parts);
  const all = await communicator.allGather({
    statistics: { inputs: partsIn(statistics.inputs), targets: partsIn(statistics.targets) },
    labels: mapNamed(labels, (tally) => tally.parts(rowOf)),
  });
  type Told = {
    statistics: Record<Side, Record<string, StatisticsParts>>;
    labels: Record<string, LabelParts | undefined>;
  };
  const told = all as readonly unknown[] as readonly Told[];
  const sumOf = (side: Side) =>
    mapNamed(statistics[side], ({ mean }, name) => {
      const sum = new ExactStatistics(mean.length);
      for (const one of told) sum.addParts(one.statistics[side][name]!);
      return sum;
    });
  return {
    like,
    statistics: { inputs: sumOf('inputs'), targets: sumOf('targets') },
    labels: mapNamed(like.targets, ({ rowShape }, name) =>
      LabelTally.of(
        sizeOf(rowShape),
        told.map((one) => one.labels[name]),
      ),
    ),
  };
}
