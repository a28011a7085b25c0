import type { Callback, CallbackContext } from '../callbacks/callback.js';
import type { PendingRun } from '../checkpoints/resume.js';
import { RunCheckpoints } from '../checkpoints/run-checkpoints.js';
import { oneOf } from '../core/fields.js';
import type { DataReader } from '../data/data-reader.js';
import { Evaluator } from '../inference/evaluation.js';
import type { ModelDescription } from '../model-files/description.js';
import type { Model } from '../net/model.js';
import type { Snapshot } from '../replay/snapshot.js';
import { type CheckpointRecord, type RunEnd, TrainingHistory, type TrainingProgress } from '../training-history.js';
import { bfloat16Warning } from './bfloat16-hint.js';
import { Interruption } from './interruption.js';
import { ProgressReporter } from './progress-reporter.js';
import { RunCallbacks } from './run-callbacks.js';
import { type RunSetup, setUpRun } from './run-setup.js';
import { RunStatus } from './run-status.js';
import { chanceWarning } from './scale-hint.js';
import { Steps } from './steps.js';
import { Team } from './team.js';
import { factsOf } from './team-facts.js';
import type { TrainOptions } from './train-options.js';

/** The net of a run, its description for files, and the state in which an earlier process left the run. */
export interface RunContext {
  readonly net: CallbackContext['net'];
  readonly whileReadable: (work: () => Promise<void>) => Promise<void>;
  readonly describe: () => ModelDescription;
  readonly pending?: PendingRun | undefined;
  readonly team?: Team | undefined;
}

/** One run of `net.train`. */
export class Trainer {
  readonly #model: Model;
  readonly #reader: DataReader;
  readonly #options: TrainOptions;
  readonly #net: CallbackContext['net'];
  readonly #setup: RunSetup;
  readonly #interruption: Interruption;
  readonly #steps: Steps;
  readonly #status: RunStatus;
  readonly #callbacks: RunCallbacks;
  readonly #files: RunCheckpoints | undefined;
  readonly #team: Team;
  readonly #describe: () => ModelDescription;

