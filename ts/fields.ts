import { badArgument } from './errors.js';

/** Values of any type by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value, which may come from anywhere, is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An object of a few fields, which may come from anywhere.
 * @param name - what messages call it
 * @param known - the names that there are, where others are refused
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no object, and for the first name that is not known
 */
export function fieldsOf<Value>(name: string, value: Value, known?: readonly string[]): Value & Fields {
  if (!isFields(value)) throw badArgument(name, known ? `{ ${known.join(', ')} }` : 'an object', value);
  if (known) requireKnown(name, value, known);
  return value;
}

/**
 * Refuses options that nobody knows: a misspelled one would be ignored, and its default taken.
 * @param known - the names of all options; checked in so far as each must be one of them
 * @param name - what messages call the object
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no object, and for the first name that is not known
 */
export function checkOptions<Options extends object>(
  options: Options,
  known: readonly (keyof Options & string)[],
  name = 'options',
): void {
  if (!isFields(options)) throw badArgument(name, 'an object', options);
  requireKnown(name, options, known);
}

function requireKnown(name: string, fields: object, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw badArgument(name, known.length > 0 ? `only ${known.join(', ')}` : 'no options', unknown);
}

/** The first of the names that comes a second time. */
export function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
