import { isDeepStrictEqual } from 'node:util';
import { requireWritable } from '../core/files.js';
import { type ModelDescription, metadataOf } from '../model-files/description.js';
import { modelWriter, parametersOf } from '../model-files/model-file.js';
import type { Model } from '../net/model.js';
import type { Snapshot } from '../replay/snapshot.js';
import type { SafetensorsFile } from '../safetensors/file.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CheckpointRecord, StopReason } from '../training-history.js';
import type { Restored } from './best-weights.js';
import type { CheckpointOptions } from './checkpoint-options.js';
import { runStateAt, writeKept } from './kept-files.js';
import { iterationsBetween, type RunFingerprint } from './run-fingerprint.js';
import { type RunState, runStateIn, runStateText, type StopRuleState } from './run-state.js';
import {
  bestName,
  historyName,
  keptName,
  lastName,
  metricShapesOf,
  metricsName,
  metricTableOf,
  optimizerName,
  sharesOf,
  tableOf,
} from './run-tensors.js';

/** Milliseconds between two files where nothing else was asked for, and the share of the time that files may take. */
const leastPause = 1000;
const mostShare = 1 / 20;

/** The parts of a run that its files need. */
export interface RunParts {
  readonly model: Model;
  readonly describe: () => ModelDescription;
  readonly fingerprint: RunFingerprint;
  /** Judges the checkpoints; see `StopRule`. */
  readonly rule: { readonly state: StopRuleState; readonly isLowest: boolean };
  /** Whether the run ends with the weights of its best checkpoint, as an option of `train`. */
  readonly restoreBest: boolean;
  /** The records so far; the list grows. */
  readonly records: readonly CheckpointRecord[];
  /** Weights and the optimizer's arrays at the newest checkpoint. */
  readonly rollback: { copyOf(tensor: Tensor): Tensor | undefined };
  readonly best: Snapshot;
  /** The weights that are kept for callbacks. */
  readonly kept: readonly Snapshot[];
  readonly iterationsPerEpoch: number;
  /** The first iteration of the run, and the one at which it begins or continues. */
  readonly first: number;
  readonly next: number;
  readonly isResumed: boolean;
}

/** The position of a run. */
export type RunPosition = Pick<RunState, 'next' | 'epochs' | 'seconds'>;

type Values = (tensor: Tensor) => Tensor | undefined;

/** Writes the checkpoints of a run to its file while training continues. */
export class RunCheckpoints {
  readonly #path: string;
  readonly #keep: number;
  /** Iterations between files; undefined for as many as time permits. */
  readonly #every: number | undefined;
  readonly #parts: RunParts;
  #isFirst = true;
  /** The state in the file that the next one replaces: what was there when the run began, then its own newest. */
  #replaces: Promise<string | undefined>;
  #written: number;
  #writing: Promise<unknown> | undefined; // never rejects: resolves to what went wrong
  #started = Number.NEGATIVE_INFINITY;
  #pause = leastPause;
  /** Weights and the optimizer's arrays at the newest checkpoint. */
  readonly #rollback: Values = (tensor) => this.#parts.rollback.copyOf(tensor);

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a net that cannot be saved */
  constructor(path: string, { checkpointEvery, keepCheckpoints = 2 }: CheckpointOptions, parts: RunParts) {
    metadataOf(parts.describe());
    this.#path = path;
    this.#keep = keepCheckpoints;
    this.#every = checkpointEvery && iterationsBetween(checkpointEvery, parts.iterationsPerEpoch);
    this.#parts = parts;
    this.#replaces = runStateAt(path);
    this.#written = parts.next;
  }

