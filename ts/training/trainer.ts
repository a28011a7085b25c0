import { once } from 'node:events';
import type { CheckpointOptions } from '../checkpoints/checkpoint-options.js';
import { type Course, courseOf, iterationsBetween, requireSameCourse } from '../checkpoints/course.js';
import type { PendingRun } from '../checkpoints/resume.js';
import { RunCheckpoints, type RunPosition } from '../checkpoints/run-checkpoints.js';
import type { RunState } from '../checkpoints/run-state.js';
import { DataReader, type Part } from '../data/data-reader.js';
import { badArgument } from '../errors.js';
import { type Evaluation, Evaluator, meansOf } from '../evaluation.js';
import { given } from '../given.js';
import type { Model } from '../model.js';
import type { ModelDescription } from '../model-files/description.js';
import { fromNative } from '../runner.js';
import {
  type CheckpointRecord,
  type StopReason,
  TrainingHistory,
  type TrainingProgress,
  watchedLoss,
} from '../training-history.js';
import { checkData } from './check-data.js';
import { type Feed, feedFor } from './feed.js';
import { LastGood } from './last-good.js';
import { ProgressReporter } from './progress-reporter.js';
import { Snapshot } from './snapshot.js';
import { StopRule } from './stop-rule.js';
import { TrainingPlan } from './training-plan.js';

export interface TrainOptions extends CheckpointOptions {
  /**
   * Epochs between checkpoints, fractions included: 0.05 is twenty checkpoints an epoch. Default 1, or as before where a
   * run is resumed.
   */
  readonly checkpoint?: number;
  /** Measure loss and accuracy on the test set at the end. */
  readonly needTest?: boolean;
  /** A new order of rows each epoch; default true, or as before where a run is resumed. */
  readonly shuffle?: boolean;
  /** Show a progress bar on the terminal, or lines where there is none. */
  readonly progress?: boolean;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /**
   * Is told of each checkpoint. Training waits for the promise that it returns, if any; what it throws, or rejects with,
   * ends the run. The net is busy meanwhile: it neither predicts nor is saved within it.
   */
  readonly onCheckpoint?: (record: CheckpointRecord) => unknown;
  /** Ends the run within one step; `train` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a run may come with: how to describe the net in its files, and where an earlier process left it. */
export interface RunContext {
  readonly describe: () => ModelDescription;
  readonly pending?: PendingRun | undefined;
}

/** One run of `net.train`. */
export class Trainer {
  readonly #model: Model;
  readonly #feed: Feed;
  readonly #plan: TrainingPlan;
  readonly #validation: Evaluator | undefined;
  readonly #testPart: Part | undefined;
  readonly #options: TrainOptions;
  readonly #batchRows: number;
  readonly #history: TrainingHistory;
  readonly #course: Course;
  readonly #pending: RunState | undefined;
  readonly #rule: StopRule;
  readonly #files: RunCheckpoints | undefined;
  #started = performance.now();
  #hasBegun = false; // an epoch, in this process
  #evaluating: Evaluator | undefined; // on its thread right now
  /** Iterations that the net had made before this run, and that it has made now. */
  readonly #first: number;
  #next: number;
  readonly #lastGood: LastGood;
  /** The parameters at the checkpoint with the lowest loss. */
  readonly best: Snapshot;

