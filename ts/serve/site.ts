import { type EntryStatistics, statisticsOf } from './entry-statistics.js';
import type { Metrics } from './metrics.js';
import type { ModelChange, Repository } from './repository.js';

/** All processes that serve the same models behind one address, as their routes see them. */
export interface Site {
  readonly workers: number;
  /** Whether the other processes take requests. */
  areOthersReady(): Promise<boolean>;
  /** Returns the metrics of all processes together. */
  metrics(): Promise<string>;
  /** Returns the statistics of all models, of all processes together. */
  statistics(): Promise<readonly EntryStatistics[]>;
  /** Changes a model in all processes. */
  change(name: string, change: ModelChange): Promise<void>;
}

/** A process that serves alone. */
export class LoneSite implements Site {
  readonly workers = 1;
  readonly #repository: Repository;
  readonly #metrics: Metrics;

  constructor(repository: Repository, metrics: Metrics) {
    this.#repository = repository;
    this.#metrics = metrics;
  }

  async areOthersReady(): Promise<boolean> {
    return true;
  }

  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  async statistics(): Promise<readonly EntryStatistics[]> {
    return this.#repository.entries.map(statisticsOf);
  }

  change(name: string, change: ModelChange): Promise<void> {
    return this.#repository.change(name, change);
  }
}
