import type { ModelSpec } from './models.js';
import { RandomNodes } from './random-nodes.js';

/** A factor of a dimension: a length, or the number of rows. */
type Factor = number | 'rows';
/** The factors of one dimension. */
type Dimension = readonly Factor[];

const sizeOf = (numbers: readonly Factor[]) =>
  (numbers.filter((one) => one !== 'rows') as number[]).reduce((product, one) => product * one, 1);
const holdsRows = (dimension: Dimension) => dimension.includes('rows');

/** Nodes that move the rows about, merge them with other dimensions, and compute in between; at the end the rows are in front. */
class RandomLayout {
  /** The number of rows where the model fixes it. */
  readonly fixed: number | undefined;
  readonly random: RandomNodes;
  #value = 'x';
  #dims: Dimension[];

  constructor(seed: number, row: readonly number[]) {
    this.random = new RandomNodes(seed, 400);
    this.fixed = this.random.pick(undefined, undefined, 3, 1);
    this.#dims = [['rows'], ...row.map((length) => [length])];
    const steps = 4 + this.random.below(8);
    for (let i = 0; i < steps; i++) this.random.pick(...this.#kinds)();
    this.#finish();
  }

  get #rank(): number {
    return this.#dims.length;
  }

  /** The dimension of the rows. */
  get #rows(): number {
    return this.#dims.findIndex(holdsRows);
  }

  /** A dimension that does not hold the rows, which may be counted from the end; undefined where there is none. */
  #axis(from = 0): { readonly place: number; readonly axis: number; readonly length: number } | undefined {
    const places = [...this.#dims.keys()].filter((i) => i !== this.#rows && i >= from);
    const place = places.length === 0 ? undefined : this.random.pick(...places);
    if (place === undefined) return undefined;
    return { place, axis: this.random.pick(place, place - this.#rank), length: sizeOf(this.#dims[place]!) };
  }

  /** A shape of numbers: −1 for what holds the rows, or its length where the model fixes it. */
  #target(dims: readonly Dimension[]): number[] {
    return dims.map((one) =>
      holdsRows(one) ? (this.fixed === undefined ? -1 : this.fixed * sizeOf(one)) : sizeOf(one),
    );
  }

  #reshape(dims: Dimension[]): void {
    this.#value = this.random.node('Reshape', [this.#value, this.random.integers(this.#target(dims))]);
    this.#dims = dims;
  }

  #transpose(perm: readonly number[]): void {
    this.#value = this.random.node('Transpose', [this.#value], { perm });
    this.#dims = perm.map((place) => this.#dims[place]!);
  }

  /** A constant that broadcasts. */
  #operand(): string {
    const first = this.random.below(this.#rank);
    const dims = this.#dims.slice(first);
    return this.random.floats(dims.map((one) => (holdsRows(one) || this.random.below(3) === 0 ? 1 : sizeOf(one))));
  }

  readonly #kinds: readonly (() => void)[] = [
    () => {
      const order = [...this.#dims.keys()];
      for (let i = order.length - 1; i > 0; i--) {
        const j = this.random.below(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      this.#transpose(order);
    },
    () => {
      // Neighbours become one dimension.
      if (this.#rank < 2) return;
      const i = this.random.below(this.#rank - 1);
      this.#reshape(this.#dims.toSpliced(i, 2, [...this.#dims[i]!, ...this.#dims[i + 1]!]));
    },
    () => {
      // A dimension is parted, between two of its factors or in halves.
      const i = this.random.below(this.#rank);
      const factors = this.#dims[i]!;
      const at = this.random.below(factors.length);
      const [half] = factors;
      if (this.#rank > 4) return;
      if (at > 0) this.#reshape(this.#dims.toSpliced(i, 1, factors.slice(0, at), factors.slice(at)));
      else if (typeof half === 'number' && half % 2 === 0) {
        this.#reshape(this.#dims.toSpliced(i, 1, [2], [half / 2, ...factors.slice(1)]));
      }
    },
    () => {
      if (this.#rank > 4) return;
      const place = this.random.below(this.#rank + 1);
      this.#value = this.random.node('Unsqueeze', [this.#value, this.random.integers([place])]);
      this.#dims = this.#dims.toSpliced(place, 0, [1]);
    },
    () => {
      const found = this.#axis();
      if (found?.length !== 1 || this.#rank < 3) return;
      this.#value = this.random.node('Squeeze', [this.#value, this.random.integers([found.axis])]);
      this.#dims = this.#dims.toSpliced(found.place, 1);
    },
    () => {
      const axis = 1 + this.random.below(this.#rank - 1);
      this.#value = this.random.node('Flatten', [this.#value], { axis });
      this.#dims = [this.#dims.slice(0, axis).flat(), this.#dims.slice(axis).flat()];
    },
    () => {
      this.#value = this.random.node(this.random.pick('Tanh', 'Relu', 'Neg', 'Abs', 'Identity'), [this.#value]);
    },
    () => {
      const operator = this.random.pick('Add', 'Mul', 'Sub', 'Max');
      const pair = [this.#value, this.#operand()];
      this.#value = this.random.node(operator, this.random.below(2) === 0 ? pair : pair.reverse());
    },
    () => {
      const other = this.random.node('Sigmoid', [this.#value]);
      this.#value = this.random.node(this.random.pick('Add', 'Mul', 'Min'), [this.#value, other]);
    },
    () => {
      const found = this.#axis();
      if (found)
        this.#value = this.random.node(this.random.pick('Softmax', 'LogSoftmax'), [this.#value], { axis: found.axis });
    },
    () => {
      // A reduction, or what is left of a value without its mean.
      const found = this.#axis();
      if (!found || this.#rank < 3) return;
      const keepdims = this.random.below(2);
      const mean = this.random.node(this.random.pick('ReduceMean', 'ReduceMax'), [this.#value], {
        axes: [found.axis],
        keepdims,
      });
      if (keepdims === 1 && this.random.below(2) === 0) {
        this.#value = this.random.node('Sub', [this.#value, mean]);
        return;
      }
      this.#value = mean;
      this.#dims = this.#dims.toSpliced(found.place, 1, ...(keepdims === 1 ? [[1]] : []));
    },
    () => {
      const found = this.#axis(this.#rows + 1);
      if (!found) return;
      const shape = this.#dims.slice(found.place).map(sizeOf);
      const inputs = [this.#value, this.random.floats(shape), this.random.floats(shape)];
      this.#value = this.random.node('LayerNormalization', inputs, { axis: found.axis, epsilon: { float: 0.1 } });
    },
    () => {
      const found = this.#axis();
      if (!found || found.length < 2) return;
      const ranges = [[1], [found.length], [found.axis]].map((list) => this.random.integers(list));
      this.#value = this.random.node('Slice', [this.#value, ...ranges]);
      this.#dims = this.#dims.with(found.place, [found.length - 1]);
    },
    () => {
      const found = this.#axis();
      if (!found) return;
      const isScalar = this.random.below(2) === 0 && this.#rank > 2;
      const indices = isScalar
        ? this.random.integers([found.length - 1], [])
        : this.random.integers([found.length - 1, 0]);
      this.#value = this.random.node('Gather', [this.#value, indices], { axis: found.axis });
      this.#dims = this.#dims.toSpliced(found.place, 1, ...(isScalar ? [] : [[2]]));
    },
    () => {
      const found = this.#axis();
      if (!found || found.length > 4) return;
      const other = this.random.node('Neg', [this.#value]);
      this.#value = this.random.node('Concat', [this.#value, other], { axis: found.axis });
      this.#dims = this.#dims.with(found.place, [2 * found.length]);
    },
    () => {
      const found = this.#axis();
      if (!found || found.length < 2) return;
      const parts = [this.random.name(), this.random.name()];
      const sizes = this.random.integers([1, found.length - 1]);
      this.random.nodes.push(['Split', [this.#value, sizes], parts, { attributes: { axis: found.axis } }]);
      this.#value = this.random.node('Mul', parts);
      this.#dims = this.#dims.with(found.place, [found.length - 1]);
    },
    () => {
      const found = this.#axis();
      if (!found) return;
      // Sums may grow, and cancel out.
      this.#value = this.random.node('Tanh', [
        this.random.node('CumSum', [this.#value, this.random.integers([found.axis], [])]),
      ]);
    },
    () => {
      const found = this.#axis();
      if (!found || found.length > 4) return;
      const repeats = this.#dims.map((_, i) => (i === found.place ? 2 : 1));
      this.#value = this.random.node('Tile', [this.#value, this.random.integers(repeats)]);
      this.#dims = this.#dims.with(found.place, [2 * found.length]);
    },
    () => {
      const above = this.random.node('Greater', [this.#value, this.#operand()]);
      this.#value = this.random.node('Where', [above, this.#value, this.#operand()]);
    },
    () => {
      // Zeros of a computed shape.
      const shape = this.random.node('Shape', [this.#value]);
      this.#value = this.random.node('Add', [this.#value, this.random.node('ConstantOfShape', [shape])]);
    },
    () => {
      // The shape of the rows, in numbers that are computed.
      const shape = this.random.node('Shape', [this.#value]);
      const places = this.#dims.map((one, i) => ({
        one,
        part: this.random.node('Gather', [shape, this.random.integers([i])]),
      }));
      const [first, second] = places;
      if (!second) return;
      const both = this.random.node('Mul', [first!.part, second.part]);
      const all = this.random.node('Concat', [both, ...places.slice(2).map(({ part }) => part)], { axis: 0 });
      this.#value = this.random.node('Reshape', [this.#value, all]);
      this.#dims = [[...first!.one, ...second.one], ...this.#dims.slice(2)];
    },
    () => {
      if (this.#rank > 4) return;
      const shape = [2, ...this.#dims.map((one) => (sizeOf(one) === 1 && !holdsRows(one) ? 2 : 1))];
      this.#value = this.random.node('Expand', [this.#value, this.random.integers(shape)]);
      this.#dims = [[2], ...this.#dims.map((one, i) => (shape[i + 1] === 2 ? [2] : one))];
    },
    () => {
      const last = this.#dims.at(-1)!;
      if (holdsRows(last) || this.#rank < 2) return;
      const weights = this.random.floats([sizeOf(last), 3]);
      this.#value = this.random.node(this.#rank === 2 ? this.random.pick('Gemm', 'MatMul') : 'MatMul', [
        this.#value,
        weights,
      ]);
      this.#dims = this.#dims.with(-1, [3]);
    },
    () => {
      // A value and itself, as in attention.
      if (this.#rank < 3 || this.#rows >= this.#rank - 2) return;
      const order = [...this.#dims.keys()];
      const other = this.random.node('Transpose', [this.#value], {
        perm: [...order.slice(0, -2), this.#rank - 1, this.#rank - 2],
      });
      const scores = this.random.node('MatMul', [this.#value, other]);
      const weights = this.random.node('Softmax', [scores], { axis: -1 });
      this.#value = this.random.node('MatMul', [weights, this.#value]);
    },
  ];

  /** The rows in front, and nothing with them. */
  #finish(): void {
    const at = this.#rows;
    const factors = this.#dims[at]!;
    const place = factors.indexOf('rows');
    const parts = [factors.slice(0, place), ['rows' as const], factors.slice(place + 1)];
    this.#reshape(this.#dims.toSpliced(at, 1, ...parts));
    const order = [...this.#dims.keys()];
    this.#transpose([at + 1, ...order.filter((i) => i !== at + 1)]);
  }
}

/** A model with its rows in many places; the same for the same seed. */
export function randomLayout(seed: number): { readonly spec: ModelSpec; readonly fixed: number | undefined } {
  const row = [4, 6];
  const { random, fixed } = new RandomLayout(seed, row);
  const { nodes, tensors } = random;
  return { spec: { nodes, tensors, inputShape: [fixed ?? 'n', ...row], opset: 17 }, fixed };
}
