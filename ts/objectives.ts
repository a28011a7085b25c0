// Losses and metrics of a net's outputs, as hyperparameters name them.
import { didYouMean } from './core/did-you-mean.js';
import { badArgument } from './core/errors.js';
import { fieldsOf, isFields, repeated } from './core/fields.js';
import type { NetType } from './core/net-type.js';
import { Loss } from './losses/loss.js';
import { lossOf, registeredLosses } from './losses/registry.js';
import type { Metric } from './metrics/metric.js';
import { metricOf, registeredMetrics } from './metrics/registry.js';

/** The options of hyperparameters that say what a net learns. */
export interface ObjectiveOptions {
  readonly netType: NetType;
  readonly loss: unknown;
  readonly lossWeights: Readonly<Record<string, number>> | undefined;
  readonly metrics: unknown;
  readonly monitor: string;
}

/** The loss and the metrics of one output. */
export interface Objective {
  /** The name of the output. */
  readonly output: string;
  readonly loss: Loss;
  /** The weight of its loss in that of the net. */
  readonly factor: number;
  /** The metrics that were asked for. */
  readonly metrics: readonly Metric[];
  /** The metric that records call accuracy: R² for numbers, the share of right answers for classes. */
  readonly figure: Metric;
}

/** One value for all outputs, or one for each by its name. */
type ForOutputs<Value> = { readonly all: Value } | { readonly byName: ReadonlyMap<string, Value> };

const lossesByType = {
  fitting: 'meanSquaredError',
  binaryClassifier: 'binaryCrossEntropy',
  multipleClassifier: 'crossEntropy',
} as const satisfies Record<NetType, string>;

function lossesFor({ loss, netType }: Pick<ObjectiveOptions, 'loss' | 'netType'>): ForOutputs<Loss> {
  return loss === undefined ? { all: lossOf('loss', lossesByType[netType]) } : lossesIn(loss);
}

function lossesIn(loss: unknown): ForOutputs<Loss> {
  const isOne = loss instanceof Loss || !isFields(loss) || 'name' in loss || 'type' in loss;
  if (isOne) return { all: lossOf('loss', loss) };
  const entries = Object.entries(loss);
  if (entries.length === 0) throw badArgument('loss', 'a loss, or one for each output', 'none');
  return { byName: new Map(entries.map(([output, one]) => [output, lossOf(`loss.${output}`, one)])) };
}

function metricsIn(metrics: unknown): ForOutputs<readonly Metric[]> {
  if (metrics === undefined) return { all: [] };
  if (!isFields(metrics)) return { all: metricListOf('metrics', metrics) };
  const lists = Object.entries(metrics).map(
    ([output, one]) => [output, metricListOf(`metrics.${output}`, one)] as const,
  );
  return { byName: new Map(lists) };
}

function metricListOf(place: string, list: unknown): readonly Metric[] {
  if (!Array.isArray(list)) throw badArgument(place, 'a list of metrics, or one for each output', list);
  const metrics = list.map((one, i) => metricOf(`${place}[${i}]`, one));
  const twice = repeated(metrics.map(({ name }) => name));
  if (twice !== undefined) throw badArgument(place, 'metrics whose names differ', `'${twice}' twice`);
  return metrics;
}

const valuesIn = <Value>(values: ForOutputs<Value>): Value[] =>
  'all' in values ? [values.all] : [...values.byName.values()];

/**
 * The task that suits a loss, or the first of several.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no loss
 */
export function netTypeFor(loss: unknown): NetType {
  const rule = valuesIn(lossesIn(loss))[0]!.labelRule({ width: 1 });
  if (rule === 'numbers' || rule === 'counts') return 'fitting';
  return rule === 'distribution' || rule === 'classes' ? 'multipleClassifier' : 'binaryClassifier';
}

/**
 * The task that a loss, or the first of several, is for alone.
 * @returns undefined for a loss that is for two classes as well as for several
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no loss
 */
export function soleTypeFor(loss: unknown): NetType | undefined {
  const { probabilities } = valuesIn(lossesIn(loss))[0]!;
  return probabilities && probabilities.length > 1 ? undefined : netTypeFor(loss);
}

/**
 * Checks the options, as far as that is possible without the net's outputs.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that names the option
 */
