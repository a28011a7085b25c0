import { didYouMean } from './did-you-mean.js';
import { badArgument } from './errors.js';

/** Values of any type by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** Tells whether a value of any origin is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks that a value of any origin is an object, with no other fields than the known ones.
 * @param name - for messages
 * @param known - the valid names; any name is valid where this is left out
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a value that is no object, and for the first unknown name
 */
export function fieldsOf<Value>(name: string, value: Value, known?: readonly string[]): Value & Fields {
  if (!isFields(value)) throw badArgument(name, known ? `{ ${known.join(', ')} }` : 'an object', value);
  if (known) requireKnown(name, value, known);
  return value;
}

/**
 * Refuses unknown options: a misspelled one would be ignored, and its default taken.
 * @param known - the names of all options; the compiler checks that each is one
 * @param name - of the object, for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a value that is no object, and for the first unknown name
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
  const expected = known.length > 0 ? `only ${known.join(', ')}` : 'no options';
  throw badArgument(name, expected, unknown, didYouMean(unknown, known));
}

/**
 * Checks that a value is one of a few words.
 * @param name - for messages
 * @throws BlasnetError `ERR_BAD_ARGUMENT` that lists the words and suggests the nearest one
 */
export function oneOf<Word extends string>(name: string, words: readonly Word[], value: unknown): Word {
  if (words.includes(value as Word)) return value as Word;
  throw badArgument(name, listOf(words), value, didYouMean(value, words));
}

/** `'a', 'b' or 'c'`. */
function listOf(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word}'`);
  return quoted.length < 2 ? quoted.join() : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

/** Returns the first name that occurs a second time. */
export function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
