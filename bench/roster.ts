import {
  type Contender,
  contenderModules,
  type DType,
  type Family,
  loadContender,
  type Variation,
} from './contender.js';
import type { Bench } from './training.js';
import { inTurns, type Rank, runTrial } from './trials.js';
import type { Workload } from './workloads.js';

/** One who is timed: a contender with a number of threads and a type of numbers. */
export interface Entrant {
  readonly module: string;
  readonly contender: Contender;
  readonly name: string;
  readonly threads: number;
  readonly dtype: DType;
  readonly version: string;
  /** Variables of its processes' environment, besides those of this one. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Who takes part, and who does not, with the reason. */
export interface Roster {
  readonly entrants: readonly Entrant[];
  readonly skipped: string[];
}

/** Asks the contenders for their versions, in a process for each: who cannot answer cannot run. */
export async function callRoll(
  say: (line: string) => void,
  isWanted: (contender: Contender) => boolean = () => true,
): Promise<Roster> {
  const entrants: Entrant[] = [];
  const skipped: string[] = [];
  for (const module of await contenderModules()) {
    const contender = await loadContender(module);
    if (!isWanted(contender)) continue;
    const { name, variants } = contender;
    try {
      const [first] = variants;
      const version = await runTrial({ module, contender, name, version: '', ...first! }, 'about', {});
      entrants.push(...variants.map((variant) => ({ module, contender, name, version, ...variant })));
    } catch (error) {
      const line = `skipped ${name}: ${error instanceof Error ? error.message : error}`;
      skipped.push(line);
      say(line);
    }
  }
  return { entrants, skipped };
}

/** `PyTorch, 2 threads`; a type of numbers that is not the usual one is said, too. */
export function label({ name, threads, dtype }: Pick<Entrant, 'name' | 'threads' | 'dtype'>): string {
  return [name, ...(dtype === 'float64' ? ['float64'] : []), ...(threads > 1 ? [`${threads} threads`] : [])].join(', ');
}

/**
 * Runs the entrants' trials in turns; results in their order. Who fails is left out with a line, but for blasnet.
 * @param what - what is compared, for that line
 * @throws whatever a trial of blasnet does
 */
export function entrantsInTurns<Result>(
  what: string,
  entrants: readonly Entrant[],
  runners: readonly ((run: number) => Promise<Result>)[],
  { effort, leaveOut }: Pick<Bench, 'effort' | 'leaveOut'>,
): Promise<Result[][]> {
  const onFailure = (i: number, error: unknown) => {
    const { name, contender } = entrants[i]!;
    if (contender.family === 'blasnet') throw error;
    leaveOut(`${what}: ${name} is left out: ${error instanceof Error ? error.message : error}`);
  };
  return inTurns(effort, runners, onFailure, (i) => rankOf(entrants[i]!));
}

/** blasnet and those close to it first; those who take a hundred times as long need not be known so exactly. */
const rankOf = ({ contender: { family } }: Entrant): Rank => ranks[family];

const ranks: Readonly<Record<Family, Rank>> = { blasnet: 0, 'C++': 0, Python: 1, JavaScript: 2, WebAssembly: 2 };

/** What an entrant makes of a workload, or undefined where it can do nothing like it. */
export function variationOf({ contender }: Entrant, workload: Workload): Variation | undefined {
  if (workload.convolutions && !contender.convolves) return undefined;
  const taken = contender.take ? contender.take(workload) : workload;
  if (!taken) return undefined;
  return 'note' in taken ? taken : { workload: taken, note: '' };
}
