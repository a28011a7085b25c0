// @internal
import { didYouMean } from '../core/did-you-mean.js';
import { badArgument } from '../core/errors.js';
import { isFields, oneOf } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';

/** The constants of each activation and their defaults. Its operation has the same name. */
const activations = {
  identity: {},
  sigmoid: {},
  tanh: {},
  relu: {},
  leakyRelu: { slope: 0.01 },
  elu: { alpha: 1 },
  gelu: {},
  silu: {},
  softplus: {},
  selu: {},
  relu6: {},
  hardSigmoid: { alpha: 1 / 6, beta: 0.5 },
  hardSwish: {},
  mish: {},
  softsign: {},
} as const satisfies Partial<Record<keyof Ops | 'identity', Readonly<Record<string, number>>>>;

/** The name of an activation. */
export type Activation = keyof typeof activations;

/** The names of all activations. */
export const activationNames = Object.freeze(Object.keys(activations) as Activation[]);

/**
 * An activation with its constants: the slope of leakyRelu below 0 (default 0.01), alpha of elu (default 1), alpha and beta
 * of hardSigmoid (default 1/6 and 0.5).
 */
export type ActivationOptions = {
  [Name in Activation]: { readonly name: Name } & {
    readonly [Constant in keyof (typeof activations)[Name]]?: number | undefined;
  };
}[Activation];

/** A checked activation. */
export interface ActivationFunction {
  readonly name: Activation;
  /** As options describe it, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>> & { readonly name: Activation };
  apply(ops: Ops, x: Value): Value;
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name, or a constant that is unknown or not finite */
export function activationOf(activation: Activation | ActivationOptions): ActivationFunction {
  const options: Readonly<Record<string, unknown>> = isFields(activation) ? activation : { name: activation };
  const name = oneOf('activation', activationNames, options.name);
  const defaults: Readonly<Record<string, number>> = activations[name];
  const known = Object.keys(defaults);
  const unknown = Object.keys(options).find((key) => key !== 'name' && !known.includes(key));
  if (unknown !== undefined) {
    throw badArgument(name, known.join(', ') || 'no constant', unknown, didYouMean(unknown, known));
  }
  const constants = known.map((key) => {
    const { [key]: value = defaults[key] } = options;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw badArgument(`${name}'s ${key}`, 'a finite number', value);
    return [key, value] as const;
  });
  const values = constants.map(([, value]) => value);
  return {
    name,
    options: { name, ...Object.fromEntries(constants) },
    apply: (ops, x) =>
      name === 'identity' ? x : (ops[name] as (x: Value, ...constants: number[]) => Value)(x, ...values),
  };
}
