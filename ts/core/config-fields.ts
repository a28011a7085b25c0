import { didYouMean } from './did-you-mean.js';
import { badArgument } from './errors.js';
import { type Fields, isFields } from './fields.js';

/** The name of a loss or a metric, and the other fields of its options. */
export interface NamedFields {
  readonly type: string;
  readonly fields: Fields;
}

/**
 * Reads `'name'`, `{ name, … }` or `{ type, … }`, which may come from outside.
 * @param place - for messages
 * @param names - the valid ones
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown name
 */
export function namedFields(place: string, options: unknown, names: readonly string[]): NamedFields {
  const { name, type = name, ...fields } = isFields(options) ? options : { name: options };
  if (name !== undefined && type !== name) throw badArgument(place, 'a name or a type, not both,', type);
  if (typeof type === 'string' && names.includes(type)) return { type, fields };
  throw badArgument(place, `one of ${names.join(', ')}`, type, didYouMean(type, names));
}

/**
 * Checks what a registered creator made: its config holds the type and every field that it has, so any other one is
 * unknown to it.
 * @param config - of what was made
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for another type, or an unknown field
 */
export function requireConfigOf({ type, fields }: NamedFields, config: Fields | undefined): void {
  if (config?.type !== type) throw badArgument(`the config of what was made for '${type}'`, 'that type', config?.type);
  const known = Object.keys(config).filter((key) => key !== 'type');
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  const expected = known.length > 0 ? `only ${known.join(', ')}` : 'no options';
  throw badArgument(type, expected, unknown, didYouMean(unknown, known));
}

/** The types that were registered with their creators. */
export class CreatorTable<Made extends object> {
  readonly #creators = new Map<string, (fields: Fields) => Made>();
  readonly #kind: abstract new (
    ...args: never[]
  ) => Made;
  readonly #builtIn: readonly string[];

  /**
   * @param kind - the class of what creators make
   * @param builtIn - names that are taken
   */
  constructor(kind: abstract new (...args: never[]) => Made, builtIn: readonly string[]) {
    this.#kind = kind;
    this.#builtIn = builtIn;
  }

  /** All valid names. */
  get names(): readonly string[] {
    return [...this.#builtIn, ...this.#creators.keys()];
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a type that is taken */
  register(type: string, create: (fields: Fields) => Made): void {
    if (typeof type !== 'string' || type === '') throw badArgument('type', 'a name', type);
    if (typeof create !== 'function') throw badArgument('create', 'a function', create);
    if (this.names.includes(type)) throw badArgument('type', 'a name that is not registered yet', type);
    this.#creators.set(type, create);
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` where the creator makes something else, or does not know a field */
  create(named: NamedFields): Made & { readonly config?: Fields | undefined } {
    const made = this.#creators.get(named.type)!(named.fields) as Made & { readonly config?: Fields | undefined };
    if (!(made instanceof this.#kind)) {
      throw badArgument(`the result of the creator of ${named.type}`, `a ${this.#kind.name}`, made);
    }
    requireConfigOf(named, made.config);
    return made;
  }
}