  constructor(model: Model, reader: DataReader, options: TrainOptions, context: RunContext) {
    const { net, whileReadable, describe, pending, team = new Team(undefined) } = context;
    this.#model = model;
    this.#reader = reader;
    this.#options = options;
    this.#net = net;
    this.#team = team;
    this.#describe = describe;
    this.#setup = setUpRun(model, reader, options, pending);
    this.#interruption = new Interruption(options.signal);
    const { feed, plan, rollback, begin, end } = this.#setup;
    const isStopped = () => team.reason !== undefined;
    const interruption = this.#interruption;
    this.#steps = new Steps({ model, feed, plan, rollback, interruption, team, begin, end, isStopped });
    this.#status = new RunStatus(model, this.#setup, pending?.records ?? [], () => this.#steps.next);
    team.decide(pending?.state.stopReason);
    this.#callbacks = new RunCallbacks([...this.#ownCallbacks(), ...(options.callbacks ?? [])], {
      interruption: this.#interruption,
      whileReadable,
      context: () => this.#status.context(net, (reason = 'callback') => this.#stop(reason)),
    });
    const { checkpointFile } = options;
    if (checkpointFile !== undefined && team.rank === 0) this.#files = this.#createFiles(checkpointFile, describe);
  }

  /** The schedule, as a callback in front of the user's: it judges each checkpoint. */
  #ownCallbacks(): readonly Callback[] {
    const { schedule, state } = this.#model;
    const { watch } = this.#setup;
    if (!schedule) return [];
    return [{ onCheckpoint: ({ record }) => schedule.judge(watch.score(record), state.plateau, state.scalars) }];
  }

  #createFiles(file: string, describe: () => ModelDescription): RunCheckpoints {
    const { restoresBest, weights, plan, begin, pending } = this.#setup;
    return new RunCheckpoints(file, this.#options, {
      ...this.#setup,
      model: this.#model,
      describe,
      restoreBest: restoresBest,
      records: this.records,
      best: weights.best,
      kept: weights.kept,
      iterationsPerEpoch: plan.iterationsPerEpoch,
      next: begin,
      isResumed: pending !== undefined,
    });
  }

  /** The checkpoints so far. */
  get records(): readonly CheckpointRecord[] {
    return this.#status.records;
  }

  /** The weights at the checkpoint with the lowest loss. */
  get best(): Snapshot {
    return this.#setup.weights.best;
  }

  /** Trains to the end, or until a stop condition holds or a callback stops the run. */
  async run(onProgress: ((progress: TrainingProgress) => unknown) | undefined): Promise<TrainingHistory> {
    let history: TrainingHistory;
    try {
      const reporter = onProgress && new ProgressReporter((...at) => onProgress(this.#status.progress(...at)));
      history = await this.#team.guard(() => this.#run(reporter));
    } catch (error) {
      await this.#callbacks.end(undefined, error).catch(() => {}); // the first error is told
      throw error;
    }
    await this.#callbacks.end(history);
    return history;
  }

  async #run(reporter: ProgressReporter | undefined): Promise<TrainingHistory> {
    const { pending, feed } = this.#setup;
    this.#status.start();
    this.#interruption.check();
    const merged = bfloat16Warning(this.#model, this.#reader, this.#net.name);
    if (merged !== undefined && this.#team.rank === 0) process.emitWarning(merged, 'BlasnetWarning');
    const facts = () => factsOf(this.#model, this.#reader, this.#options, this.#setup, this.#describe);
    await this.#team.start(facts);
    try {
      await this.#files?.prepare();
      await this.#callbacks.begin(pending !== undefined);
      await this.#trainToEnd(reporter);
      const end = await this.#finish();
      await this.#steps.meet();
      const warning = chanceWarning(this.#model, this.#reader, this.records.at(-1)!, this.#net.name);
      if (warning !== undefined && this.#team.rank === 0) process.emitWarning(warning, 'BlasnetWarning');
      const { testPart } = this.#reader;
      const { communicator, needTest } = this.#options;
      const evaluator = needTest && testPart ? new Evaluator(this.#model, testPart, communicator) : undefined;
      const test = evaluator && (await this.#steps.evaluate(evaluator));
      return new TrainingHistory(this.records, { ...end, test }, this.#setup.watch);
    } finally {
      reporter?.close();
      this.#model.state.scalars.set('epochs', this.#status.position.epochs);
      await feed.close();
      await this.#files?.idle().catch(() => {}); // whoever waited for it was told
    }
  }

  get #isOver(): boolean {
    return this.#steps.next === this.#setup.end || (this.#team.reason !== undefined && this.records.length > 0);
  }

  async #trainToEnd(reporter: ProgressReporter | undefined): Promise<void> {
    const { plan, end, interval, begin } = this.#setup;
    const { iterationsPerEpoch } = plan;
    let newest = begin; // the iteration of the newest checkpoint
    while (!this.#isOver) {
      const before = this.#steps.next;
      if (before === newest) plan.scores.clear();
      const stops = [end, newest + interval];
      if (this.#callbacks.wantEpochs) stops.push(before - (before % iterationsPerEpoch) + iterationsPerEpoch);
      await this.#steps.runTo(Math.min(...stops), reporter);
      const { next } = this.#steps;
      if (next === newest) continue; // stopped before its first step
      const isDue = next === newest + interval || next === end || this.#team.reason !== undefined;
      let record = isDue ? await this.#checkpoint() : undefined;
      if (record) await this.#steps.meet();
      if (next % iterationsPerEpoch === 0 && next > before) {
        await this.#callbacks.epochEnd(plan.scores.running());
        if (this.#callbacks.wantEpochs) await this.#steps.meet();
        if (this.#team.reason) record ??= await this.#checkpoint();
      }
      if (record) newest = next;
      await this.#tellListeners(record, reporter);
    }
    if (reporter && this.#steps.next > begin) {
      await this.#interruption.waitFor(() => reporter.finish(this.#steps.next));
      this.#interruption.check(); // a listener may have aborted
    }
  }

  /** Once callbacks are done with a moment of the run: files and the listeners of the options. */
  async #tellListeners(record: CheckpointRecord | undefined, reporter: ProgressReporter | undefined): Promise<void> {
    const { onCheckpoint } = this.#options;
    if (record) {
      if (!this.#isOver) this.#files?.offer(this.#status.position);
      if (onCheckpoint) await this.#interruption.waitFor(async () => onCheckpoint(record));
    }
    if (!this.#isOver) reporter?.report(this.#steps.next);
    reporter?.rethrow();
    this.#interruption.check(); // a listener may have aborted
  }

  /** Records the training since the last checkpoint and, if there is a validation set, how the net does on it. */
  async #checkpoint(): Promise<CheckpointRecord> {
    const { plan, rollback, rule, weights, validation: evaluator } = this.#setup;
    const iteration = this.#steps.next;
    await plan.scores.finish();
    const train = plan.scores.evaluation();
    const validation = evaluator && (await this.#steps.evaluate(evaluator));
    if (validation && !Number.isFinite(validation.loss)) throw rollback.lostNumbers(iteration - 1);
    const { state } = this.#model;
    const record: CheckpointRecord = Object.freeze({
      epoch: iteration / plan.iterationsPerEpoch,
      iteration,
      lossTrain: train.loss,
      accuracyTrain: train.accuracy,
      ...(validation && { lossValidation: validation.loss, accuracyValidation: validation.accuracy }),
      ...(train.metrics && { metrics: train.metrics }),
      ...(validation?.metrics && { validationMetrics: validation.metrics }),
      learningRate: state.scalars.get('learningRate'),
    });
    await this.#files?.idle(); // before the tensors that it writes change
    // The last step's loss was taken before its update, which may have gone too far.
    await rollback.take(iteration);
    this.#status.records.push(record);
    const reason = rule.judge(record);
    this.#team.decide(reason);
    if (rule.isLowest) await weights.best.take();
    await this.#callbacks.checkpoint({ record, isBest: rule.isLowest });
    await weights.keep();
    return record;
  }

  /** Ends the run with the weights that it is to end with, and has its file say so. */
  async #finish(): Promise<RunEnd> {
    const { weights, rule, restoresBest, pending, first } = this.#setup;
    const position = this.#status.position;
    const stopReason = pending?.stopReason ?? this.#team.reason ?? 'maxEpoch';
    const wantsBest = restoresBest || this.#model.params.regularizer.method === 'earlyStop';
    const restored = weights.restore(wantsBest, rule.isLowest);
    if (!pending?.stopReason) await this.#files?.finish(position, stopReason, restored);
    return { stopReason, seconds: position.seconds, iterations: position.next - first };
  }

  /** Ends the run after the present step, or the callbacks of this moment. */
  #stop(reason: 'callback' | 'earlyStop'): void {
    oneOf('reason', ['callback', 'earlyStop'], reason);
    this.#team.wish(reason);
    if (this.#team.isAlone) this.#steps.abort();
  }
}