  constructor(model: Model, reader: DataReader, options: TrainOptions, { describe, pending }: RunContext) {
    this.#model = model;
    this.#options = options;
    const { batchSize } = model.params;
    if (!(reader instanceof DataReader)) throw badArgument('reader', 'a DataReader', reader);
    const { checkpoint = 1, shuffle = true } = { ...pending?.state.course, ...given(options) };
    checkData(model, reader, { ...options, checkpoint, shuffle });
    this.#course = courseOf(reader, { checkpoint, shuffle });
    if (pending) requireSameCourse({ ...pending, course: pending.state.course }, this.#course, reader);
    this.#feed = feedFor(model, reader, pending?.state.next ?? 0);
    const { count } = this.#feed.source;
    this.#batchRows = batchSize === -1 ? count : Math.min(batchSize, count);
    this.#plan = new TrainingPlan(model, this.#feed.source, this.#batchRows, shuffle);
    this.#validation = reader.validationPart && new Evaluator(model, reader.validationPart);
    this.#testPart = options.needTest ? reader.testPart : undefined;
    const { state, stack } = model;
    const { theta, statistics } = stack.block;
    state.settle();
    this.#lastGood = new LastGood(model, this.#plan);
    this.best = pending?.best ?? new Snapshot([theta, statistics]);
    this.#first = pending?.state.first ?? state.slots.get('epochs') * this.iterationsPerEpoch;
    this.#next = pending?.state.next ?? this.#first;
    this.#pending = pending?.state;
    this.#history = new TrainingHistory(pending?.records);
    this.#rule = new StopRule(model.params, pending?.state.stopRule);
    this.#files = this.#createFiles(describe);
  }

  #createFiles(describe: () => ModelDescription): RunCheckpoints | undefined {
    const { checkpointFile } = this.#options;
    if (checkpointFile === undefined) return undefined;
    return new RunCheckpoints(checkpointFile, this.#options, {
      model: this.#model,
      describe,
      course: this.#course,
      rule: this.#rule,
      history: this.#history,
      lastGood: this.#lastGood,
      best: this.best,
      iterationsPerEpoch: this.iterationsPerEpoch,
      first: this.#first,
      next: this.#next,
      isResumed: this.#pending !== undefined,
    });
  }

  /** The checkpoints so far. */
  get history(): TrainingHistory {
    return this.#history;
  }

  get iterationsPerEpoch(): number {
    return this.#plan.iterationsPerEpoch;
  }

