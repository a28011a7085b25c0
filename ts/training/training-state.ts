import { Arena } from '../arena.js';
import type { HyperParameters } from '../hyper-parameters.js';
import type { LayerStack, ParameterBlock } from '../net/layer-stack.js';
import type { KernelOptimizer, UpdateTarget } from '../optimizers/index.js';
import type { Runner } from '../runner.js';
import type { PlateauState } from '../schedules/schedule.js';
import { Slots } from '../slots.js';
import type { Tensor } from '../tensor.js';
import { targetsByKind } from './parameter-ranges.js';
import { type BlockArrays, WeightAverage } from './weight-average.js';

type Params = Pick<HyperParameters, 'gradientAccumulation' | 'weightAverage'>;

/** The arrays of training for one block of parameters. */
interface StateOfBlock {
  readonly block: ParameterBlock;
  readonly target: UpdateTarget;
  /** The sum of gradients for an update of several batches. */
  readonly gradientSum: Tensor | undefined;
  readonly average: WeightAverage | undefined;
}

/** The state of a net's training, besides its weights, from step to step and from one `train` to the next. */
export class TrainingState {
  /**
   * `step`: batches finished; `updates`: updates finished, where not each batch makes one; `epochs`: epochs trained, begun
   * ones included; `learningRate` of the newest update; `baseRate`: η, which a schedule starts from.
   */
  readonly slots = new Slots(['step', 'updates', 'epochs', 'learningRate', 'baseRate']);
  /** The slot that counts updates. */
  readonly updateCount: 'step' | 'updates';
  plateau!: PlateauState;
  readonly #optimizer: KernelOptimizer;
  readonly #averageDecay: number | undefined;
  #state: StateOfBlock | undefined;

  constructor(optimizer: KernelOptimizer, { gradientAccumulation, weightAverage }: Params) {
    this.#optimizer = optimizer;
    this.#averageDecay = weightAverage?.decay;
    this.updateCount = gradientAccumulation > 1 ? 'updates' : 'step';
    this.reset();
  }

  /** Forgets all steps, as if the net had never been trained; recorded plans stay valid. */
  reset(): void {
    for (const name of ['step', 'updates', 'epochs']) this.slots.set(name, 0);
    for (const name of ['learningRate', 'baseRate']) this.slots.set(name, this.#optimizer.learningRate);
    this.plateau = { best: Number.POSITIVE_INFINITY, bad: 0, cooldown: 0 };
    for (const array of this.arrays) array.data.fill(0);
  }

  /** Batches and updates that are finished. */
  get counts(): Readonly<Record<'step' | 'updates', number>> {
    return { step: this.slots.get('step'), updates: this.slots.get('updates') };
  }
  set counts({ step, updates }) {
    this.slots.set('step', step);
    this.slots.set('updates', updates);
  }

  /** The arrays for the net's parameters, which start from zeros with a new block. */
  #of(block: ParameterBlock): StateOfBlock {
    if (this.#state?.block === block) return this.#state;
    const { theta, gradient } = block;
    const arena = new Arena(theta.dtype);
    const tensors = this.#optimizer.stateNames.map((name) => [name, arena.tensor(theta.shape)] as const);
    this.#state = {
      block,
      target: {
        theta,
        gradient,
        state: Object.fromEntries(tensors),
        learningRate: this.slots.slot('learningRate'),
        step: this.slots.slot(this.updateCount),
        decays: true,
      },
      gradientSum: this.updateCount === 'updates' ? arena.tensor(theta.shape) : undefined,
      average: this.#averageDecay === undefined ? undefined : new WeightAverage(block, this.#averageDecay),
    };
    return this.#state;
  }

  /** The sum of gradients for the next update of several batches. */
  gradientSum(block: ParameterBlock): Tensor {
    return this.#of(block).gradientSum!;
  }

  /** The arrays by their names, each with the layout of the net's parameters; made where they are not there yet. */
  namedArrays(block: ParameterBlock): Readonly<Record<string, Partial<BlockArrays>>> {
    return namedArraysOf(this.#of(block));
  }

  /** The optimizer's arrays, and others that change from step to step. */
  get arrays(): readonly Tensor[] {
    if (!this.#state) return [];
    return Object.values(namedArraysOf(this.#state)).flatMap((arrays) => Object.values(arrays));
  }

  /**
   * Records what comes before one or several steps: the weights of training come to where gradients are taken.
   * @param isAhead - false to take them at the weights, whatever the optimizer
   */
  beginPass(runner: Runner, block: ParameterBlock, isAhead = true): void {
    if (!isAhead && this.#averageDecay === undefined) return; // without arrays for a forward pass alone
    const { target, average } = this.#of(block);
    average?.beginPass(runner);
    if (isAhead) this.#optimizer.beginPass(runner, target);
  }

  /** Records the update of all parameters with their gradients, in one call unless weight decay excludes some. */
  updatePass(runner: Runner, { block, layers }: LayerStack): void {
    const { target, average } = this.#of(block);
    const optimizer = this.#optimizer;
    const parameters = layers.flatMap(({ layer }) => layer.parameters);
    const targets = optimizer.excludesBiasAndNorm ? targetsByKind(parameters, target) : [target];
    for (const one of targets) optimizer.updatePass(runner, one);
    average?.updatePass(runner, optimizer.weightsIn(target));
  }

  /** Records what comes after these steps, however they end: the net gets the weights that it predicts with. */
  endPass(runner: Runner, block: ParameterBlock, isAhead = true): void {
    if (!isAhead && this.#averageDecay === undefined) return;
    const { target, average } = this.#of(block);
    if (isAhead) this.#optimizer.endPass(runner, target);
    average?.endPass(runner);
  }
}

function namedArraysOf({ target, gradientSum, average }: StateOfBlock): Record<string, Partial<BlockArrays>> {
  const ofOptimizer = Object.entries(target.state).map(([name, theta]) => [name, { theta }] as const);
  return {
    ...Object.fromEntries(ofOptimizer),
    ...(gradientSum && { gradientSum: { theta: gradientSum } }),
    ...(average && { trained: average.trained, average: average.average }),
  };
}
