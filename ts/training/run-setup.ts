import { BestWeights } from '../checkpoints/best-weights.js';
import type { PendingRun } from '../checkpoints/resume.js';
import {
  fingerprintOf,
  iterationsBetween,
  type RunFingerprint,
  requireSameFingerprint,
} from '../checkpoints/run-fingerprint.js';
import type { RunState } from '../checkpoints/run-state.js';
import { badArgument } from '../core/errors.js';
import { definedFields } from '../core/objects.js';
import type { DataReader } from '../data/data-reader.js';
import { Evaluator } from '../inference/evaluation.js';
import { type Model, objectivesFor } from '../net/model.js';
import type { Watch } from '../training-history.js';
import { checkData } from './check-data.js';
import { type Feed, feedFor } from './feed.js';
import { Rollback } from './rollback.js';
import { scaleHint } from './scale-hint.js';
import { Shards } from './shards.js';
import { StopRule } from './stop-rule.js';
import type { TrainOptions } from './train-options.js';
import { TrainingPlan } from './training-plan.js';
import { watchOf } from './watch.js';

/** The parts of a run: its data, its recorded plan, and where it begins and ends. */
export interface RunSetup {
  readonly fingerprint: RunFingerprint;
  readonly feed: Feed;
  readonly plan: TrainingPlan;
  readonly batchRows: number;
  readonly validation: Evaluator | undefined;
  readonly rollback: Rollback;
  readonly weights: BestWeights;
  readonly rule: StopRule;
  /** The figure by which checkpoints are compared. */
  readonly watch: Watch;
  readonly restoresBest: boolean;
  /** The state in which an earlier process left the run. */
  readonly pending: RunState | undefined;
  /** Iterations that the net had made before the run, before this process, and will have made at `maxEpoch`. */
  readonly first: number;
  readonly begin: number;
  readonly end: number;
  /** Iterations from one checkpoint to the next. */
  readonly interval: number;
}

/**
 * Checks the data and options of a run, and records its plan.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` or `ERR_BAD_ARGUMENT` for data that the net cannot be trained on, or other data
 *   and options than those of the run that is to go on
 */
export function setUpRun(
  model: Model,
  reader: DataReader,
  options: TrainOptions,
  saved: PendingRun | undefined,
): RunSetup {
  const { state, stack, params } = model;
  const watch = watchOf(params, objectivesFor(model));
  const pending = saved?.state;
  const { checkpoint = 1, shuffle = true } = { ...pending?.fingerprint, ...definedFields(options) };
  checkData(model, reader, { ...options, checkpoint, shuffle });
  const { communicator, sampleWeight } = options;
  const shards = new Shards(options.shards ?? pending?.fingerprint.shards ?? communicator?.size ?? 1, communicator);
  const fingerprint = fingerprintOf(reader, { checkpoint, shuffle, sampleWeight, shards: shards.count });
  if (saved && pending) requireSameFingerprint({ ...saved, fingerprint: pending.fingerprint }, fingerprint, reader);
  const feed = feedFor(model, reader, sampleWeight, pending?.next ?? 0);
  const { count } = feed.source;
  const batchRows = params.batchSize === -1 ? count : Math.min(params.batchSize, count);
  if (shards.count > batchRows) throw badArgument('shards', `at most the ${batchRows} rows of a batch`, shards.count);
  if (shards.exchange !== undefined && !stack.isRecordable) {
    const layer = stack.layers.find((entry) => !entry.layer.isRecordable)!.name;
    throw badArgument('communicator', 'a net of layers made of operations', `the layer '${layer}' in plain TypeScript`);
  }
  const plan = new TrainingPlan(model, feed.source, batchRows, shuffle, checkpoint, shards);
  const validation = reader.validationPart && new Evaluator(model, reader.validationPart, communicator);
  validation?.keepRows();
  const { iterationsPerEpoch } = plan;
  const { callbacks = [] } = pending?.stopReason ? {} : options; // a run that is over has its last weights
  const first = pending?.first ?? state.scalars.get('epochs') * iterationsPerEpoch;
  return {
    fingerprint,
    feed,
    plan,
    batchRows,
    validation,
    rollback: new Rollback(model, plan, () => scaleHint(model, reader)),
    weights: new BestWeights(
      [stack.block.theta, stack.block.statistics],
      callbacks,
      pending?.stopReason ? undefined : saved,
    ),
    rule: new StopRule(params, pending?.stopRule, watch),
    watch,
    restoresBest: options.restoreBest ?? pending?.restoreBest ?? false,
    pending,
    first,
    begin: pending?.next ?? first,
    end: first + params.maxEpoch * iterationsPerEpoch,
    interval: iterationsBetween(checkpoint, iterationsPerEpoch),
  };
}
