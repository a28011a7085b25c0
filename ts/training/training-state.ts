import { Arena } from '../arena.js';
import type { ParameterBlock } from '../net/layer-stack.js';
import type { KernelOptimizer, UpdateTarget } from '../optimizers/index.js';
import type { Runner } from '../runner.js';
import type { PlateauState } from '../schedules/schedule.js';
import { Slots } from '../slots.js';
import type { Tensor } from '../tensor.js';

/** The state of a net's training, besides its weights, from step to step and from one `train` to the next. */
export class TrainingState {
  /**
   * `step`: steps finished; `epochs`: epochs trained, begun ones included; `learningRate` of the newest step;
   * `baseRate`: η, which a schedule starts from.
   */
  readonly slots = new Slots(['step', 'epochs', 'learningRate', 'baseRate']);
  plateau!: PlateauState;
  readonly #optimizer: KernelOptimizer;
  #target: UpdateTarget | undefined;
  #block: ParameterBlock | undefined;

  constructor(optimizer: KernelOptimizer) {
    this.#optimizer = optimizer;
    this.reset();
  }

  /** Forgets all steps, as if the net had never been trained; recorded plans stay valid. */
  reset(): void {
    for (const name of ['step', 'epochs']) this.slots.set(name, 0);
    for (const name of ['learningRate', 'baseRate']) this.slots.set(name, this.#optimizer.learningRate);
    this.plateau = { best: Number.POSITIVE_INFINITY, bad: 0, cooldown: 0 };
    for (const array of this.arrays) array.data.fill(0);
  }

  /** The tensors of an update: the net's parameters and the optimizer's arrays, which start from zeros with a new block. */
  target(block: ParameterBlock): UpdateTarget {
    if (this.#target && this.#block === block) return this.#target;
    const { theta, gradient } = block;
    const arena = new Arena(theta.dtype);
    const tensors = this.#optimizer.stateNames.map((name) => [name, arena.tensor(theta.shape)] as const);
    this.#block = block;
    this.#target = {
      theta,
      gradient,
      state: Object.fromEntries(tensors),
      learningRate: this.slots.slot('learningRate'),
      step: this.slots.slot('step'),
    };
    return this.#target;
  }

  /** The optimizer's arrays. */
  get arrays(): readonly Tensor[] {
    return Object.values(this.namedArrays);
  }

  /** The optimizer's arrays by their names, each laid out as the net's trainable parameters are. */
  get namedArrays(): Readonly<Record<string, Tensor>> {
    return this.#target?.state ?? {};
  }

  /** Records what comes before one or several steps: the weights go to where gradients are taken. */
  beginPass(runner: Runner, block: ParameterBlock): void {
    this.#optimizer.beginPass(runner, this.target(block));
  }

  /** Records what comes after these steps, however they end: the weights come back. */
  endPass(runner: Runner, block: ParameterBlock): void {
    this.#optimizer.endPass(runner, this.target(block));
  }
}
