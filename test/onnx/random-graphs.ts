import type { TensorMessage } from '#blasnet/onnx/messages';
import { uniforms } from '../support/numerics.js';
import { type ModelSpec, type NodeSpec, tensor, whole } from './models.js';

type Attributes = NonNullable<NodeSpec['attributes']>;

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

/** A chain of random nodes, most of which fit each other; the same for the same seed. */
class RandomChain {
  readonly nodes: ModelSpec['nodes'][number][] = [];
  readonly tensors: TensorMessage[] = [];
  readonly opset: number;
  readonly batch: number | string;
  readonly row: readonly number[];
  readonly #numbers: Float64Array;
  readonly #seed: number;
  #drawn = 0;
  #names = 0;
  #value = 'x';
  /** Shape of one row, as far as the nodes fit. */
  #shape: readonly number[];

  constructor(seed: number) {
    this.#seed = seed;
    this.#numbers = uniforms(200, seed, 0, 1);
    this.row = Array.from({ length: 1 + this.#below(5) }, () => 1 + this.#below(4));
    this.batch = this.#pick<number | string>('n', 'n', 2, 3, 1);
    this.opset = this.#pick(9, 11, 13, 17, 20);
    this.#shape = this.row;
    const nodes = 1 + this.#below(5);
    for (let i = 0; i < nodes; i++) this.#pick(...this.#kinds)();
  }

  #below(count: number): number {
    return Math.floor(this.#numbers[this.#drawn++]! * count);
  }

  #pick<Value>(...values: readonly Value[]): Value {
    return values[this.#below(values.length)]!;
  }

  #floats(dims: readonly number[], low = -1, high = 1): string {
    const name = `t${this.#names++}`;
    const values = uniforms(product(dims), this.#seed + this.#names, low, high);
    this.tensors.push(tensor(name, dims, Float32Array.from(values)));
    return name;
  }

  #integers(values: readonly number[], dims?: readonly number[]): string {
    const name = `w${this.#names++}`;
    this.tensors.push(whole(name, values, dims));
    return name;
  }

  #node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `v${this.#names++}`;
    this.nodes.push([operator, inputs, output, { attributes }]);
    return output;
  }

