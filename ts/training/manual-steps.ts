import { callFirst, shapeMismatch } from '../core/errors.js';
import type { Part } from '../data/part.js';
import { Scores } from '../inference/scores.js';
import type { NetPass } from '../net/layer-stack.js';
import { type Model, objectivesFor } from '../net/model.js';
import { PlanCache } from '../replay/plan-cache.js';
import { EagerRunner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { AnyTensor, Tensor } from '../tensor/tensor.js';
import { requireFiniteGradients } from './not-finite.js';
import { backwardPass, stepUpdatePass } from './passes.js';
import { BatchPlan } from './training-plan.js';

/** Trains a net by steps that the caller makes, on the caller's thread: one pass at a time, or a batch at once. */
export class ManualSteps {
  readonly #model: Model;
  readonly #batchPlans = new PlanCache<BatchPlan>();
  /** The last forward, until the weights change. */
  #lastPass: NetPass | undefined;
  /** The step that `prepareUpdate` has prepared. */
  #preparedStep = -1;
  /** The weights of the last forward: those that the net holds, those that are trained, or ahead of them. */
  #place: 'held' | 'trained' | 'ahead' = 'held';

  constructor(model: Model) {
    this.#model = model;
  }

  /** Forgets the last forward, whose gradients then cannot be computed. */
  forgetPass(): void {
    this.#lastPass = undefined;
  }

  /** Forgets recorded steps, and the last forward, since the layers have changed. */
  forgetPlans(): void {
    this.#batchPlans.clear();
    this.forgetPass();
  }

  /** Computes the forward pass and returns the first output. */
  forward(inputs: readonly AnyTensor[], training: boolean): Tensor {
    const isPrepared = this.#preparedStep === this.#model.state.scalars.get('step');
    this.#place = isPrepared ? 'ahead' : training ? 'trained' : 'held';
    this.#lastPass = this.#withWeightsOfForward((runner) => this.#model.stack.forwardPass(runner, inputs, training));
    return this.#lastPass.outputs[0]!.tensor;
  }

  /**
   * Computes the backward pass of the last forward, and leaves the gradients in the layers.
   * @param labelsOf - returns the labels of each output
   */
  backward(labelsOf: () => readonly Tensor[]): void {
    const lastPass = this.#lastPass;
    if (!lastPass) throw callFirst('forward(x)', 'backward');
    const labels = labelsOf();
    for (const [i, { tensor }] of lastPass.outputs.entries()) {
      const { rows, rowSize, shape } = labels[i]!;
      if (rows === tensor.rows) continue;
      const expected = [tensor.rows, ...(rowSize === tensor.rowSize ? tensor.shape : shape).slice(1)];
      throw shapeMismatch('y', `shape [${expected.join(', ')}]`, `[${shape.join(', ')}]`);
    }
    this.#withWeightsOfForward(({ dtype }) => {
      const { pass, outputs } = lastPass;
      const { rows } = outputs[0]!.tensor;
      const scores = new Scores(objectivesFor(this.#model), dtype, rows, new RuntimeScalars());
      backwardPass(this.#model, pass, scores.recordLoss(pass.tape, outputs, { labels })(), rows);
    });
  }

  /** Has `forward` and `backward` computed where the optimizer wants the gradient, until the next update. */
  prepareUpdate(): void {
    this.#preparedStep = this.#model.state.scalars.get('step');
  }

  /**
   * Updates all weights with the gradients of the last backward pass.
   * @param weightsChange - called before they change
   * @throws BlasnetError `ERR_NOT_FINITE` for gradients with NaN or infinity
   */
  update(weightsChange: () => void): void {
    const { state, stack } = this.#model;
    const runner = this.#eagerRunner();
    requireFiniteGradients(stack, runner);
    weightsChange();
    state.beginPass(runner, stack.block);
    stepUpdatePass(this.#model, runner, state.scalars.scalar('epochs'));
    state.endPass(runner, stack.block);
  }

  /**
   * Makes one step on a batch that was checked, by a plan that is recorded once for each shape.
   * @param weightsChange - called before the step
   * @returns the mean loss before the update
   */
  trainOnBatch(part: Part, weightsChange: () => void): number {
    const batch = { inputs: Object.values(part.inputs), labels: Object.values(part.targets) };
    const shapes = [...batch.inputs, ...batch.labels].flatMap(({ count, rowShape }) => [
      ...[rowShape.length, count],
      ...rowShape,
    ]);
    const plan = this.#batchPlans.get(shapes, () => new BatchPlan(this.#model, batch));
    weightsChange();
    return plan.run(batch);
  }

  /** Runs a pass with the weights of the last forward. */
  #withWeightsOfForward<Result>(pass: (runner: EagerRunner) => Result): Result {
    const { state, stack } = this.#model;
    const runner = this.#eagerRunner();
    if (this.#place === 'held') return pass(runner);
    const isAhead = this.#place === 'ahead';
    state.beginPass(runner, stack.block, isAhead);
    try {
      return pass(runner);
    } finally {
      state.endPass(runner, stack.block, isAhead);
    }
  }

  /** A runner for the newest step. */
  #eagerRunner(): EagerRunner {
    return new EagerRunner(this.#model.params.dtype, this.#model.state.scalars.get('step'));
  }
}
