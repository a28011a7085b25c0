import type { HyperParameters } from '../hyper-parameters.js';
import type { KernelOptimizer, UpdateTarget } from '../optimizers/index.js';
import { requireLazy } from '../optimizers/lazy-rows.js';
import { Arena } from '../runtime/arena.js';
import type { KernelArgument, Runner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import type { PlateauState } from '../schedules/schedule.js';
import type { Tensor } from '../tensor/tensor.js';
import type { LayerStack, ParameterBlock } from './layer-stack.js';
import { partsByKind } from './parameter-ranges.js';
import type { UpdatePieces } from './update-pieces.js';
import { type BlockArrays, WeightAverage } from './weight-average.js';

type Params = Pick<HyperParameters, 'gradientAccumulation' | 'weightAverage'>;

/** Numbers of batches and updates. */
export interface Counts {
  readonly step: number;
  readonly updates?: number | undefined;
  readonly age?: number | undefined;
}

/** The arrays of training for one block of parameters. */
interface StateOfBlock {
  readonly block: ParameterBlock;
  readonly target: Omit<UpdateTarget, 'step'>;
  /** The sum of gradients for an update of several batches. */
  readonly gradientSum: Tensor | undefined;
  readonly average: WeightAverage | undefined;
}

/** The state of a net's training, besides its weights, from step to step and from one `train` to the next. */
export class TrainingState {
  /**
   * `step`: batches finished; `updates`: updates finished, where not each batch makes one; `age`: updates since the
   * optimizer's memory began, where that was later; `epochs`: epochs trained, begun ones included; `learningRate` of the
   * newest update; `baseRate`: η, which a schedule starts from.
   */
  readonly scalars = new RuntimeScalars(['step', 'updates', 'age', 'epochs', 'learningRate', 'baseRate']);
  /** The scalar that counts updates. */
  readonly updateCount: 'step' | 'updates';
  plateau!: PlateauState;
  readonly #optimizer: KernelOptimizer;
  readonly #averageDecay: number | undefined;
  /** Whether the optimizer's memory began later than the net's training. */
  #hasAge = false;
  /** The learning rate times each of the factors that layers have. */
  readonly #rates = new Map<number, RuntimeScalars>();
  #state: StateOfBlock | undefined;

  constructor(optimizer: KernelOptimizer, { gradientAccumulation, weightAverage }: Params) {
    this.#optimizer = optimizer;
    this.#averageDecay = weightAverage?.decay;
    this.updateCount = gradientAccumulation > 1 ? 'updates' : 'step';
    this.reset();
  }

  /** Forgets all steps, as if the net had never been trained; recorded plans stay valid. */
  reset(): void {
    for (const name of ['step', 'updates', 'age', 'epochs']) this.scalars.set(name, 0);
    for (const name of ['learningRate', 'baseRate']) this.scalars.set(name, this.#optimizer.learningRate);
    this.plateau = { best: Number.POSITIVE_INFINITY, bad: 0, cooldown: 0 };
    for (const array of this.arrays) array.data.fill(0);
  }

  /** Batches and updates that are finished; those that are not counted apart are absent. */
  get counts(): Counts {
    return {
      step: this.scalars.get('step'),
      ...(this.updateCount === 'updates' && { updates: this.scalars.get('updates') }),
      ...(this.#hasAge && { age: this.scalars.get('age') }),
    };
  }
  set counts({ step, updates = 0, age }) {
    this.scalars.set('step', step);
    this.scalars.set('updates', updates);
    if (age !== undefined) this.#begin(age);
  }

  /** Counts the updates of the optimizer's memory from there on. */
  #begin(age: number): void {
    this.#hasAge = true;
    this.scalars.set('age', age);
  }

  /** Records the count of an update. */
  countPass(runner: Runner): void {
    for (const name of [this.updateCount, ...(this.#hasAge ? ['age'] : [])]) {
      runner.run('count_step', { step: this.scalars.vector(name) });
    }
  }

  /** The arrays for the net's parameters, which start from zeros with a new block. */
  #of(block: ParameterBlock): StateOfBlock {
    if (this.#state?.block === block) return this.#state;
    const { theta, gradient } = block;
    if (this.scalars.get(this.updateCount) > 0) this.#begin(0);
    const arena = new Arena(theta.dtype);
    const tensors = this.#optimizer.stateNames.map((name) => [name, arena.tensor(theta.shape)] as const);
    this.#state = {
      block,
      target: {
        theta,
        gradient,
        state: Object.fromEntries(tensors),
        learningRate: this.scalars.scalar('learningRate'),
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
    this.#of(block).average?.beginPass(runner);
    if (isAhead) this.#optimizer.beginPass(runner, this.#target(block));
  }

  /**
   * Records the update of all parameters with their gradients, by one call for those that are updated alike.
   * @param pieces - the share of this process, where several make the update together: all then have the new weights, but
   *   other arrays of this state only for their own pieces, before `gatherPass`
   */
  updatePass(runner: Runner, { block, layers }: LayerStack, pieces?: UpdatePieces): void {
    const { average } = this.#of(block);
    const target = this.#target(block);
    const optimizer = this.#optimizer;
    const parameters = layers.flatMap(({ layer }) => layer.parameters);
    for (const part of partsByKind(parameters, target, optimizer.excludesBiasAndNorm, pieces?.own)) {
      if (part.target.rowSize !== undefined) requireLazy(optimizer);
      const learningRate = this.#ratePass(runner, part.rateFactor);
      optimizer.updatePass(runner, { ...part.target, learningRate });
    }
    average?.updatePass(runner, optimizer.weightsIn(target), pieces?.own);
    pieces?.gatherPass(runner, block.theta);
  }

  /** Records the kernels that give each of the processes that share updates the arrays of this state as a whole. */
  gatherPass(runner: Runner, block: ParameterBlock, pieces: UpdatePieces): void {
    const { target, gradientSum, average } = this.#of(block);
    const arrays = [...Object.values(target.state), gradientSum, average?.average.theta];
    for (const array of arrays) if (array) pieces.gatherPass(runner, array);
  }

  /** Records what comes after these steps, however they end: the net gets the weights that it predicts with. */
  endPass(runner: Runner, block: ParameterBlock, isAhead = true): void {
    if (!isAhead && this.#averageDecay === undefined) return;
    if (isAhead) this.#optimizer.endPass(runner, this.#target(block));
    this.#of(block).average?.endPass(runner);
  }

  #target(block: ParameterBlock): UpdateTarget {
    const { target } = this.#of(block);
    return { ...target, step: this.scalars.scalar(this.#hasAge ? 'age' : this.updateCount) };
  }

  /** Records the learning rate of layers with that factor. */
  #ratePass(runner: Runner, factor: number): KernelArgument {
    const base = this.scalars.scalar('learningRate');
    if (factor === 1) return base;
    const scalars = this.#rates.get(factor) ?? new RuntimeScalars(['rate']);
    this.#rates.set(factor, scalars);
    // A warm-up begins at from · base.
    runner.run('constant_rate', { rate: scalars.vector('rate'), count: 0, base, warmUp: 1, from: factor });
    return scalars.scalar('rate');
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
