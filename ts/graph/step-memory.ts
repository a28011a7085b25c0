import { type DType, Tensor } from '../tensor/tensor.js';

/** Memory of layers from one step of a stream to the next, such as the state of a recurrent layer. */
export class StepMemory {
  /** By layer, in the order in which a pass applies it. */
  readonly #kept = new Map<object, (readonly Tensor[])[]>();
  readonly #applied = new Map<object, number>();

  /** To be called before each pass over the layers: they find what they kept in the pass before. */
  begin(): void {
    this.#applied.clear();
  }

  /** The memory of a layer where the pass now applies it: tensors of these shapes, zeros at first. */
  of(layer: object, shapes: readonly (readonly number[])[], dtype: DType): readonly Tensor[] {
    const place = this.#applied.get(layer) ?? 0;
    this.#applied.set(layer, place + 1);
    const all = this.#kept.get(layer) ?? [];
    this.#kept.set(layer, all);
    all[place] ??= shapes.map((shape) => Tensor.zeros(shape, dtype));
    return all[place];
  }

  /** All that layers remember, in the order in which the first pass applied them. */
  get tensors(): readonly Tensor[] {
    return [...this.#kept.values()].flat(2);
  }
}