  /** The iteration after the last one, unless a stop condition holds before. */
  get #end(): number {
    return this.#first + this.#model.params.maxEpoch * this.iterationsPerEpoch;
  }

  /** Trains to the end, or until a stop condition holds. */
  async run(onProgress: ((progress: TrainingProgress) => void) | undefined): Promise<TrainingHistory> {
    const { signal } = this.#options;
    this.#started = performance.now() - 1000 * (this.#pending?.seconds ?? 0);
    const abort = () => {
      this.#plan.replay.abort();
      this.#evaluating?.abort();
    };
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    try {
      await this.#files?.prepare();
      await this.#trainToEnd(onProgress && new ProgressReporter(onProgress));
      if (this.#testPart) this.#history.test = await this.#evaluate(new Evaluator(this.#model, this.#testPart));
      return this.#history;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#model.state.slots.set('epochs', this.#position.epochs);
      await this.#feed.close();
      await this.#files?.idle().catch(() => {}); // whoever waited for it was told
    }
  }

  get #position(): RunPosition {
    return {
      next: this.#next,
      epochs: Math.ceil(this.#next / this.iterationsPerEpoch),
      seconds: (performance.now() - this.#started) / 1000,
    };
  }

  async #trainToEnd(reporter: ProgressReporter | undefined): Promise<void> {
    const { schedule, state } = this.#model;
    const { signal, onCheckpoint } = this.#options;
    const end = this.#end;
    const interval = iterationsBetween(this.#course.checkpoint, this.iterationsPerEpoch);
    let reason = this.#pending?.stopReason;
    const isOver = reason !== undefined;
    while (this.#next < end && !reason) {
      await this.#replay(Math.min(end, this.#next + interval), reporter);
      const record = await this.#checkpoint();
      reason = this.#rule.judge(record);
      if (this.#rule.isLowest) await this.best.take();
      schedule?.judge(watchedLoss(record), state.plateau, state.slots);
      const isLast = reason !== undefined || this.#next === end;
      if (!isLast) this.#files?.offer(this.#position);
      if (onCheckpoint) await this.#untilAborted(Promise.resolve(onCheckpoint(record)));
      reporter?.report(() => this.#progress(this.#next), isLast);
      reporter?.rethrow();
      signal?.throwIfAborted(); // a listener may have aborted
    }
    await this.#finish(reason ?? 'maxEpoch', isOver);
  }

  /** Ends the run, and has its file say so. */
  async #finish(stopReason: StopReason, isOver: boolean): Promise<void> {
    const isRestored = this.#model.params.regularizer.method === 'earlyStop' && !this.#rule.isLowest;
    if (isRestored) this.best.restore();
    this.#history.stopReason = stopReason;
    this.#history.iterations = this.#next - this.#first;
    this.#history.seconds = this.#position.seconds;
    if (!isOver) await this.#files?.finish(this.#position, stopReason, isRestored);
  }

  /** Replays the steps up to `end`, as far as the data that is there goes, again and again. */
  async #replay(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    this.#plan.slots.clearSums();
    while (this.#next < end) {
      const covered = await this.#untilAborted(this.#feed.prepare(this.#next, this.#end, this.#plan));
      await this.#replayTo(Math.min(end, covered), reporter);
    }
  }

  /** The same promise, unless the signal is aborted first. */
  async #untilAborted<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#options;
    if (!signal) return promise;
    const listening = new AbortController();
    try {
      const aborted = signal.aborted
        ? Promise.reject(signal.reason)
        : once(signal, 'abort', { signal: listening.signal }).then(() => Promise.reject(signal.reason));
      return await Promise.race([promise, aborted]);
    } finally {
      listening.abort();
    }
  }

  async #replayTo(end: number, reporter: ProgressReporter | undefined): Promise<void> {
    const { replay } = this.#plan;
    this.#options.signal?.throwIfAborted(); // while something else ran
    this.#model.state.settle();
    // Given even where nobody listens: at each report C++ also looks whether all buffers are still there.
    const listener = (next: number, data: Float64Array) => {
      if (reporter?.report(() => this.#progress(next, data)) === false) replay.abort();
    };
    let outcome: Awaited<ReturnType<typeof replay.run>>;
    try {
      const beginsEpoch = !this.#hasBegun;
      this.#hasBegun = true;
      outcome = await replay.run(this.#next, end, beginsEpoch, listener);
    } catch (cause) {
      this.#model.state.settle(true);
      throw cause;
    }
    this.#next = outcome.next;
    reporter?.rethrow();
    if (outcome.reason === 'aborted') this.#options.signal?.throwIfAborted();
    if (outcome.reason === 'notFinite') throw this.#lastGood.lostLoss(outcome.next);
    if (outcome.reason === 'failed') this.#model.state.settle(true);
    if (outcome.reason !== 'finished') throw fromNative(new Error(outcome.message));
    this.#model.stack.requireAttached();
    this.#feed.requireAttached();
  }

  async #evaluate(evaluator: Evaluator): Promise<Evaluation> {
    this.#evaluating = evaluator;
    try {
      const result = await evaluator.evaluate();
      this.#options.signal?.throwIfAborted();
      return result;
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      throw cause;
    } finally {
      this.#evaluating = undefined;
    }
  }

  /** Records the training since the last checkpoint and, if there is a validation set, how the net does on it. */
  async #checkpoint(): Promise<CheckpointRecord> {
    const iteration = this.#next;
    const train = meansOf(this.#model, this.#plan.slots.sums());
    const validation = this.#validation && (await this.#evaluate(this.#validation));
    if (validation && !Number.isFinite(validation.loss)) throw this.#lastGood.lostNumbers(iteration - 1);
    const record: CheckpointRecord = {
      epoch: iteration / this.iterationsPerEpoch,
      iteration,
      lossTrain: train.loss,
      accuracyTrain: train.accuracy,
      ...(validation && { lossValidation: validation.loss, accuracyValidation: validation.accuracy }),
      learningRate: this.#model.state.slots.get('learningRate'),
    };
    await this.#files?.idle(); // before the tensors that it writes change
    // The last step's loss was taken before its update, which may have gone too far.
    await this.#lastGood.take(iteration);
    this.#history.add(record);
    return record;
  }

  /** How far the run is after `next` iterations, which left those sums in the slots. */
  #progress(next: number, slots?: Float64Array): TrainingProgress {
    const { maxEpoch } = this.#model.params;
    const { iterationsPerEpoch } = this;
    const totalIterations = maxEpoch * iterationsPerEpoch;
    const iteration = next - this.#first;
    const seconds = (performance.now() - this.#started) / 1000;
    const checkpoint = this.#history.records.at(-1);
    return {
      epoch: Math.ceil(iteration / iterationsPerEpoch),
      maxEpoch,
      iteration,
      totalIterations,
      iterationsPerEpoch,
      ...meansOf(this.#model, this.#plan.slots.sums(slots)),
      ...(checkpoint && { checkpoint }),
      samplesPerSecond: (iteration * this.#batchRows) / seconds,
      secondsLeft: ((totalIterations - iteration) * seconds) / iteration,
    };
  }
}
