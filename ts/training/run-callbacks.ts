import type { Callback, CallbackContext, CheckpointContext, EpochContext } from '../callbacks/callback.js';
import type { TrainingHistory } from '../training-history.js';
import type { Interruption } from './interruption.js';

/** The parts of a run that its callbacks need. */
export interface RunAccess {
  readonly interruption: Interruption;
  /** Does the work while the net can be read. */
  readonly whileReadable: (work: () => Promise<void>) => Promise<void>;
  /** The state of the run now. */
  readonly context: () => CallbackContext;
}

type Hook = keyof Callback;
type Told<Name extends Hook> = Omit<Parameters<NonNullable<Callback[Name]>>[0], keyof CallbackContext>;

/** Calls the callbacks of a run, one after the other, and waits for each. */
export class RunCallbacks {
  readonly #callbacks: readonly Callback[];
  readonly #access: RunAccess;
  #begun = 0; // as many of them have been told of the beginning, and will be told of the end

  constructor(callbacks: readonly Callback[], access: RunAccess) {
    this.#callbacks = [...callbacks];
    this.#access = access;
  }

  /** Whether the run is to pause at the end of each epoch. */
  get wantEpochs(): boolean {
    return this.#callbacks.some(({ onEpochEnd }) => onEpochEnd !== undefined);
  }

  async begin(isResumed: boolean): Promise<void> {
    await this.#tell(async (callback) => {
      this.#begun++;
      await this.#call(callback, 'onTrainBegin', { isResumed });
    });
  }

  async epochEnd(told: Told<'onEpochEnd'>): Promise<void> {
    await this.#tell((callback) => this.#call(callback, 'onEpochEnd', told));
  }

  async checkpoint(told: Told<'onCheckpoint'>): Promise<void> {
    await this.#tell((callback) => this.#call(callback, 'onCheckpoint', told));
  }

  /** Tells the callbacks how the run ended: all of them, also where one throws. */
  async end(history: TrainingHistory | undefined, error?: unknown): Promise<void> {
    const failures: unknown[] = [];
    const told = { history, stopReason: history?.stopReason, error };
    await this.#access.whileReadable(async () => {
      for (const callback of this.#callbacks.slice(0, this.#begun)) {
        await this.#call(callback, 'onTrainEnd', told).catch((failure: unknown) => failures.push(failure));
      }
    });
    if (failures.length > 0) throw failures[0];
  }

  async #tell(tellOne: (callback: Callback) => Promise<void>): Promise<void> {
    const { interruption, whileReadable } = this.#access;
    await whileReadable(async () => {
      for (const callback of this.#callbacks) await interruption.waitFor(() => tellOne(callback));
    });
  }

  async #call<Name extends Hook>(callback: Callback, name: Name, told: Told<Name>): Promise<void> {
    const call = callback[name] as ((context: object) => unknown) | undefined;
    if (call) await call.call(callback, Object.freeze(withFields(this.#access.context(), told)));
  }
}

/** The context with more fields. Its getters stay getters: a list of all records is made only where it is asked for. */
function withFields(context: CallbackContext, fields: object): EpochContext | CheckpointContext {
  return Object.defineProperties(context, Object.getOwnPropertyDescriptors(fields)) as never;
}
