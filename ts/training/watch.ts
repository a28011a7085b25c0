import { figureName, isNumber, type Objective, type ObjectiveOptions, requireMonitor } from '../objectives.js';
import { type CheckpointRecord, lossWatch, type Watch } from '../training-history.js';

/**
 * The figure that `monitor` names.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a name that none of the figures has
 */
export function watchOf({ monitor }: ObjectiveOptions, objectives: readonly Objective[]): Watch {
  if (monitor === 'loss') return lossWatch;
  const figures = new Map<string, Watch>();
  const add = (name: string, sign: 1 | -1, of: (record: CheckpointRecord) => unknown) => {
    const score = (record: CheckpointRecord) => {
      const value = of(record);
      return typeof value === 'number' ? sign * value : Number.NaN;
    };
    figures.set(name, { name, score });
  };
  const [first] = objectives;
  const own = figureName(objectives, first!, first!.figure.name);
  add(own, -1, ({ accuracyValidation, accuracyTrain }) => accuracyValidation ?? accuracyTrain);
  for (const objective of objectives) {
    const named = (name: string) => figureName(objectives, objective, name);
    const add1 = (name: string, sign: 1 | -1) =>
      add(named(name), sign, ({ validationMetrics, metrics }) => (validationMetrics ?? metrics)?.[named(name)]);
    if (objectives.length > 1) add1('loss', 1);
    for (const { name, higherIsBetter } of objective.metrics.filter(isNumber)) add1(name, higherIsBetter ? -1 : 1);
  }
  requireMonitor(monitor, ['loss', ...figures.keys()], () => false);
  return figures.get(monitor)!;
}
