import { type Course, courseOf, iterationsBetween, requireSameCourse } from '../checkpoints/course.js';
import type { PendingRun } from '../checkpoints/resume.js';
import { RunCheckpoints, type RunPosition } from '../checkpoints/run-checkpoints.js';
import type { RunState } from '../checkpoints/run-state.js';
import type { DataReader } from '../data/data-reader.js';
import type { Part } from '../data/part.js';
import { given } from '../given.js';
import { Evaluator, meansOf } from '../inference/evaluation.js';
import type { ModelDescription } from '../model-files/description.js';
import type { Model } from '../net/model.js';
import {
  type CheckpointRecord,
  type RunEnd,
  type StopReason,
  TrainingHistory,
  type TrainingProgress,
  watchedLoss,
} from '../training-history.js';
import { checkData } from './check-data.js';
import { type Feed, feedFor } from './feed.js';
import { Interruption } from './interruption.js';
import { LastGood } from './last-good.js';
import { ProgressReporter, progressOf } from './progress-reporter.js';
import { chanceWarning, scaleHint } from './scale-hint.js';
import { Snapshot } from './snapshot.js';
import { Steps } from './steps.js';
import { StopRule } from './stop-rule.js';
import type { TrainOptions } from './train-options.js';
import { TrainingPlan } from './training-plan.js';

/** The context of a run: the description of the net for its files, and the state in which an earlier process left it. */
export interface RunContext {
  readonly describe: () => ModelDescription;
  readonly pending?: PendingRun | undefined;
}

/** One run of `net.train`. */
export class Trainer {
  readonly #model: Model;
  readonly #reader: DataReader;
  readonly #name: string;
  readonly #feed: Feed;
  readonly #plan: TrainingPlan;
  readonly #validation: Evaluator | undefined;
  readonly #testPart: Part | undefined;
  readonly #options: TrainOptions;
  readonly #interruption: Interruption;
  readonly #batchRows: number;
  readonly #records: CheckpointRecord[];
  readonly #course: Course;
  readonly #pending: RunState | undefined;
  readonly #rule: StopRule;
  readonly #restoresBest: boolean;
  readonly #files: RunCheckpoints | undefined;
  #started = performance.now();
  /** Iterations that the net had made before this run. */
  readonly #first: number;
  readonly #steps: Steps;
  readonly #lastGood: LastGood;
  /** The parameters at the checkpoint with the lowest loss. */
  readonly best: Snapshot;