  /**
   * Makes the folder and finds out whether files can be written there, before hours of training.
   * @throws BlasnetError `ERR_BAD_FILE` if they cannot
   */
  async prepare(): Promise<void> {
    await requireWritable(this.#path);
  }

  /** Begins to write a file of the newest checkpoint, if it is time for one; `idle` waits for it. */
  offer(position: RunPosition): void {
    const isDue =
      this.#every === undefined
        ? !this.#writing && performance.now() - this.#started >= this.#pause
        : position.next - this.#written >= this.#every;
    if (isDue) this.#start(this.#stateAt(position), this.#rollback);
  }

  /**
   * Writes the file of a run that has ended, from the present weights.
   * @param restored - what these are where they are not the last ones: the best of the run, or those of a callback
   */
  async finish(position: RunPosition, stopReason: StopReason, restored: Restored): Promise<void> {
    await this.idle();
    const state = this.#stateAt(position);
    // More epochs would go on from the last weights.
    const last = restored && stopReason === 'maxEpoch' ? this.#rollback : undefined;
    const isBest = restored ? restored === 'best' : state.isBest;
    const ended = { ...state, stopReason, isBest, ...(last && { isRestored: true }) };
    this.#start(ended, (tensor) => tensor, last);
    await this.idle();
  }

  /**
   * Waits until the file is written. Weights, their copies and the optimizer's arrays may change after that.
   * @throws BlasnetError `ERR_BAD_FILE` if the file could not be written; the one before it is still there
   */
  async idle(): Promise<void> {
    const failure = await this.#writing;
    this.#writing = undefined;
    if (failure !== undefined) throw failure;
  }

  #stateAt(position: RunPosition): RunState {
    const { model, fingerprint, rule, first, restoreBest, records } = this.#parts;
    const { scalars, plateau, counts } = model.state;
    const metrics = metricShapesOf(records[0]);
    return {
      fingerprint,
      first,
      ...position,
      ...counts,
      learningRate: scalars.get('learningRate'),
      baseRate: scalars.get('baseRate'),
      plateau: { ...plateau },
      stopRule: rule.state,
      isBest: rule.isLowest,
      ...(restoreBest && { restoreBest }),
      ...(metrics && { metrics }),
    };
  }

  #start(state: RunState, valuesOf: Values, lastOf?: Values): void {
    const started = performance.now();
    this.#started = started;
    this.#written = state.next;
    this.#writing = this.#write(state, valuesOf, lastOf).then(
      () => {
        this.#pause = Math.max(leastPause, (performance.now() - started) / mostShare);
        return undefined;
      },
      (error: unknown) => error,
    );
  }

  async #write(state: RunState, valuesOf: Values, lastOf?: Values): Promise<void> {
    const { model, records, best, kept, describe, isResumed } = this.#parts;
    const { layers, block } = model.stack;
    const sharesBy = (values: Values) =>
      sharesOf(layers, block, { theta: values(block.theta) ?? block.theta, statistics: values(block.statistics) });
    // Those of frozen layers are as the net has them.
    const tensors = new Map([...parametersOf(layers), ...sharesBy(valuesOf)]);
    for (const [array, { theta, statistics }] of Object.entries(model.state.namedArrays(block))) {
      const shares = sharesOf(layers, block, {
        theta: theta && (valuesOf(theta) ?? theta),
        statistics: statistics && valuesOf(statistics),
      });
      for (const [name, share] of shares) tensors.set(optimizerName(array, name), share);
    }
    const copiesOf = (snapshot: Snapshot) => sharesBy((tensor) => snapshot.copyOf(tensor));
    if (!state.isBest) for (const [name, share] of copiesOf(best)) tensors.set(bestName(name), share);
    for (const [i, snapshot] of kept.entries()) {
      for (const [name, share] of copiesOf(snapshot)) tensors.set(keptName(i, name), share);
    }
    if (lastOf) for (const [name, share] of sharesBy(lastOf)) tensors.set(lastName(name), share);
    tensors.set(historyName, tableOf(records));
    for (const side of ['metrics', 'validationMetrics'] as const) {
      const isThere = state.metrics && records[0]?.[side];
      if (isThere) tensors.set(metricsName(side), metricTableOf(records, side, state.metrics!));
    }
    const training = runStateText(state);
    const write = await modelWriter(describe(), tensors, { training });
    await writeKept(this.#path, write, {
      keep: this.#keep,
      isNew: this.#isFirst && !isResumed,
      isFirst: this.#isFirst,
      replaces: await this.#replaces,
      isOwn: (file) => isEarlier(file, state, records),
    });
    this.#isFirst = false;
    this.#replaces = Promise.resolve(training);
  }
}

/** Tells whether a file holds an earlier checkpoint of this run: the same fingerprint, and the same records to the bit. */
async function isEarlier(
  file: SafetensorsFile,
  { fingerprint, first }: RunState,
  records: readonly CheckpointRecord[],
): Promise<boolean> {
  const found = runStateIn(JSON.parse(file.metadata.get('training') ?? ''), file.where);
  const { data } = await file.read(historyName);
  const own = tableOf(records).data.subarray(0, data.length);
  return data.length > 0 && isDeepStrictEqual([found.fingerprint, found.first, data], [fingerprint, first, own]);
}
