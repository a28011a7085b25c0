import { parseArgs } from 'node:util';
import type { Effort } from './trials.js';

export interface Options {
  /** Names of the contenders to compare with; all where there are none. */
  readonly against?: readonly string[];
  /** Parts to measure, in the order of `parts`, and how many seconds each may take. */
  readonly only: readonly { readonly name: string; readonly budget: number }[];
  readonly quick: boolean;
  /** Print the report as JSON instead of tables. */
  readonly json: boolean;
  /** Check speed against the floors, or set these anew, instead of measuring parts. */
  readonly floors: 'check' | 'set' | undefined;
  readonly effort: Omit<Effort, 'budget'>;
}

/** Seconds for all parts of a run. What everybody's first trial takes beyond its part's share comes on top. */
const budgets = { full: 1300, quick: 38 };

/** What a part of the benchmark is called, and whether it belongs to a quick one. */
export interface PartName {
  readonly name: string;
  readonly quick: boolean;
  /** Its share of the time, in terms of other parts'. */
  readonly share: number;
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
      floors: { type: 'boolean', default: false },
      set: { type: 'boolean', default: false },
    },
  });
  if (values.set && !values.floors) throw new RangeError('Expected --floors beside --set but received --set alone');
  const besides = (['only', 'against', 'quick', 'json'] as const).find((name) => values[name]);
  if (values.floors && besides) {
    throw new RangeError(`Expected --floors alone or with --set but received --${besides} as well`);
  }
  const floors = values.floors ? (values.set ? 'set' : 'check') : undefined;
  const { quick, json } = values;
  const wanted = values.only?.flatMap((names) => names.split(','));
  const unknown = wanted?.find((name) => !parts.some((part) => isCalled(part, name)));
  if (unknown !== undefined) {
    const known = [...new Set(parts.flatMap(({ name }) => [name.split(' ')[0]!, name]))];
    throw new RangeError(`Expected ${known.join(', ')} for --only but received ${unknown}`);
  }
  const chosen = parts.filter((part) => (wanted ? wanted.some((name) => isCalled(part, name)) : part.quick || !quick));
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  const total = quick ? budgets.quick : budgets.full;
  const only = chosen.map(({ name, share }) => ({ name, budget: (total * share) / shares }));
  const effort = quick ? { runs: 5, seconds: 0.1, quick } : { runs: 7, seconds: 0.5, quick };
  const against = values.against?.flatMap((names) => names.split(','));
  return { only, ...(against && { against }), quick, json, floors, effort };
}

const isCalled = ({ name }: PartName, wanted: string) => name === wanted || name.split(' ')[0] === wanted;

/** What parseArgs throws for an unknown option or one without its value. */
export function isUsageError(error: unknown): error is Error {
  return (
    error instanceof RangeError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  );
}
