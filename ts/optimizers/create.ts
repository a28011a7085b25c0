import { type Constants, type ValueOf, valuesOf } from '../core/constants.js';
import { fieldsOf, oneOf } from '../core/fields.js';
import { arrayOf, type DType } from '../tensor/tensor.js';
import type { KernelOptimizer } from './optimizer.js';
import * as rules from './rules/index.js';

type Rule = (typeof rules)[keyof typeof rules];
type ConstantsOf<Name> = Extract<Rule, { readonly id: Name }>['constants'];

/** The name of an optimizer. */
export type OptimizerName = Rule['id'];

/** An optimizer by name, or by name with its constants. */
export type OptimizerOptions =
  | OptimizerName
  | {
      [Name in OptimizerName]: { readonly name: Name } & {
        readonly [Key in keyof ConstantsOf<Name>]?: ValueOf<ConstantsOf<Name>[Key]> | undefined;
      };
    }[OptimizerName];

/** All constants of all optimizers; each takes its own. */
type AnyConstants = {
  readonly [Key in KeysOf<ConstantsOf<OptimizerName>>]?: ValueIn<ConstantsOf<OptimizerName>, Key> | undefined;
};
type KeysOf<Tables> = Tables extends unknown ? keyof Tables & string : never;
type ValueIn<Tables, Key> = Tables extends { readonly [Name in Key & string]: infer One } ? ValueOf<One> : never;

/** Options of `createOptimizer`: the learning rate, and the constants of the optimizer. */
export interface CreateOptimizerOptions extends AnyConstants {
  /** The learning rate η; default 0.1. */
  readonly learningRate?: number | undefined;
  /** The dtype of the arrays that it will update; others are refused. Default: any. */
  readonly dtype?: DType | undefined;
}

interface RuleClass {
  readonly id: string;
  readonly constants: Constants;
  new (learningRate: number, constants: Readonly<Record<string, number | boolean>>): KernelOptimizer;
}

const byName = new Map((Object.values(rules) as unknown as RuleClass[]).map((rule) => [rule.id, rule]));

/** The names of all optimizers. */
export const optimizerNames = Object.freeze([...byName.keys()] as OptimizerName[]);

/**
 * Creates an optimizer by its name.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or constant, or one out of range
 */
export function createOptimizer(name: OptimizerName, options: CreateOptimizerOptions = {}): KernelOptimizer {
  const rule = byName.get(oneOf('optimizer', optimizerNames, name))!;
  const { learningRate = 0.1, dtype, ...constants } = fieldsOf('options', options);
  if (dtype !== undefined) arrayOf(dtype);
  const optimizer = new rule(learningRate, valuesOf(name, rule.constants, constants));
  optimizer.dtype = dtype;
  return optimizer;
}
