import { badArgument } from '../errors.js';
import { checkOptions, type Fields } from '../fields.js';
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

/**
 * An initialiser by its name.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or option
 */
export function createInitializer(method: InitMethodOptions): Initializer {
  const { name, ...options } = (typeof method === 'string' ? { name: method } : (method ?? {})) as Fields;
  switch (name) {
    case 'zero':
      checkOptions(options, [], 'zero');
      return new ZeroInitializer();
    case 'normal':
      return new NormalInitializer(options);
    case 'xavier':
      return new XavierInitializer(options);
    case 'msra':
      return new MsraInitializer(options);
    default:
      throw badArgument('initMethod', "'zero', 'normal', 'xavier' or 'msra'", name);
  }
}
