import { endianness } from 'node:os';
import type { Communicator } from '../core/communicator.js';
import { BlasnetError, clipped, reasonOf } from '../core/errors.js';
import type { StopReason } from '../training-history.js';

/** The message that each rank sends to the others when they meet. */
type Message =
  | { readonly kind: 'start'; readonly facts: Readonly<Record<string, string>> }
  | { readonly kind: 'going'; readonly going: Going; readonly wish: StopReason | undefined }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** How far a rank is, and how far it can go. */
export interface Going {
  /** The next iteration: the same on all ranks. */
  readonly next: number;
  /** The iteration up to which its rows are there. */
  readonly until: number;
  /** The iterations after which the ranks are to meet again, as this rank sees it. */
  readonly steps: number;
  /** A checksum that all ranks have alike. */
  readonly checksum?: string | undefined;
}

/**
 * The processes of a run. They meet before they go on, at the same points of the run, and tell each other how they fare,
 * so that all of them stop at the same step, and fail together. A process alone meets nobody.
 */
export class Team {
  readonly #communicator: Communicator | undefined;
  #wish: StopReason | undefined;
  #reason: StopReason | undefined;
  /** Whether the ranks will not meet any more. */
  #isOver = false;

  constructor(communicator: Communicator | undefined) {
    this.#communicator = communicator;
  }

  get rank(): number {
    return this.#communicator?.rank ?? 0;
  }

  get isAlone(): boolean {
    return (this.#communicator?.size ?? 1) === 1;
  }

  /** Why the run ends before its last epoch, once that is decided. */
  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Decides why the run ends: for what all ranks find at the same point of the run. */
  decide(reason: StopReason | undefined): void {
    this.#reason ??= reason;
  }

  /** Asks for the end of the run, for this reason: decided where the ranks meet next. */
  wish(reason: StopReason): void {
    if (this.isAlone) this.decide(reason);
    else this.#wish ??= reason;
  }

  /** Does the work; where it throws, tells the other ranks, which fail as well. */
  async guard<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#fail(error);
      throw error;
    }
  }

  /**
   * Checks that all ranks begin the same run.
   * @param factsOf - returns texts that all ranks must have alike, by their names; called where there are several ranks
   * @throws BlasnetError `ERR_BAD_ARGUMENT` on all ranks, with what differs and where
   */
  async start(factsOf: () => Readonly<Record<string, string>>): Promise<void> {
    if (this.isAlone) return;
    const messages = await this.#meet({ kind: 'start', facts: { 'order of bytes': endianness(), ...factsOf() } });
    const all: Readonly<Record<string, string>>[] = messages.map((message) =>
      message.kind === 'start' ? message.facts : {},
    );
    const [first] = all;
    for (const name of new Set(all.flatMap((facts) => Object.keys(facts)))) {
      const others = all.flatMap((facts, rank) => (facts[name] === first![name] ? [] : rank));
      if (others.length === 0) continue;
      this.#isOver = true;
      const ranks = `${others.length === 1 ? 'rank' : 'ranks'} ${others.join(', ')}`;
      const received = `${shown(all[others[0]!]![name])} on ${ranks}`;
      throw new BlasnetError(
        'ERR_BAD_ARGUMENT',
        `Expected the same ${name} on all ranks, ${shown(first![name])} as on rank 0, but received ${received}`,
      );
    }
  }

  /**
   * Lets all ranks go on, or end together.
   * @returns the iteration at which the ranks meet again, at the latest
   * @throws BlasnetError `ERR_RANK_FAILED` where another rank has failed
   */
  async goOn(going: Going): Promise<number> {
    if (this.isAlone) return going.until;
    const messages = await this.#meet({ kind: 'going', going, wish: this.#wish });
    const all = messages.flatMap((message) => (message.kind === 'going' ? message : []));
    const [first] = all;
    const astray = all.findIndex(
      ({ going: { next, checksum } }) => next !== first!.going.next || checksum !== first!.going.checksum,
    );
    if (astray > 0 || all.length < messages.length) {
      this.#isOver = true;
      const received = `iteration ${all[astray]?.going.next} with other numbers on rank ${astray}`;
      const message = `Expected all ranks at iteration ${first?.going.next} with the same numbers but received ${received}`;
      throw new BlasnetError('ERR_RANK_FAILED', message);
    }
    this.decide(all.find(({ wish }) => wish !== undefined)?.wish);
    return Math.min(first!.going.next + first!.going.steps, ...all.map(({ going: { until } }) => until));
  }

  /** The least of the indices that are at least 0; −1 where there is none. */
  async least(index: number): Promise<number> {
    if (this.isAlone) return index;
    const messages = await this.#meet({ kind: 'index', index });
    const found = messages.flatMap((message) => (message.kind === 'index' && message.index >= 0 ? message.index : []));
    return found.length > 0 ? Math.min(...found) : -1;
  }

  /** Ends all ranks: this one cannot meet the others any more. */
  abort(error: unknown): never {
    return this.#communicator!.abort(error);
  }

  async #meet(message: Message): Promise<readonly Message[]> {
    const messages = await this.#communicator!.allGather(message);
    const failures = messages.flatMap((other, rank) => (other.kind === 'failed' ? { ...other, rank } : []));
    const [failure] = failures.filter(({ rank }) => rank !== this.rank);
    if (failures.length === 0) return messages;
    this.#isOver = true;
    if (message.kind === 'failed' || !failure) return messages;
    const text = `Expected all ranks to go on but rank ${failure.rank} failed: ${failure.reason}`;
    throw new BlasnetError('ERR_RANK_FAILED', text);
  }

  async #fail(error: unknown): Promise<void> {
    if (this.isAlone || this.#isOver) return;
    this.#isOver = true;
    await this.#meet({ kind: 'failed', reason: reasonOf(error) }).catch(() => {}); // the first error is told
  }
}

const shown = (text = 'none') => clipped(text, 60);