export function checkObjectives(options: ObjectiveOptions): void {
  const losses = valuesIn(lossesFor(options));
  const lists = valuesIn(metricsIn(options.metrics));
  for (const [output, weight] of Object.entries(fieldsOf('lossWeights', options.lossWeights ?? {}))) {
    const isWeight = typeof weight === 'number' && Number.isFinite(weight) && weight >= 0;
    if (!isWeight) throw badArgument(`lossWeights.${output}`, 'a finite number ≥ 0', weight);
  }
  const figures = losses.map((loss) => figureFor(loss, []).name);
  const names = [
    'loss',
    ...new Set([
      ...figures,
      ...lists
        .flat()
        .filter(isNumber)
        .map(({ name }) => name),
    ]),
  ];
  requireMonitor(options.monitor, names, (name) => options.monitor.endsWith(`.${name}`));
}

/**
 * Checks that files can hold the losses and metrics, so that the same ones can be made again.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a class of one's own that is not registered, or has the config of another one
 */
export function requireSavable(options: Pick<ObjectiveOptions, 'loss' | 'netType' | 'metrics'>): void {
  const { names: losses } = registeredLosses;
  for (const loss of valuesIn(lossesFor(options)))
    requireSame('loss', loss, losses, (config) => lossOf('loss', config));
  const { names: metrics } = registeredMetrics;
  for (const metric of valuesIn(metricsIn(options.metrics)).flat()) {
    requireSame('metric', metric, metrics, (config) => metricOf('metric', config));
  }
}

function requireSame(
  what: 'loss' | 'metric',
  one: Loss | Metric,
  names: readonly string[],
  make: (config: unknown) => Loss | Metric,
): void {
  const { config } = one;
  const own = one.constructor.name;
  if (config === undefined || !names.includes(config.type)) {
    const register = what === 'loss' ? 'registerLoss' : 'registerMetric';
    throw badArgument(`the ${what}`, `a class with a config that is known to ${register}`, own);
  }
  // A subclass would come back as the class whose config it inherits.
  const made = make(config);
  if (made.constructor === one.constructor) return;
  throw badArgument(`the ${what}`, `a config of its class ${own}`, `one of ${made.constructor.name}`);
}

/** Tables cannot be compared. */
export const isNumber = ({ name }: Metric) => name !== 'confusionMatrix';

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a name that no figure has */
export function requireMonitor(monitor: unknown, names: readonly string[], isLike: (name: string) => boolean): void {
  if (typeof monitor === 'string' && names.some((name) => name === monitor || isLike(name))) return;
  throw badArgument('monitor', `one of ${names.join(', ')}`, monitor, didYouMean(monitor, names));
}

/** The metric that records call accuracy: the first of those asked for that is one, else what suits the loss. */
function figureFor(loss: Loss, metrics: readonly Metric[]): Metric {
  const own = metrics.find(({ name }) => name === 'accuracy' || name === 'r2');
  if (own) return own;
  const rule = loss.labelRule({ width: 1 });
  return metricOf('figure', rule === 'numbers' || rule === 'counts' ? 'r2' : 'accuracy');
}

/**
 * The objectives of a net with these outputs, in their order.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an output without a loss, and for names of outputs that there are not
 */
export function objectivesOf(options: ObjectiveOptions, outputs: readonly string[]): readonly Objective[] {
  const [losses, metrics] = [lossesFor(options), metricsIn(options.metrics)];
  if ('byName' in losses) requireOutputs('loss', [...losses.byName.keys()], outputs);
  if ('byName' in metrics) requireOutputs('metrics', [...metrics.byName.keys()], outputs);
  requireOutputs('lossWeights', Object.keys(options.lossWeights ?? {}), outputs);
  return outputs.map((output) => {
    const loss = 'all' in losses ? losses.all : losses.byName.get(output);
    if (!loss) throw badArgument(`loss.${output}`, 'a loss for each output', 'none');
    const list = 'all' in metrics ? metrics.all : (metrics.byName.get(output) ?? []);
    const factor = options.lossWeights?.[output] ?? 1;
    return { output, loss, factor, metrics: list, figure: figureFor(loss, list) };
  });
}

function requireOutputs(option: string, names: readonly string[], outputs: readonly string[]): void {
  const other = names.find((name) => !outputs.includes(name));
  if (other === undefined) return;
  throw badArgument(
    `${option}.${other}`,
    `an output of the net: ${outputs.join(', ')},`,
    other,
    didYouMean(other, outputs),
  );
}

/** The name of an output's figure in records: of several outputs, behind that of the output. */
export function figureName(objectives: readonly Objective[], { output }: Objective, name: string): string {
  return objectives.length > 1 ? `${output}.${name}` : name;
}

/** The name under which the figure that records call accuracy is printed and drawn. */
export function figureTitle([first]: readonly Objective[]): 'R²' | 'accuracy' {
  return first!.figure.name === 'r2' ? 'R²' : 'accuracy';
}
