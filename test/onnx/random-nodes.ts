import type { TensorMessage } from '#blasnet/onnx/messages';
import { uniforms } from '../support/numerics.js';
import { type ModelSpec, type NodeSpec, tensor, whole } from './models.js';

export type Attributes = NonNullable<NodeSpec['attributes']>;

const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

/** The nodes and constants of a random model, and the choices that make it; the same for the same seed. */
export class RandomNodes {
  readonly nodes: ModelSpec['nodes'][number][] = [];
  readonly tensors: TensorMessage[] = [];
  readonly #seed: number;
  readonly #numbers: Float64Array;
  #drawn = 0;
  #names = 0;

  /** @param choices - how many random numbers there are, from the first on again after the last */
  constructor(seed: number, choices: number) {
    this.#seed = seed;
    this.#numbers = uniforms(choices, seed, 0, 1);
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.#numbers[this.#drawn++ % this.#numbers.length]! * count);
  }

  pick<Item>(...values: readonly Item[]): Item {
    return values[this.below(values.length)]!;
  }

  /** A name that nothing else has. */
  name(kind = 'v'): string {
    return `${kind}${this.#names++}`;
  }

  /** Adds a constant of floats. */
  floats(dims: readonly number[], low = -1, high = 1): string {
    const name = this.name('t');
    const values = uniforms(sizeOf(dims), this.#seed + this.#names, low, high);
    this.tensors.push(tensor(name, dims, Float32Array.from(values)));
    return name;
  }

  /** Adds a constant of integers. */
  integers(values: readonly number[], dims?: readonly number[]): string {
    const name = this.name('w');
    this.tensors.push(whole(name, values, dims));
    return name;
  }

  /** Adds a node, and returns the name of its output. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.name();
    this.nodes.push([operator, inputs, output, { attributes }]);
    return output;
  }
}
