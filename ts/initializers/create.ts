import { checkOptions, type Fields, oneOf } from '../core/fields.js';
import type { Initializer } from './initializer.js';
import { MsraInitializer, type MsraOptions } from './msra.js';
import { NormalInitializer, type NormalOptions } from './normal.js';
import { OrthogonalInitializer, type OrthogonalOptions } from './orthogonal.js';
import { XavierInitializer, type XavierOptions } from './xavier.js';
import { ZeroInitializer } from './zero.js';

const methods = ['zero', 'normal', 'xavier', 'msra', 'orthogonal'] as const;

export type InitMethod = (typeof methods)[number];

/** A method by name, or by name with its options. */
export type InitMethodOptions =
  | InitMethod
  | { readonly name: 'zero' }
  | ({ readonly name: 'normal' } & NormalOptions)
  | ({ readonly name: 'xavier' } & XavierOptions)
  | ({ readonly name: 'msra' } & MsraOptions)
  | ({ readonly name: 'orthogonal' } & OrthogonalOptions);

/**
 * Creates an initialiser by its name.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name or option
 */
export function createInitializer(method: InitMethodOptions): Initializer {
  const { name, ...options } = (typeof method === 'string' ? { name: method } : (method ?? {})) as Fields;
  switch (oneOf('initMethod', methods, name)) {
    case 'zero':
      checkOptions(options, [], 'zero');
      return new ZeroInitializer();
    case 'normal':
      return new NormalInitializer(options);
    case 'xavier':
      return new XavierInitializer(options);
    case 'msra':
      return new MsraInitializer(options);
    case 'orthogonal':
      return new OrthogonalInitializer(options);
  }
}
