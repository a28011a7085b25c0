import { Statistics, type StatisticsSnapshot } from './statistics.js';

/** The statistics of a version of a model, as the protocol has them. */
export interface EntryStatistics extends ReturnType<Statistics['toJSON']> {
  readonly name: string;
  readonly version: string;
  readonly queue_rows: number;
}

/** Those of one process, to be added up with others. */
export interface EntrySnapshot {
  readonly name: string;
  readonly version: string;
  readonly queue_rows: number;
  readonly figures: StatisticsSnapshot;
}

interface Counted {
  readonly name: string;
  readonly version: string;
  readonly statistics: Statistics;
  readonly nets: readonly { readonly rows: number }[];
}

const rowsOf = ({ nets }: Counted) => nets.reduce((sum, { rows }) => sum + rows, 0);

export function statisticsOf(entry: Counted): EntryStatistics {
  const { name, version, statistics } = entry;
  return { name, version, ...statistics.toJSON(), queue_rows: rowsOf(entry) };
}

export function snapshotOf(entry: Counted): EntrySnapshot {
  const { name, version, statistics } = entry;
  return { name, version, queue_rows: rowsOf(entry), figures: statistics.snapshot() };
}

/** Adds up the statistics of several processes that serve the same models. */
export function mergedStatistics(all: readonly (readonly EntrySnapshot[])[]): EntryStatistics[] {
  return (all[0] ?? []).map(({ name, version }, i) => {
    const statistics = new Statistics();
    for (const snapshots of all) statistics.include(snapshots[i]!.figures);
    const rows = all.reduce((sum, snapshots) => sum + snapshots[i]!.queue_rows, 0);
    return { name, version, ...statistics.toJSON(), queue_rows: rows };
  });
}
