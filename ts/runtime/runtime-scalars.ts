import { native } from './native.js';

/** One named double that a kernel reads when it runs. It may change between two runs of a plan. */
export interface Slot {
  readonly slots: Slots;
  readonly index: number;
}

/** The loss and accuracy sums that kernels write; see native/core/slots.h. */
export interface Sums {
  readonly rows: number;
  readonly lossSum: number;
  readonly correct: number;
  readonly elements: number;
  readonly squaredError: number;
  readonly labelSum: number;
  readonly labelSquares: number;
}

const sumNames = ['rows', 'lossSum', 'correct', 'elements', 'squaredError', 'labelSum', 'labelSquares'] as const;

/** The block of doubles that changes from step to step while a plan stays the same. */
export class Slots {
  readonly data: Float64Array;
  readonly shape: readonly number[];
  readonly #indices = new Map(Object.entries(native.slots));

  /** @param extra - names of slots to add to those that every plan has */
  constructor(extra: readonly string[] = []) {
    const own = native.slots.count!;
    extra.forEach((name, i) => {
      this.#indices.set(name, own + i);
    });
    this.data = new Float64Array(own + extra.length);
    this.shape = [this.data.length];
  }

  /** Returns the slot of that name, as an argument for a kernel. */
  slot(name: string): Slot {
    const index = this.#indices.get(name);
    if (index === undefined) throw new RangeError(`no slot is named ${name}`);
    return { slots: this, index };
  }

  /** Returns the slot of that name as a tensor of one number, for a kernel that writes it. */
  vector(name: string): { readonly data: Float64Array; readonly shape: readonly number[] } {
    const { index } = this.slot(name);
    return { data: this.data.subarray(index, index + 1), shape: [1] };
  }

  get(name: string): number {
    return this.data[this.slot(name).index]!;
  }

  set(name: string, value: number): void {
    this.data[this.slot(name).index] = value;
  }

  /** Sets the sums of loss and accuracy to zero. */
  clearSums(): void {
    for (const name of sumNames) this.set(name, 0);
  }

  /** Returns the sums of the slots, or of a copy of their `data`. */
  sums(data: Float64Array = this.data): Sums {
    return Object.fromEntries(sumNames.map((name) => [name, data[this.slot(name).index]!])) as unknown as Sums;
  }
}
