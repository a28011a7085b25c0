import type { Activation, LossName, MetricName, OptimizerName } from '../../../index.js';
import type { SettingOption } from '../settings.js';
import { dataOptions } from './data.js';
import { netOptions } from './net.js';
import { outputOptions } from './output.js';
import { seriesOptions } from './series.js';
import { textOptions } from './texts.js';
import { trainingOptions } from './training.js';

/** Names that options take, as the library has them; undefined where it cannot be loaded. */
export interface LibraryNames {
  readonly activations?: readonly Activation[] | undefined;
  readonly losses?: readonly LossName[] | undefined;
  readonly metrics?: readonly MetricName[] | undefined;
  readonly optimizers?: readonly OptimizerName[] | undefined;
}

/** All options of `blasnet train`, by the headings of its help. */
export function trainOptions({
  activations,
  ...names
}: LibraryNames = {}): Readonly<Record<string, readonly SettingOption[]>> {
  return {
    'Data:': dataOptions,
    'Time series:': seriesOptions,
    'Texts:': textOptions,
    'Net:': netOptions(activations),
    'Training:': trainingOptions(names),
    'Output:': outputOptions,
  };
}
