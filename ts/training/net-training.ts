import type { CallbackContext } from '../callbacks/callback.js';
import type { PendingRun } from '../checkpoints/resume.js';
import { callFirst } from '../core/errors.js';
import type { DataReader } from '../data/data-reader.js';
import type { NamedTensors } from '../data/named-tensors.js';
import { requireTrainable } from '../inference/check-part.js';
import type { NetPredictions } from '../inference/net-predictions.js';
import type { NamedLabels, NetRows } from '../inference/net-rows.js';
import { untrainable } from '../layers/quantized-layer.js';
import type { ModelDescription } from '../model-files/description.js';
import type { Busy } from '../net/busy.js';
import { type Model, objectivesFor } from '../net/model.js';
import { figureTitle } from '../objectives.js';
import type { Snapshot } from '../replay/snapshot.js';
import type { AnyTensor, Tensor } from '../tensor/tensor.js';
import type { CheckpointRecord, TrainingHistory, TrainingProgress } from '../training-history.js';
import { ManualSteps } from './manual-steps.js';
import { Team } from './team.js';
import { checkTrainArguments, type TrainOptions } from './train-options.js';
import { Trainer } from './trainer.js';

/** The parts of a net that training uses. */
export interface TrainedNet {
  readonly model: Model;
  readonly busy: Busy;
  readonly rows: NetRows;
  readonly predictions: NetPredictions;
  /** The description of the net in its files. */
  readonly describe: () => ModelDescription;
}

/** The calls of a net that train it: whole runs, and steps that the caller makes. Remembers the last run. */
export class NetTraining {
  readonly #net: TrainedNet;
  readonly #steps: ManualSteps;
  /** The run that the next `train` continues. */
  #pending: PendingRun | undefined;
  /** The checkpoints of the last `train`, or of the run that the next one continues. */
  #records: readonly CheckpointRecord[] | undefined;
  /** The weights at the best checkpoint of the last `train`. */
  #best: Snapshot | undefined;

  constructor(net: TrainedNet) {
    this.#net = net;
    this.#steps = new ManualSteps(net.model);
  }

  /** The checkpoints of the last `train`; undefined before the first. */
  get records(): readonly CheckpointRecord[] | undefined {
    return this.#records;
  }

  /** Has the next `train` continue the run of an earlier process. */
  continue(run: PendingRun): void {
    this.#pending = run;
    this.#best = run.best;
    this.#records = run.records;
  }

  /** Forgets the last forward, whose gradients then cannot be computed. */
  forgetPass(): void {
    this.#steps.forgetPass();
  }

  /** To be called when the net has other layers, or other layers of it are trained. */
  layersChanged(): void {
    this.#steps.forgetPlans();
    this.#best = undefined;
    this.weightsChange();
  }

  /** To be called before a call other than `train` changes weights. */
  weightsChange(): void {
    this.#pending = undefined;
  }

  /**
   * Trains on another thread.
   * @param facade - the net that callbacks get
   */
  async train(facade: CallbackContext['net'], reader: DataReader, options: TrainOptions): Promise<TrainingHistory> {
    const { model, busy, predictions, describe } = this.#net;
    return busy.exclusively('train', async () => {
      checkTrainArguments(reader, options);
      this.#requireTrained('train');
      const team = new Team(options.communicator);
      const whileReadable = (work: () => Promise<void>) => busy.whileReadable(work);
      const run = { net: facade, whileReadable, describe, pending: this.#pending, team };
      // A signal of the run's own, since Node.js warns of a leak where many nets listen to one.
      const signal = options.signal && { signal: AbortSignal.any([options.signal]) };
      const trainer = await team.guard(() => {
        predictions.requireFit(reader.preparation);
        options.signal?.throwIfAborted();
        this.forgetPass();
        return new Trainer(model, reader, { ...options, ...signal }, run);
      });
      this.#pending = undefined;
      predictions.preparation = reader.preparation;
      this.#best = trainer.best;
      const display = options.progress && team.rank === 0 ? await this.#createDisplay() : undefined;
      const onProgress = (progress: TrainingProgress) => {
        display?.update(progress);
        return options.onProgress?.(progress);
      };
      try {
        return await trainer.run(display || options.onProgress ? onProgress : undefined);
      } finally {
        if (trainer.records.length > 0) this.#records = trainer.records; // of a run that failed, too
        display?.stop();
      }
    });
  }

  async #createDisplay() {
    const { createProgressDisplay } = await import('./progress-bar.js');
    return createProgressDisplay({ figure: figureTitle(objectivesFor(this.#net.model)) });
  }

  /** Refuses to train a net with int8 weights. */
  #requireTrained(call: string): void {
    const found = this.#net.model.stack.layers.find(({ layer }) => layer.isQuantized);
    if (found) throw untrainable(`the layers for ${call}`, found.name);
  }

  /** Makes one training step, on this thread. */
  trainOnBatch(x: AnyTensor | NamedTensors, y: Tensor | NamedLabels): { loss: number } {
    const { model, busy, rows } = this.#net;
    busy.requireIdle('trainOnBatch');
    this.#requireTrained('trainOnBatch');
    const part = rows.partFrom(x, y);
    this.forgetPass();
    requireTrainable(model, part, 'the batch');
    return { loss: this.#steps.trainOnBatch(part, () => this.weightsChange()) };
  }

  /** Computes the forward pass of all layers, on this thread, and returns the first output. */
  forward(x: AnyTensor | NamedTensors, training: boolean): Tensor {
    const { busy, rows } = this.#net;
    busy.requireIdle('forward');
    const inputs = rows.inputsFrom(x);
    rows.checkInputs(inputs);
    if (training) this.weightsChange(); // running statistics
    return this.#steps.forward(inputs, training);
  }

  /** Computes the backward pass of the last forward, and leaves the gradients in the layers. */
  backward(y: Tensor | NamedLabels): void {
    this.#net.busy.requireIdle('backward');
    this.#requireTrained('backward');
    this.#steps.backward(() => this.#net.rows.labelsFrom(y));
  }

  /** Has `forward` and `backward` computed where the optimizer wants the gradient, until the next update. */
  prepareUpdate(): void {
    this.#net.busy.requireIdle('preUpdateWeights');
    this.#steps.prepareUpdate();
  }

  /** Updates all weights with the gradients of the last backward pass. */
  update(): void {
    this.#net.busy.requireIdle('updateWeights');
    this.#steps.update(() => this.weightsChange());
  }

  /** Restores the weights of the best checkpoint of the last `train`. */
  restoreBest(): void {
    this.#net.busy.requireIdle('restoreBest');
    if (!this.#best) throw callFirst('train()', 'restoreBest');
    this.forgetPass();
    this.weightsChange();
    this.#best.restore();
  }
}
