import type { ModelSpec } from './models.js';
import { type Attributes, RandomNodes } from './random-nodes.js';

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

/** A chain of random nodes, most of which fit each other; the same for the same seed. */
class RandomChain {
  readonly opset: number;
  readonly batch: number | string;
  readonly row: readonly number[];
  readonly random: RandomNodes;
  #value = 'x';
  /** Shape of one row, as far as the nodes fit. */
  #shape: readonly number[];

  constructor(seed: number) {
    this.random = new RandomNodes(seed, 200);
    this.row = Array.from({ length: 1 + this.random.below(5) }, () => 1 + this.random.below(4));
    this.batch = this.random.pick<number | string>('n', 'n', 2, 3, 1);
    this.opset = this.random.pick(9, 11, 13, 17, 20);
    this.#shape = this.row;
    const nodes = 1 + this.random.below(5);
    for (let i = 0; i < nodes; i++) this.random.pick(...this.#kinds)();
  }

  /** A node that takes the rows first. */
  #next(operator: string, others: readonly string[] = [], attributes: Attributes = {}): void {
    this.#value = this.random.node(operator, [this.#value, ...others], attributes);
  }

  /** Integers that are an attribute, or an input from some operator set on. */
  #listed(operator: string, name: string, values: readonly number[], since: number, attributes: Attributes = {}): void {
    if (this.opset >= since) this.#next(operator, [this.random.integers(values)], attributes);
    else this.#next(operator, [], { ...attributes, [name]: values });
  }

  readonly #kinds: readonly (() => void)[] = [
    ...['Relu', 'Sigmoid', 'Tanh', 'Identity', 'Dropout'].map((operator) => () => this.#next(operator)),
    () => {
      const sigmoid = this.random.node('Sigmoid', [this.#value]);
      this.#value = this.random.node('Mul', this.random.pick([this.#value, sigmoid], [sigmoid, this.#value]));
    },
    () => this.#gemm(),
    () => this.#gemm(),
    () => {
      const outputs = 1 + this.random.below(3);
      this.#next('MatMul', [this.random.floats([this.#shape.at(-1)!, outputs])]);
      this.#shape = [...this.#shape.slice(0, -1), outputs];
    },
    () => {
      const kernel = this.random.pick([1, 1], [2, 2], [2, 1]);
      const pads = this.random.pick([0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1]);
      this.#next('Conv', [this.random.floats([2, this.#shape[0]!, ...kernel])], { pads });
    },
    () => {
      const attributes = {
        kernel_shape: this.random.pick([1, 1], [2, 2], [2, 1]),
        strides: this.random.pick([1, 1], [2, 2]),
      };
      this.#next(this.random.pick('MaxPool', 'AveragePool'), [], attributes);
    },
    () => {
      this.#next('GlobalAveragePool');
      this.#shape = this.#shape.map((size, i) => (i === 0 ? size : 1));
    },
    () => {
      const features = [this.#shape[0]!];
      const statistics = [0, 1, 2].map(() => this.random.floats(features));
      this.#next('BatchNormalization', [...statistics, this.random.floats(features, 0.5, 2)]);
    },
    () => this.#arithmetic(),
    () => this.#arithmetic(),
    () => this.#reshape(),
    () => this.#computedReshape(),
    () => {
      this.#next(
        'Flatten',
        [],
        this.random.pick<Attributes>({}, { axis: 1 }, { axis: -this.#shape.length }, { axis: 2 }),
      );
      this.#shape = [product(this.#shape)];
    },
    () => {
      const axes = this.random.pick([1], [2], [-1], [0], [2, 3], [1, 2]);
      this.#listed('Squeeze', 'axes', axes, 13);
      const left = this.#shape.filter((_, i) => !axes.includes(i + 1));
      this.#shape = left.length > 0 ? left : [1];
    },
    () => {
      this.#listed('Unsqueeze', 'axes', this.random.pick([1], [2], [-1], [0], [1, 2]), 13);
      this.#shape = [1, ...this.#shape];
    },
    () => this.#next('Softmax', [], this.random.pick<Attributes>({}, { axis: 1 }, { axis: -1 }, { axis: 0 })),
    () => this.#next('Cast', [], { to: this.random.pick(1, 1, 11, 7) }),
    () => {
      const factor = this.random.node('CastLike', [this.random.floats([], 0.5, 2), this.#value]);
      this.#next('Mul', [factor]);
    },
    () => {
      const keepdims = this.random.below(2);
      this.#listed('ReduceMean', 'axes', this.random.pick([2, 3], [-1, -2], [1], [1, 2]), 18, { keepdims });
      this.#shape = keepdims ? [this.#shape[0]!, 1, 1] : [this.#shape[0]!];
    },
    () => this.#listed('Pad', 'pads', this.random.pick([0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 1, 0]), 11),
  ];

  #gemm(): void {
    const [inputs, outputs, transB] = [product(this.#shape), 1 + this.random.below(3), this.random.below(2)];
    const weights = this.random.floats(transB ? [outputs, inputs] : [inputs, outputs]);
    const bias = this.random.below(2) ? [this.random.floats(this.random.pick([outputs], [1, outputs], [], [1]))] : [];
    this.#next('Gemm', [weights, ...bias], { transB, alpha: { float: this.random.pick(1, 0.5) } });
    this.#shape = [outputs];
  }

  #arithmetic(): void {
    const shape = this.#shape;
    const perChannel = shape.map((size, i) => (i === 0 ? size : 1));
    const dims = this.random.pick(
      [],
      [1],
      shape,
      [1, ...shape],
      perChannel,
      shape.slice(-1),
      [2, ...shape],
      [1, 1, ...shape],
    );
    const constant = this.random.floats(dims, 0.5, 2);
    const operands = this.random.pick([this.#value, constant], [this.#value, constant], [constant, this.#value]);
    this.#value = this.random.node(this.random.pick('Add', 'Sub', 'Mul', 'Div'), operands);
  }

  #reshape(): void {
    const size = product(this.#shape);
    const rows = typeof this.batch === 'number' ? this.batch : 2;
    const [keep, open] = [
      [0, ...this.#shape],
      [0, 0, -1],
    ];
    const target = this.random.pick(
      [0, -1],
      [-1, size],
      keep,
      open,
      [-1, 1, size],
      [rows, size],
      [size, -1],
      [-1, 1],
      [1, -1],
    );
    this.#next(
      'Reshape',
      [this.random.integers(target)],
      this.opset >= 14 && this.random.below(3) === 0 ? { allowzero: 1 } : {},
    );
    this.#shape = [size];
  }

  /** To [x.size(i), -1], where i is mostly 0. */
  #computedReshape(): void {
    const all = this.random.node('Shape', [this.#value]);
    const isScalar = this.random.below(2) === 1;
    const size = this.random.node('Gather', [
      all,
      this.random.integers([this.random.pick(0, 0, 1)], isScalar ? [] : [1]),
    ]);
    const [axes, attributes] = this.opset >= 13 ? [[this.random.integers([0])], {}] : [[], { axes: [0] }];
    const rows = isScalar ? this.random.node('Unsqueeze', [size, ...axes], attributes) : size;
    this.#next('Reshape', [this.random.node('Concat', [rows, this.random.integers([-1])], { axis: 0 })]);
    this.#shape = [product(this.#shape)];
  }
}

/** The model of a random chain, and the shape of rows for it. */
export function randomGraph(seed: number): { readonly spec: ModelSpec; readonly shape: readonly number[] } {
  const { random, opset, batch, row } = new RandomChain(seed);
  const { nodes, tensors } = random;
  const rows = typeof batch === 'number' ? batch : 1 + (seed % 3);
  return { spec: { nodes, tensors, opset, inputShape: [batch, ...row] }, shape: [rows, ...row] };
}
