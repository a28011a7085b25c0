import { native } from './native.js';

/** One named double that a kernel reads when it runs. It may change between two runs of a plan. */
export interface RuntimeScalar {
  readonly scalars: RuntimeScalars;
  readonly index: number;
}

/** The sums of the loss that kernels write; see native/core/runtime_scalars.h. */
export interface Sums {
  readonly rows: number;
  readonly lossSum: number;
}

const sumNames = ['rows', 'lossSum'] as const;

/** The block of doubles that changes from step to step while a plan stays the same. */
export class RuntimeScalars {
  readonly data: Float64Array;
  readonly shape: readonly number[];
  readonly #indices = new Map(Object.entries(native.scalars));
  readonly #spare: number;

  /**
   * @param extra - names of scalars to add to those that every plan has
   * @param spare - numbers to add behind them, for sums of metrics
   */
  constructor(extra: readonly string[] = [], spare = 0) {
    const own = native.scalars.count!;
    extra.forEach((name, i) => {
      this.#indices.set(name, own + i);
    });
    this.data = new Float64Array(own + extra.length + spare);
    this.shape = [this.data.length];
    this.#spare = spare;
  }

  /** The spare numbers of the scalars, or of a copy of their `data`. */
  spareOf(data: Float64Array = this.data): Float64Array {
    return data.subarray(data.length - this.#spare);
  }

  /** Returns the scalar of that name, as an argument for a kernel. */
  scalar(name: string): RuntimeScalar {
    const index = this.#indices.get(name);
    if (index === undefined) throw new RangeError(`no scalar is named ${name}`);
    return { scalars: this, index };
  }

  /** Returns the scalar of that name as a tensor of one number, for a kernel that writes it. */
  vector(name: string): { readonly data: Float64Array; readonly shape: readonly number[] } {
    const { index } = this.scalar(name);
    return { data: this.data.subarray(index, index + 1), shape: [1] };
  }

  get(name: string): number {
    return this.data[this.scalar(name).index]!;
  }

  set(name: string, value: number): void {
    this.data[this.scalar(name).index] = value;
  }

  /** Sets the sums of the loss to zero. */
  clearSums(): void {
    for (const name of sumNames) this.set(name, 0);
  }

  /** Returns the sums of the scalars, or of a copy of their `data`. */
  sums(data: Float64Array = this.data): Sums {
    return Object.fromEntries(sumNames.map((name) => [name, data[this.scalar(name).index]!])) as unknown as Sums;
  }
}
