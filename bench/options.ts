import { parseArgs } from 'node:util';
import type { Effort } from './trials.js';

export interface Options {
  /** Names of the contenders to compare with; all where there are none. */
  readonly against?: readonly string[];
  /** Parts to measure, in the order of `parts`. */
  readonly only: readonly string[];
  readonly quick: boolean;
  /** Print the report as JSON instead of tables. */
  readonly json: boolean;
  readonly effort: Effort;
}

/** What a part of the benchmark is called, and whether it belongs to a quick one. */
export interface PartName {
  readonly name: string;
  readonly quick: boolean;
}

/**
 * `--only` takes names of parts, or of contenders' parts with a word in common: `mnist` is training it with both
 * optimizers, `sweep` all sweeps.
 * @throws RangeError, or what parseArgs throws, with a message for the user
 */
export function readOptions(words: readonly string[], parts: readonly PartName[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string', multiple: true },
      against: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { quick, json } = values;
  const wanted = values.only?.flatMap((names) => names.split(','));
  const unknown = wanted?.find((name) => !parts.some((part) => isCalled(part, name)));
  if (unknown !== undefined) {
    const known = [...new Set(parts.flatMap(({ name }) => [name.split(' ')[0]!, name]))];
    throw new RangeError(`Expected ${known.join(', ')} for --only but received ${unknown}`);
  }
  const chosen = parts.filter((part) => (wanted ? wanted.some((name) => isCalled(part, name)) : part.quick || !quick));
  // A quick run of everything is to end within two minutes.
  const budget = quick ? 80 / chosen.length : Number.POSITIVE_INFINITY;
  const effort = quick ? { runs: 5, seconds: 0.1, budget } : { runs: 7, seconds: 0.5, budget };
  const against = values.against?.flatMap((names) => names.split(','));
  return { only: chosen.map(({ name }) => name), ...(against && { against }), quick, json, effort };
}

const isCalled = ({ name }: PartName, wanted: string) => name === wanted || name.split(' ')[0] === wanted;

/** What parseArgs throws for an unknown option or one without its value. */
export function isUsageError(error: unknown): error is Error {
  return (
    error instanceof RangeError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  );
}
