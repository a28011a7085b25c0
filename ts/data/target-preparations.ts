// @internal
import { didYouMean } from '../core/did-you-mean.js';
import { badArgument } from '../core/errors.js';
import { fieldsOf, isFields } from '../core/fields.js';
import type { NetType } from '../core/net-type.js';
import type { DataSet, LabelsByName } from './data-set.js';
import { type LabelChange, LabelPreparation } from './label-preparation.js';
import type { ScalingOptions } from './scaling-options.js';
import type { TargetKind, TargetOptions } from './target-kinds.js';

/** Normalises the labels of all targets of a data set. */
export class TargetPreparations {
  readonly #set: DataSet;
  readonly #targets: ReadonlyMap<string, LabelPreparation>;

  constructor(set: DataSet) {
    this.#set = set;
    this.#targets = new Map(Object.keys(set.like.targets).map((name) => [name, new LabelPreparation(set, name)]));
  }

  /** The targets by name. */
  get all(): ReadonlyMap<string, LabelPreparation> {
    return this.#targets;
  }

  /**
   * The target of a name, or the only one.
   * @param call - of the reader, for messages
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for another name, or none where there are several targets
   */
  find(call: string, name: string | undefined): LabelPreparation {
    const names = [...this.#targets.keys()];
    const wanted = name ?? (names.length === 1 ? names[0]! : undefined);
    const found = wanted === undefined ? undefined : this.#targets.get(wanted);
    if (found) return found;
    const expected = names.includes('') ? 'no name, since the target has none' : `one of ${names.join(', ')}`;
    throw badArgument(`the target of ${call}`, expected, name, didYouMean(name, names));
  }

  /** Makes a change of one target. */
  change(call: string, name: string | undefined, plan: (target: LabelPreparation) => LabelChange): void {
    const target = this.find(call, name);
    const key = [...this.#targets].find(([, one]) => one === target)![0];
    this.#apply({ [key]: plan(target) });
  }

  /** Normalises targets by name, or all of them alike; changes nothing if one of them cannot be. */
  normalize(kinds: TargetKind | Readonly<Record<string, TargetKind>>, base: number, options?: ScalingOptions): void {
    const isAlike = typeof kinds === 'string' || !isFields(kinds);
    const names = isAlike ? [...this.#targets.keys()] : Object.keys(kinds);
    if (names.length === 0) throw badArgument('normalizeY', 'at least one target', 'none');
    const changes = names.map((name) => {
      const kind = isAlike ? (kinds as TargetKind) : kinds[name]!;
      return [name, planOf(this.find('normalizeY', name), kind, base, options)] as const;
    });
    this.#apply(Object.fromEntries(changes));
  }

  /** Computes 'balanced' class weights anew for the labels that are left for training. */
  rebalance(labels: LabelsByName): void {
    const all = [...this.#targets].map(([name, target]) => ({ target, weights: target.rebalanced(labels(name)) }));
    for (const { target, weights } of all) target.rebalance(weights);
  }

  #apply(changes: Readonly<Record<string, LabelChange>>): void {
    this.#set.replace('targets', Object.fromEntries(Object.entries(changes).map(([name, { map }]) => [name, map])));
    for (const { keep } of Object.values(changes)) keep();
  }
}

function planOf(
  target: LabelPreparation,
  kind: TargetKind,
  base: number,
  options: ScalingOptions | undefined,
): LabelChange {
  if (!isFields(kind)) return target.normalized(kind as NetType, base, options);
  const own: TargetOptions = fieldsOf('the kind of a target', kind as TargetOptions, [
    'netType',
    'base',
    'method',
    'fitOn',
  ]);
  const { netType, base: ownBase = base, ...scaling } = own;
  return target.normalized(netType, ownBase, Object.keys(scaling).length > 0 ? scaling : options);
}
