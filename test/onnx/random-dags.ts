import type { ModelSpec } from './models.js';
import { type Attributes, RandomNodes } from './random-nodes.js';

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

interface Known {
  readonly name: string;
  /** Rows included. */
  readonly shape: readonly number[];
}

/** A graph of random nodes that take any of the values before them; the same for the same seed. */
class RandomDag {
  readonly batch: number | string;
  readonly shape: readonly number[];
  readonly random: RandomNodes;
  readonly #known: Known[];

  constructor(seed: number) {
    this.random = new RandomNodes(seed, 2000);
    const rows = 1 + this.random.below(3);
    this.batch = this.random.pick<number | string>('n', 'n', rows);
    this.shape = [rows, ...Array.from({ length: 1 + this.random.below(3) }, () => 1 + this.random.below(4))];
    this.#known = [{ name: 'x', shape: this.shape }];
    const count = 2 + this.random.below(7);
    for (let i = 0; i < count; i++) this.random.pick(...this.#kinds)();
  }

  #value(): Known {
    return this.random.pick(this.#known.at(-1)!, this.#known.at(-1)!, ...this.#known);
  }

  #node(operator: string, inputs: readonly string[], shape: readonly number[], attributes: Attributes = {}): void {
    this.#known.push({ name: this.random.node(operator, inputs, attributes), shape });
  }

