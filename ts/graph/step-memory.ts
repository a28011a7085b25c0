import { badArgument, shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import { Value } from '../ops/value.js';
import { type DType, requireTensor, sizeOf, Tensor } from '../tensor/tensor.js';
import type { Pass } from './pass.js';

/** A tensor that is kept from step to step. */
interface Kept {
  readonly tensor: Tensor;
  /** The dimension that has a place for each step; undefined where there is none. */
  readonly axis: number | undefined;
}

/** The most steps that int32 and float32 can both count. */
export const mostSteps = 2 ** 24;

/** Memory of layers from one step of a stream to the next, such as the state of a recurrent layer. */
export class StepMemory {
  /** By layer, in the order in which a pass applies it. */
  readonly #kept = new Map<object, (readonly Kept[])[]>();
  readonly #applied = new Map<object, number>();
  readonly #whole = new Set<Value>();
  readonly #maxSteps: number | undefined;
  readonly #position = Tensor.zeros([1], 'int32');
  #beside: Pass | undefined;
  /** Whether a layer asked for the position, and for places for steps. */
  #isCounted = false;
  #isLimited = false;

  /** @param maxSteps - of a sequence, where it is known */
  constructor(maxSteps?: number) {
    this.#maxSteps = maxSteps;
  }

  /**
   * To be called before each pass over the layers: they find what they kept in the pass before.
   * @param beside - the pass over what is computed once for a sequence
   */
  begin(beside?: Pass): void {
    this.#applied.clear();
    this.#whole.clear();
    this.#beside = beside;
  }

  /**
   * The memory of a layer where the pass now applies it: tensors of these shapes, zeros at first.
   * @param axes - for shapes with `maxSteps` places, of which each step fills one: the dimension of the places
   */
  of(
    layer: object,
    shapes: readonly (readonly number[])[],
    dtype: DType,
    axes: readonly number[] = [],
  ): readonly Tensor[] {
    const place = this.#applied.get(layer) ?? 0;
    this.#applied.set(layer, place + 1);
    const all = this.#kept.get(layer) ?? [];
    this.#kept.set(layer, all);
    all[place] ??= shapes.map((shape, i) => ({ tensor: Tensor.zeros(shape, dtype), axis: axes[i] }));
    return all[place].map(({ tensor }) => tensor);
  }

  /** Whether a value is the same for all steps of a sequence, such as the sequence that a decoder looks at. */
  isWhole(value: Value): boolean {
    return this.#whole.has(value);
  }

  /** Notes such a value. */
  addWhole(value: Value): void {
    this.#whole.add(value);
  }

  /** The memory of a layer for what it computes of whole values: once for a sequence, not at each step. */
  once(layer: object, dtype: DType, compute: (ops: Ops) => readonly Value[]): readonly Tensor[] {
    const { ops, tape } = this.#beside!;
    const values = compute(ops);
    const kept = this.of(
      layer,
      values.map(({ shape }) => shape),
      dtype,
    );
    for (const [i, { tensor }] of values.entries()) tape.copy(tensor, kept[i]!, 0);
    return kept;
  }

  /** The number of the step in its sequence, from 0: int32 of shape [1]. */
  get position(): Value {
    this.#isCounted = true;
    return new Value(this.#position);
  }

  /** The steps for which layers have places. @throws BlasnetError `ERR_BAD_ARGUMENT` where their number is not known */
  get maxSteps(): number {
    if (this.#maxSteps === undefined) {
      const hint = 'write net.stream({ maxSteps })';
      throw badArgument('maxSteps', 'a number, since the net has seen no sequence,', 'none', hint);
    }
    this.#isLimited = true;
    return this.#maxSteps;
  }

  /** The steps of the sequence so far, where they are counted. */
  get steps(): number {
    return this.#position.data[0]!;
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` where there is no place for a further step */
  requirePlace(): void {
    if (!this.#isLimited || this.steps < this.#maxSteps!) return;
    const hint = 'begin a new sequence by stream.reset(), or open net.stream({ maxSteps }) with more';
    throw badArgument('the steps of a sequence', `at most ${this.#maxSteps}`, this.steps + 1, hint);
  }

  /** To be called after each step. */
  advance(): void {
    if (this.#isCounted && this.steps < 2 ** 31 - 1) this.#position.data[0] = this.steps + 1;
  }

  /** Begins a new sequence. */
  reset(): void {
    this.#position.data[0] = 0;
    for (const { tensor } of this.#all) tensor.data.fill(0);
  }

  /** All that layers remember, in the order in which the first pass applied them. */
  get tensors(): readonly Tensor[] {
    return this.#all.map(({ tensor }) => tensor);
  }

  get #all(): readonly Kept[] {
    return [...this.#kept.values()].flat(2);
  }

  /** Copies of what layers remember, places only of the steps so far; then the number of these steps, where it counts. */
  get state(): readonly Tensor[] {
    const { steps } = this;
    const copies = this.#all.map(({ tensor, axis }) => copyOf(tensor, axis, steps));
    const [first] = copies;
    if (!this.#isCounted) return copies;
    const dtype = first?.dtype ?? 'float32';
    return [...copies, Tensor.from(dtype === 'float64' ? Float64Array.of(steps) : Float32Array.of(steps), [1])];
  }

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` or `ERR_SHAPE_MISMATCH` for what is no state of this memory */
  set state(state: readonly Tensor[]) {
    const all = this.#all;
    const count = all.length + Number(this.#isCounted);
    if (!Array.isArray(state) || state.length !== count) {
      throw badArgument('state', `the ${count} tensors of this stream's state`, state);
    }
    const steps = this.#isCounted ? this.#stepsOf(state[all.length], all.length) : 0;
    for (const [i, { tensor, axis }] of all.entries()) {
      const shape = tensor.shape.map((length, dimension) => (dimension === axis ? steps : length));
      requireState(`state[${i}]`, state[i], shape, tensor.dtype);
    }
    for (const [i, { tensor, axis }] of all.entries()) fill(tensor, axis, state[i]!);
    this.#position.data[0] = steps;
  }

  #stepsOf(given: unknown, i: number): number {
    requireTensor(`state[${i}]`, given);
    const steps = given.data[0]!;
    const most = this.#isLimited ? this.#maxSteps! : 2 ** 31 - 1;
    if (given.size === 1 && Number.isInteger(steps) && steps >= 0 && steps <= most) return steps;
    throw badArgument(`state[${i}]`, `a number of steps from 0 to ${most}`, given.size === 1 ? steps : given);
  }
}

function requireState(what: string, source: unknown, shape: readonly number[], dtype: DType): void {
  requireTensor(what, source);
  if (source.dtype !== dtype) throw badArgument(what, `a ${dtype} tensor`, `a ${source.dtype} one`);
  if (source.shape.join() === shape.join()) return;
  throw shapeMismatch(what, `shape [${shape.join(', ')}]`, `[${source.shape.join(', ')}]`);
}

/** Runs of numbers of a tensor: so many, each with so many numbers for a place. */
function runsOf({ shape }: Tensor, axis: number) {
  return { runs: sizeOf(shape.slice(0, axis)), places: shape[axis]!, width: sizeOf(shape.slice(axis + 1)) };
}

/** The first places of a tensor, or all of it. */
function copyOf(tensor: Tensor, axis: number | undefined, count: number): Tensor {
  if (axis === undefined) return tensor.clone();
  const { runs, places, width } = runsOf(tensor, axis);
  const copy = Tensor.zeros(
    tensor.shape.map((length, i) => (i === axis ? count : length)),
    tensor.dtype,
  );
  for (let run = 0; run < runs; run++) {
    const from = run * places * width;
    copy.data.set(tensor.data.subarray(from, from + count * width), run * count * width);
  }
  return copy;
}

/** Writes such a copy back. */
function fill(tensor: Tensor, axis: number | undefined, copy: Tensor): void {
  if (axis === undefined) {
    tensor.data.set(copy.data);
    return;
  }
  const { runs, places, width } = runsOf(tensor, axis);
  const size = copy.shape[axis]! * width;
  for (let run = 0; run < runs; run++) {
    tensor.data.set(copy.data.subarray(run * size, (run + 1) * size), run * places * width);
  }
}