  constructor(model: Model, reader: DataReader, options: TrainOptions, { describe, pending }: RunContext) {
    this.#model = model;
    this.#reader = reader;
    this.#name = describe().name;
    this.#options = options;
    this.#interruption = new Interruption(options.signal);
    const { batchSize } = model.params;
    const { checkpoint = 1, shuffle = true } = { ...pending?.state.course, ...given(options) };
    checkData(model, reader, { ...options, checkpoint, shuffle });
    this.#course = courseOf(reader, { checkpoint, shuffle });
    if (pending) requireSameCourse({ ...pending, course: pending.state.course }, this.#course, reader);
    this.#feed = feedFor(model, reader, pending?.state.next ?? 0);
    const { count } = this.#feed.source;
    this.#batchRows = batchSize === -1 ? count : Math.min(batchSize, count);
    this.#plan = new TrainingPlan(model, this.#feed.source, this.#batchRows, shuffle);
    this.#validation = reader.validationPart && new Evaluator(model, reader.validationPart);
    this.#validation?.keepRows();
    this.#testPart = options.needTest ? reader.testPart : undefined;
    const { state, stack } = model;
    const { theta, statistics } = stack.block;
    this.#lastGood = new LastGood(model, this.#plan, () => scaleHint(model, reader));
    this.best = pending?.best ?? new Snapshot([theta, statistics]);
    this.#first = pending?.state.first ?? state.slots.get('epochs') * this.iterationsPerEpoch;
    this.#pending = pending?.state;
    this.#steps = new Steps({
      model,
      feed: this.#feed,
      plan: this.#plan,
      lastGood: this.#lastGood,
      interruption: this.#interruption,
      next: pending?.state.next ?? this.#first,
      end: this.#end,
    });
    this.#records = [...(pending?.records ?? [])];
    this.#rule = new StopRule(model.params, pending?.state.stopRule);
    this.#restoresBest = options.restoreBest ?? pending?.state.restoreBest ?? false;
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
      restoreBest: this.#restoresBest,
      records: this.#records,
      lastGood: this.#lastGood,
      best: this.best,
      iterationsPerEpoch: this.iterationsPerEpoch,
      first: this.#first,
      next: this.#steps.next,
      isResumed: this.#pending !== undefined,
    });
  }

  /** The checkpoints so far. */
  get records(): readonly CheckpointRecord[] {
    return this.#records;
  }

  get iterationsPerEpoch(): number {
    return this.#plan.iterationsPerEpoch;
  }

  /** The iteration after the last one, unless a stop condition holds before. */
  get #end(): number {
    return this.#first + this.#model.params.maxEpoch * this.iterationsPerEpoch;
  }

  /** Trains to the end, or until a stop condition holds. */
  async run(onProgress: ((progress: TrainingProgress) => unknown) | undefined): Promise<TrainingHistory> {
    this.#started = performance.now() - 1000 * (this.#pending?.seconds ?? 0);
    this.#interruption.check();
    const reporter = onProgress && new ProgressReporter((next, slots) => onProgress(this.#progress(next, slots)));
    try {
      await this.#files?.prepare();
      const end = await this.#trainToEnd(reporter);
      const warning = chanceWarning(this.#model, this.#reader, this.#records.at(-1)!, this.#name);
      if (warning !== undefined) process.emitWarning(warning, 'BlasnetWarning');
      const part = this.#testPart && new Evaluator(this.#model, this.#testPart);
      const test = part && (await this.#interruption.evaluate(part));
      return new TrainingHistory(this.#records, { ...end, test });
    } finally {
      reporter?.close();
      this.#model.state.slots.set('epochs', this.#position.epochs);
      await this.#feed.close();
      await this.#files?.idle().catch(() => {}); // whoever waited for it was told
    }
  }

  get #position(): RunPosition {
    return {
      next: this.#steps.next,
      epochs: Math.ceil(this.#steps.next / this.iterationsPerEpoch),
      seconds: (performance.now() - this.#started) / 1000,
    };
  }

  async #trainToEnd(reporter: ProgressReporter | undefined): Promise<RunEnd> {
    const { schedule, state } = this.#model;
    const { onCheckpoint } = this.#options;
    const end = this.#end;
    const interval = iterationsBetween(this.#course.checkpoint, this.iterationsPerEpoch);
    let reason = this.#pending?.stopReason;
    const isOver = reason !== undefined;
    while (this.#steps.next < end && !reason) {
      await this.#steps.runTo(Math.min(end, this.#steps.next + interval), reporter);
      const record = await this.#checkpoint();
      reason = this.#rule.judge(record);
      if (this.#rule.isLowest) await this.best.take();
      schedule?.judge(watchedLoss(record), state.plateau, state.slots);
      const isLast = reason !== undefined || this.#steps.next === end;
      if (!isLast) this.#files?.offer(this.#position);
      if (onCheckpoint) await this.#interruption.waitFor(async () => onCheckpoint(record));
      if (reporter && isLast) await this.#interruption.waitFor(() => reporter.finish(this.#steps.next));
      else reporter?.report(this.#steps.next);
      reporter?.rethrow();
      this.#interruption.check(); // a listener may have aborted
    }
    return this.#finish(reason ?? 'maxEpoch', isOver);
  }

  /** Ends the run, and has its file say so. */
  async #finish(stopReason: StopReason, isOver: boolean): Promise<RunEnd> {
    const restoresBest = this.#restoresBest || this.#model.params.regularizer.method === 'earlyStop';
    const isRestored = restoresBest && !this.#rule.isLowest;
    if (isRestored) this.best.restore();
    const position = this.#position;
    if (!isOver) await this.#files?.finish(position, stopReason, isRestored);
    return { stopReason, seconds: position.seconds, iterations: position.next - this.#first };
  }

  /** Records the training since the last checkpoint and, if there is a validation set, how the net does on it. */
  async #checkpoint(): Promise<CheckpointRecord> {
    const iteration = this.#steps.next;
    const train = meansOf(this.#model, this.#plan.slots.sums());
    const validation = this.#validation && (await this.#interruption.evaluate(this.#validation));
    if (validation && !Number.isFinite(validation.loss)) throw this.#lastGood.lostNumbers(iteration - 1);
    const record: CheckpointRecord = Object.freeze({
      epoch: iteration / this.iterationsPerEpoch,
      iteration,
      lossTrain: train.loss,
      accuracyTrain: train.accuracy,
      ...(validation && { lossValidation: validation.loss, accuracyValidation: validation.accuracy }),
      learningRate: this.#model.state.slots.get('learningRate'),
    });
    await this.#files?.idle(); // before the tensors that it writes change
    // The last step's loss was taken before its update, which may have gone too far.
    await this.#lastGood.take(iteration);
    this.#records.push(record);
    return record;
  }

  /** How far the run is after `next` iterations, which left those sums in the slots. */
  #progress(next: number, slots?: Float64Array): TrainingProgress {
    const { iterationsPerEpoch } = this;
    const pace = {
      maxEpoch: this.#model.params.maxEpoch,
      iteration: next - this.#first,
      iterationsPerEpoch,
      batchRows: this.#batchRows,
      seconds: (performance.now() - this.#started) / 1000,
    };
    return progressOf(pace, meansOf(this.#model, this.#plan.slots.sums(slots)), this.#records.at(-1));
  }
}
