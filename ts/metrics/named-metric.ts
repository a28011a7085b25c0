// @internal
import type { OptionTable, ValueOf } from '../core/constants.js';
import { definedFields } from '../core/objects.js';
import { Metric, type MetricConfig } from './metric.js';
import type { Judge, JudgedOutput } from './tally.js';

/** The static side of a built-in metric: its name, and its options. */
export interface MetricRule {
  readonly id: string;
  readonly constants: OptionTable;
  new (options: object): Metric;
}

/** The values of a metric's options. */
export type OptionsIn<Table extends OptionTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** A metric that blasnet has a name for. */
export abstract class NamedMetric<Table extends OptionTable = Readonly<Record<never, never>>> extends Metric {
  protected readonly options: OptionsIn<Table>;

  constructor(options: OptionsIn<Table>) {
    super();
    this.options = Object.freeze({ ...options });
    Object.freeze(this);
  }

  override get name(): string {
    return (this.constructor as unknown as MetricRule).id;
  }

  override get config(): MetricConfig {
    return { type: this.name, ...definedFields(this.options) };
  }

  override get readsClasses(): boolean {
    return true;
  }

  abstract override judge(output: JudgedOutput): Judge;
}
