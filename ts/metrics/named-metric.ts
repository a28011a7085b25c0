// @internal
import { Metric, type MetricConfig } from './metric.js';
import type { MetricOption, OptionValues } from './options.js';
import type { Judge, JudgedOutput } from './tally.js';

/** The static side of a built-in metric: its name, and its options. */
export interface MetricRule {
  readonly id: string;
  readonly options: Readonly<Record<string, MetricOption>>;
  new (options: Readonly<Record<string, never>>): Metric;
}

/** A metric that blasnet has a name for. */
export abstract class NamedMetric<
  Options extends Readonly<Record<string, MetricOption>> = Readonly<Record<string, never>>,
> extends Metric {
  protected readonly options: OptionValues<Options>;

  constructor(options: OptionValues<Options>) {
    super();
    this.options = Object.freeze({ ...options });
    Object.freeze(this);
  }

  override get name(): string {
    return (this.constructor as unknown as MetricRule).id;
  }

  override get config(): MetricConfig {
    return { type: this.name, ...this.options };
  }

  abstract override judge(output: JudgedOutput): Judge;
}
