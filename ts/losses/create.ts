import type { Loss, LossConfig } from './loss.js';
import { lossOf, registeredLosses } from './registry.js';
import * as rules from './rules/index.js';

type Rule = (typeof rules)[keyof typeof rules];
type ConstantsOf<Name> = Extract<Rule, { readonly id: Name }>['constants'];

/** The name of a loss. */
export type LossName = Rule['id'];

/**
 * A loss by name, by name with its options, as the config of a registered class, or as an object of a class of your
 * own.
 */
export type LossOptions =
  | LossName
  | {
      [Name in LossName]: { readonly name: Name } & {
        readonly [Key in keyof ConstantsOf<Name>]?: number | undefined;
      };
    }[LossName]
  | LossConfig
  | Loss;

/** Makes a loss from the fields of its config, `type` left out; the loss's constructor checks them. */
export type LossCreator = (fields: Readonly<Record<string, unknown>>) => Loss;

/** The names of the built-in losses. */
export const lossNames = Object.freeze(Object.values(rules).map(({ id }) => id)) as readonly LossName[];

/**
 * Makes losses of a class known by the `type` of their configs, so that a saved net that has one can be loaded.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that is taken
 */
export function registerLoss(type: string, create: LossCreator): void {
  registeredLosses.register(type, create);
}

/**
 * Creates a loss by its name: `'huber'`, `{ name: 'huber', delta: 2 }`, or the config of a class known to
 * `registerLoss`. A loss is returned as it is.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or option, or one out of range
 * @example
 * ```ts
 * import { createLoss, Tensor } from 'blasnet';
 *
 * const loss = createLoss({ name: 'huber', delta: 2 });
 * loss.evaluate(Tensor.from([[1], [5]]), Tensor.from([[0], [0]])); // → 4.25
 * loss.gradient(Tensor.from([[1], [5]]), Tensor.from([[0], [0]])).toArray(); // → [ [ 0.5 ], [ 1 ] ]
 * createLoss({ name: 'huber', delta: 0 }); // throws ERR_BAD_ARGUMENT
 * ```
 */
export function createLoss(options: LossOptions): Loss {
  return lossOf('loss', options);
}
