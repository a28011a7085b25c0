import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NetStream, StreamState } from '../inference/net-stream.js';
import type { Answers } from '../inference/row-predictor.js';
import type { RawStep } from '../inference/step-preparer.js';
import { type DeadlineClock, Deadlines } from './deadlines.js';
import type { SequenceParameters } from './infer-request.js';
import type { Settings } from './options.js';
import { Problem, shown } from './problem.js';

/** The steps of a request. */
export interface SequenceJob {
  readonly steps: readonly RawStep[];
  /** When it is answered 504, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Whether it has been answered, or its client has gone. */
  isOver(): boolean;
  /** Answers 504. */
  timeOut(): void;
  /** Is called when its first step is computed. */
  begin(): void;
  /** Answers the request; returns whether that was done, so that the sequence goes on from here. */
  done(answers: readonly Answers[]): boolean;
  fail(error: unknown): void;
}

/** Receives the events of a net's sequences. */
export interface SequenceListener {
  /** A step was computed. */
  onBatch(rows: number, milliseconds: number): void;
  /** Fewer steps wait than before. */
  onFreed(): void;
}

/** A sequence that goes on from request to request. */
interface Sequence {
  readonly expire: () => void;
  /** Undefined before the first step. */
  state: StreamState | undefined;
  /** Requests that wait or are computed. */
  jobs: number;
  /** Whether its first request failed. */
  isBroken: boolean;
}

interface Task {
  readonly sequence: Sequence;
  readonly parameters: SequenceParameters;
  readonly job: SequenceJob;
}

/** Milliseconds of steps between two turns of the event loop. */
const turnMs = 5;

/**
 * The sequences of a net that clients hand in step by step. One stream computes the steps of all of them, request by request
 * in the order in which they came; for each sequence only its state is kept. A sequence ends by its client's last request,
 * and after a time without requests.
 */
export class Sequences {
  readonly #openStream: () => NetStream;
  readonly #settings: Pick<Settings, 'maxSequences' | 'sequenceIdleMs'>;
  readonly #listener: SequenceListener;
  readonly #idle: Deadlines;
  readonly #open = new Map<string | number, Sequence>();
  readonly #tasks: Task[] = [];
  #stream: NetStream | undefined;
  #isRunning = false;
  #rows = 0;

  /** @param openStream - throws where the net cannot take single steps */
  constructor(
    openStream: () => NetStream,
    settings: Pick<Settings, 'maxSequences' | 'sequenceIdleMs'>,
    listener: SequenceListener,
    clock?: DeadlineClock,
  ) {
    this.#openStream = openStream;
    this.#settings = settings;
    this.#listener = listener;
    this.#idle = new Deadlines(settings.sequenceIdleMs, clock);
  }

  /**
   * Names of the inputs that come with the first step of a sequence, whole.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a net that cannot take single steps
   */
  get wholeInputs(): readonly string[] {
    this.#stream ??= this.#openStream();
    return this.#stream.wholeInputs;
  }

  /** Sequences that go on. */
  get count(): number {
    return this.#open.size;
  }

  /** Steps that wait or are computed. */
  get rows(): number {
    return this.#rows;
  }

  /** The requests that wait or are computed, the oldest first. */
  get jobs(): readonly SequenceJob[] {
    return this.#tasks.map(({ job }) => job);
  }

  /**
   * Queues the steps of a request.
   * @param model - its name, for messages
   * @throws Problem 404 for an id of no open sequence, 503 where there are too many; BlasnetError `ERR_BAD_ARGUMENT` for a net
   *   that cannot take single steps
   */
  add(parameters: SequenceParameters, job: SequenceJob, model: string): void {
    this.#stream ??= this.#openStream();
    const { id, isStart, isEnd } = parameters;
    const open = this.#open.get(id);
    if (!open && !isStart) throw this.#unknown(id, model);
    if (open) this.#idle.delete(open.expire);
    const sequence = open && !isStart ? open : this.#sequenceFor(id);
    if (isEnd) this.#open.delete(id);
    else if (isStart) this.#begin(id, sequence, model);
    sequence.jobs++;
    this.#rows += job.steps.length;
    this.#tasks.push({ sequence, parameters, job });
    if (!this.#isRunning) void this.#run(model);
  }

  /** Ends all sequences; requests in the queue are answered. */
  close(): void {
    for (const { expire } of this.#open.values()) this.#idle.delete(expire);
    this.#open.clear();
  }

  #sequenceFor(id: string | number): Sequence {
    const sequence: Sequence = { state: undefined, jobs: 0, isBroken: false, expire: () => this.#end(id, sequence) };
    return sequence;
  }

  #begin(id: string | number, sequence: Sequence, model: string): void {
    const { maxSequences } = this.#settings;
    if (!this.#open.has(id) && this.#open.size >= maxSequences) {
      const expected = `fewer than ${maxSequences} open sequences of model '${model}' for a further one`;
      throw new Problem(503, `Expected ${expected} but ${this.#open.size} are open: end some, or try again later`);
    }
    this.#open.set(id, sequence);
  }

  #end(id: string | number, sequence: Sequence): void {
    if (this.#open.get(id) === sequence) this.#open.delete(id);
  }

  async #run(model: string): Promise<void> {
    this.#isRunning = true;
    for (let task = this.#tasks[0]; task; task = this.#tasks[0]) {
      const isDone = await this.#compute(task, model);
      this.#tasks.shift();
      const { sequence, parameters, job } = task;
      const { id, isStart } = parameters;
      if (!isDone && isStart) {
        sequence.isBroken = true;
        this.#end(id, sequence);
      }
      sequence.jobs--;
      if (sequence.jobs === 0 && this.#open.get(id) === sequence) this.#idle.add(sequence.expire);
      this.#rows -= job.steps.length;
      this.#listener.onFreed();
    }
    this.#isRunning = false;
  }

  /** Computes the steps of a request; returns whether it was answered by them. */
  async #compute({ sequence, parameters, job }: Task, model: string): Promise<boolean> {
    try {
      if (job.isOver()) return false;
      if (sequence.isBroken) throw this.#unknown(parameters.id, model);
      const stream = this.#stream!;
      if (sequence.state) stream.state = sequence.state;
      else stream.reset();
      job.begin();
      const answers: Answers[] = [];
      let turnEnds = performance.now() + turnMs;
      for (const step of job.steps) {
        const began = performance.now();
        if (began >= turnEnds) {
          await nextTurn();
          if (job.isOver()) return false;
          turnEnds = performance.now() + turnMs;
        }
        answers.push(await stream.predict<Answers>(step));
        this.#listener.onBatch(1, performance.now() - began);
      }
      const { state } = stream;
      const isDone = job.done(answers);
      if (isDone) sequence.state = state;
      return isDone;
    } catch (error) {
      job.fail(error);
      return false;
    }
  }

  #unknown(id: string | number, model: string): Problem {
    const ends = `sequences end by sequence_end, after ${this.#settings.sequenceIdleMs} ms without a request, and when the model is loaded again`;
    return new Problem(
      404,
      `Expected the sequence_id of an open sequence of model '${model}', or sequence_start, but received ${shown(id)}: ${ends}`,
    );
  }
}