  /** The shape that two broadcast to; undefined where they do not. */
  #broadcast(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
    const rank = Math.max(a.length, b.length);
    const lengths = Array.from({ length: rank }, (_, i) => {
      const [p, q] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
      return p === q || q === 1 ? p : p === 1 ? q : 0;
    });
    return lengths.includes(0) ? undefined : lengths;
  }

  /** A constant of a shape that may go with a value. */
  #constantFor(shape: readonly number[]): Known {
    const dims = this.random.pick<readonly number[]>(
      [],
      [1],
      shape.slice(1),
      shape.slice(-1),
      shape.map((length, i) => (i === 0 ? 1 : length)),
      shape.map((length, i) => (i === 1 ? length : 1)),
      shape,
      [2, ...shape.slice(1)],
    );
    return { name: this.random.floats(dims, 0.5, 1.5), shape: dims };
  }

  readonly #kinds: readonly (() => void)[] = [
    () => this.#two(),
    () => this.#two(),
    () => this.#two(),
    () => {
      const x = this.#value();
      this.#node(
        this.random.pick('Relu', 'Tanh', 'Sigmoid', 'Neg', 'Abs', 'Identity', 'Softplus', 'Sign'),
        [x.name],
        x.shape,
      );
    },
    () => {
      const x = this.#value();
      const axis = this.random.below(x.shape.length);
      const operator = this.random.pick(
        'ReduceMean',
        'ReduceMax',
        'ReduceL2',
        'ReduceLogSumExp',
        'ReduceMin',
        'ReduceL1',
      );
      const keepdims = this.random.below(2);
      const shape = x.shape.flatMap((length, i) => (i !== axis ? [length] : keepdims ? [1] : []));
      this.#node(operator, [x.name], shape, { axes: [this.random.pick(axis, axis - x.shape.length)], keepdims });
    },
    () => {
      const x = this.#value();
      const operator = this.random.pick('Softmax', 'LogSoftmax', 'Hardmax');
      this.#node(operator, [x.name], x.shape, { axis: this.random.below(x.shape.length) });
    },
    () => {
      const x = this.#value();
      const order = x.shape.map((_, i) => i);
      const [a, b] = [this.random.below(order.length), this.random.below(order.length)];
      [order[a], order[b]] = [order[b]!, order[a]!];
      this.#node(
        'Transpose',
        [x.name],
        order.map((i) => x.shape[i]!),
        { perm: order },
      );
    },
    () => {
      const [x, y] = [this.#value(), this.#value()];
      const axis = this.random.below(x.shape.length);
      const fits =
        x.shape.length === y.shape.length && x.shape.every((length, i) => i === axis || length === y.shape[i]);
      if (!fits) return;
      const shape = x.shape.map((length, i) => (i === axis ? length + y.shape[i]! : length));
      this.#node('Concat', [x.name, y.name], shape, { axis });
    },
    () => {
      const x = this.#value();
      const axis = this.random.below(x.shape.length);
      const length = x.shape[axis]!;
      const [from, step] = [this.random.below(length), this.random.pick(1, 1, 2)];
      const lists = [[from], [this.random.pick(length, 2 ** 31 - 1)], [axis], [step]].map((list) =>
        this.random.integers(list),
      );
      const shape = x.shape.map((size, i) => (i === axis ? Math.ceil((length - from) / step) : size));
      this.#node('Slice', [x.name, ...lists], shape);
    },
    () => {
      const x = this.#value();
      const axis = this.random.below(x.shape.length);
      const picks = [0, 1, 0].slice(this.random.below(3)).map((i) => i % x.shape[axis]!);
      const shape = x.shape.map((size, i) => (i === axis ? picks.length : size));
      this.#node('Gather', [x.name, this.random.integers(picks)], shape, { axis });
    },
    () => {
      const x = this.#value();
      const columns = 1 + this.random.below(3);
      if (x.shape.length < 2) return;
      this.#node(
        'MatMul',
        [x.name, this.random.floats([x.shape.at(-1)!, columns])],
        [...x.shape.slice(0, -1), columns],
      );
    },
    () => {
      const [x, y] = [this.#value(), this.#value()];
      if (x.shape.length < 3 || x.shape.length !== y.shape.length) return;
      const fits = x.shape.slice(0, -2).join() === y.shape.slice(0, -2).join() && x.shape.at(-1) === y.shape.at(-2);
      if (fits) this.#node('MatMul', [x.name, y.name], [...x.shape.slice(0, -1), y.shape.at(-1)!]);
    },
    () => {
      const x = this.#value();
      const axis = this.random.below(x.shape.length + 1);
      this.#node('Unsqueeze', [x.name, this.random.integers([axis])], x.shape.toSpliced(axis, 0, 1));
    },
    () => {
      const x = this.#value();
      const size = product(x.shape.slice(1));
      const target = this.random.pick(
        [0, -1],
        [-1, size],
        [0, 1, -1],
        [x.shape[0]!, size],
        [size, -1],
        [-1, x.shape.at(-1)!],
      );
      const zero = target.map((length) => (length === 0 ? x.shape[0]! : length));
      const rest = product(x.shape) / product(zero.filter((length) => length !== -1));
      if (!Number.isInteger(rest)) return;
      this.#node(
        'Reshape',
        [x.name, this.random.integers(target)],
        zero.map((length) => (length === -1 ? rest : length)),
      );
    },
    () => {
      const x = this.#value();
      const pads = [...x.shape.map(() => this.random.below(2)), ...x.shape.map(() => this.random.below(2))];
      if (this.random.below(3) > 0) [pads[0], pads[x.shape.length]] = [0, 0];
      const rank = x.shape.length;
      const shape = x.shape.map((length, i) => length + pads[i]! + pads[i + rank]!);
      this.#node('Pad', [x.name, this.random.integers(pads)], shape, { mode: this.random.pick('constant', 'edge') });
    },
    () => {
      const x = this.#value();
      const shape = x.shape.map((length, i) => (i > 0 && length === 1 ? 3 : length));
      this.#node('Expand', [x.name, this.random.integers(shape)], shape);
    },
    () => {
      const x = this.#value();
      if (x.shape.length < 3 || x.shape.length > 4) return;
      const kernel = x.shape.slice(2).map((length) => 1 + this.random.below(Math.min(length, 2)));
      const pads = [...kernel, ...kernel].map((size) => this.random.below(size));
      const spatial = x.shape
        .slice(2)
        .map((length, i) => length + pads[i]! + pads[i + kernel.length]! - kernel[i]! + 1);
      const operator = this.random.pick('Conv', 'MaxPool', 'AveragePool');
      const shape = [x.shape[0]!, operator === 'Conv' ? 2 : x.shape[1]!, ...spatial];
      const filters = operator === 'Conv' ? [this.random.floats([2, x.shape[1]!, ...kernel])] : [];
      this.#node(operator, [x.name, ...filters], shape, { kernel_shape: kernel, pads });
    },
  ];

  #two(): void {
    const x = this.#value();
    const y = this.random.pick(this.#value(), this.#constantFor(x.shape));
    const [a, b] = this.random.pick([x, y], [x, y], [y, x]);
    const shape = this.#broadcast(a.shape, b.shape);
    if (!shape) return;
    const operator = this.random.pick('Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean');
    this.#node(operator, [a.name, b.name], shape);
  }
}

/** The model of a random graph, and the shape of rows for it; undefined where no node fits. */
export function randomDag(seed: number): { readonly spec: ModelSpec; readonly shape: readonly number[] } | undefined {
  const { random, batch, shape } = new RandomDag(seed);
  const { nodes, tensors } = random;
  if (nodes.length === 0) return undefined;
  return { spec: { nodes, tensors, opset: 13, inputShape: [batch, ...shape.slice(1)] }, shape };
}
