import { badArgument } from '../errors.js';
import { isKeyOf } from '../given.js';
import type { Initializer } from './initializer.js';
import { MsraInitializer, type MsraOptions } from './msra.js';
import { NormalInitializer, type NormalOptions } from './normal.js';
import { XavierInitializer, type XavierOptions } from './xavier.js';
import { ZeroInitializer } from './zero.js';

export type InitMethod = 'zero' | 'normal' | 'xavier' | 'msra';

/** A method by name, or by name with its options. */
export type InitMethodOptions =
  | InitMethod
  | { readonly name: 'zero' }
  | ({ readonly name: 'normal' } & NormalOptions)
  | ({ readonly name: 'xavier' } & XavierOptions)
  | ({ readonly name: 'msra' } & MsraOptions);

const optionNames: Readonly<Record<InitMethod, readonly string[]>> = {
  zero: [],
  normal: ['scaled', 'distribution'],
  xavier: ['distribution'],
  msra: ['mode', 'distribution'],
};

/**
 * An initialiser by its name.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or option
 */
export function createInitializer(method: InitMethodOptions): Initializer {
  const options = (typeof method === 'string' ? { name: method } : method) as Exclude<InitMethodOptions, InitMethod>;
  requireKnownOptions(options);
  switch (options?.name) {
    case 'zero':
      return new ZeroInitializer();
    case 'normal':
      return new NormalInitializer(options);
    case 'xavier':
      return new XavierInitializer(options);
    case 'msra':
      return new MsraInitializer(options);
    default:
      throw badArgument(
        'initMethod',
        "'zero', 'normal', 'xavier' or 'msra'",
        (options as { readonly name: unknown } | undefined)?.name,
      );
  }
}

function requireKnownOptions(options: Exclude<InitMethodOptions, InitMethod> | null | undefined): void {
  if (!options || !isKeyOf(optionNames, options.name)) return;
  const known = optionNames[options.name];
  const unknown = Object.keys(options).find((key) => key !== 'name' && !known.includes(key));
  if (unknown !== undefined) throw badArgument(options.name, known.join(' or ') || 'no options', unknown);
}
