import { type AnyTensor, Layer, type Ops, type Tensor, type Value } from 'blasnet';
import { Value as TapeValue } from '#blasnet/ops/value';

/** Passes its input on with a mask: m × steps, 1 for a step that counts. */
export class MaskedLayer extends Layer {
  readonly #mask: Tensor;

  constructor(mask: Tensor) {
    super();
    this.#mask = mask;
  }

  override call(ops: Ops, [x]: readonly Value[]): Value {
    return ops.multiply(x!, 1);
  }

  protected override maskOf(): Value {
    return new TapeValue(this.#mask as AnyTensor);
  }
}
