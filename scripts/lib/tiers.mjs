// Which parts of the tests run for which options of `npm test`.
import { ScriptError } from './run.mjs';

/** The options of `npm test`, each true where it was given. Throws ScriptError for others and for contradictions. */
export function readTestOptions(words) {
  const known = ['--all', '--native-only', '--ts-only', '--sanitize'];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown) throw new ScriptError(`Expected ${known.join(', ')} but received ${unknown}`);
  const [all, nativeOnly, tsOnly, sanitize] = known.map((option) => words.includes(option));
  if (nativeOnly && tsOnly) throw new ScriptError('Expected --native-only or --ts-only but received both');
  return { all, nativeOnly, tsOnly, sanitize };
}

/**
 * The parts to run, in their order: `native`, `address,undefined` and `thread` (the native tests under those sanitizers),
 * `typescript`.
 */
export function partsFor({ all, nativeOnly, tsOnly, sanitize }) {
  return [
    ...(tsOnly ? [] : ['native']),
    ...(sanitize || (all && !tsOnly) ? ['address,undefined', 'thread'] : []),
    ...(nativeOnly ? [] : ['typescript']),
  ];
}