  /** A node that takes the rows first. */
  #next(operator: string, others: readonly string[] = [], attributes: Attributes = {}): void {
    this.#value = this.#node(operator, [this.#value, ...others], attributes);
  }

  /** Integers that are an attribute, or an input from some operator set on. */
  #listed(operator: string, name: string, values: readonly number[], since: number, attributes: Attributes = {}): void {
    if (this.opset >= since) this.#next(operator, [this.#integers(values)], attributes);
    else this.#next(operator, [], { ...attributes, [name]: values });
  }

  readonly #kinds: readonly (() => void)[] = [
    ...['Relu', 'Sigmoid', 'Tanh', 'Identity', 'Dropout'].map((operator) => () => this.#next(operator)),
    () => {
      const sigmoid = this.#node('Sigmoid', [this.#value]);
      this.#value = this.#node('Mul', this.#pick([this.#value, sigmoid], [sigmoid, this.#value]));
    },
    () => this.#gemm(),
    () => this.#gemm(),
    () => {
      const outputs = 1 + this.#below(3);
      this.#next('MatMul', [this.#floats([this.#shape.at(-1)!, outputs])]);
      this.#shape = [...this.#shape.slice(0, -1), outputs];
    },
    () => {
      const kernel = this.#pick([1, 1], [2, 2], [2, 1]);
      const pads = this.#pick([0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1]);
      this.#next('Conv', [this.#floats([2, this.#shape[0]!, ...kernel])], { pads });
    },
    () => {
      const attributes = { kernel_shape: this.#pick([1, 1], [2, 2], [2, 1]), strides: this.#pick([1, 1], [2, 2]) };
      this.#next(this.#pick('MaxPool', 'AveragePool'), [], attributes);
    },
    () => {
      this.#next('GlobalAveragePool');
      this.#shape = this.#shape.map((size, i) => (i === 0 ? size : 1));
    },
    () => {
      const features = [this.#shape[0]!];
      const statistics = [0, 1, 2].map(() => this.#floats(features));
      this.#next('BatchNormalization', [...statistics, this.#floats(features, 0.5, 2)]);
    },
    () => this.#arithmetic(),
    () => this.#arithmetic(),
    () => this.#reshape(),
    () => this.#computedReshape(),
    () => {
      this.#next('Flatten', [], this.#pick<Attributes>({}, { axis: 1 }, { axis: -this.#shape.length }, { axis: 2 }));
      this.#shape = [product(this.#shape)];
    },
    () => {
      const axes = this.#pick([1], [2], [-1], [0], [2, 3], [1, 2]);
      this.#listed('Squeeze', 'axes', axes, 13);
      const left = this.#shape.filter((_, i) => !axes.includes(i + 1));
      this.#shape = left.length > 0 ? left : [1];
    },
    () => {
      this.#listed('Unsqueeze', 'axes', this.#pick([1], [2], [-1], [0], [1, 2]), 13);
      this.#shape = [1, ...this.#shape];
    },
    () => this.#next('Softmax', [], this.#pick<Attributes>({}, { axis: 1 }, { axis: -1 }, { axis: 0 })),
    () => this.#next('Cast', [], { to: this.#pick(1, 1, 11, 7) }),
    () => {
      const factor = this.#node('CastLike', [this.#floats([], 0.5, 2), this.#value]);
      this.#next('Mul', [factor]);
    },
    () => {
      const keepdims = this.#below(2);
      this.#listed('ReduceMean', 'axes', this.#pick([2, 3], [-1, -2], [1], [1, 2]), 18, { keepdims });
      this.#shape = keepdims ? [this.#shape[0]!, 1, 1] : [this.#shape[0]!];
    },
    () => this.#listed('Pad', 'pads', this.#pick([0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 1, 0]), 11),
  ];

  #gemm(): void {
    const [inputs, outputs, transB] = [product(this.#shape), 1 + this.#below(3), this.#below(2)];
    const weights = this.#floats(transB ? [outputs, inputs] : [inputs, outputs]);
    const bias = this.#below(2) ? [this.#floats(this.#pick([outputs], [1, outputs], [], [1]))] : [];
    this.#next('Gemm', [weights, ...bias], { transB, alpha: { float: this.#pick(1, 0.5) } });
    this.#shape = [outputs];
  }

  #arithmetic(): void {
    const shape = this.#shape;
    const perChannel = shape.map((size, i) => (i === 0 ? size : 1));
    const dims = this.#pick(
      [],
      [1],
      shape,
      [1, ...shape],
      perChannel,
      shape.slice(-1),
      [2, ...shape],
      [1, 1, ...shape],
    );
    const constant = this.#floats(dims, 0.5, 2);
    const operands = this.#pick([this.#value, constant], [this.#value, constant], [constant, this.#value]);
    this.#value = this.#node(this.#pick('Add', 'Sub', 'Mul', 'Div'), operands);
  }

  #reshape(): void {
    const size = product(this.#shape);
    const rows = typeof this.batch === 'number' ? this.batch : 2;
    const [keep, open] = [
      [0, ...this.#shape],
      [0, 0, -1],
    ];
    const target = this.#pick(
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
    this.#next('Reshape', [this.#integers(target)], this.opset >= 14 && this.#below(3) === 0 ? { allowzero: 1 } : {});
    this.#shape = [size];
  }

  /** To [x.size(i), -1], where i is mostly 0. */
  #computedReshape(): void {
    const all = this.#node('Shape', [this.#value]);
    const isScalar = this.#below(2) === 1;
    const size = this.#node('Gather', [all, this.#integers([this.#pick(0, 0, 1)], isScalar ? [] : [1])]);
    const [axes, attributes] = this.opset >= 13 ? [[this.#integers([0])], {}] : [[], { axes: [0] }];
    const rows = isScalar ? this.#node('Unsqueeze', [size, ...axes], attributes) : size;
    this.#next('Reshape', [this.#node('Concat', [rows, this.#integers([-1])], { axis: 0 })]);
    this.#shape = [product(this.#shape)];
  }
}

/** The model of a random chain, and the shape of rows for it. */
export function randomGraph(seed: number): { readonly spec: ModelSpec; readonly shape: readonly number[] } {
  const { nodes, tensors, opset, batch, row } = new RandomChain(seed);
  const rows = typeof batch === 'number' ? batch : 1 + (seed % 3);
  return { spec: { nodes, tensors, opset, inputShape: [batch, ...row] }, shape: [rows, ...row] };
}
