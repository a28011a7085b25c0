import { oneOf } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';
import { Layer, type LayerConfig } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * The last layer of a classifier: turns logits into probabilities, by softmax (several classes) or sigmoid (two classes).
 * Softmax is over all numbers of a row, and over those of each step of `[steps, classes]`. Losses are computed from its logits. Alone, its `backward` takes the delta (a − y) / m, which is
 * the derivative of the mean loss by the logits, and passes it on.
 * @example
 * ```ts
 * import { ClassificationLayer, Tensor } from 'blasnet';
 *
 * new ClassificationLayer('softmax').forward(Tensor.from([[1, 1, 1, 1]])).toArray(); // → [ [ 0.25, 0.25, 0.25, 0.25 ] ]
 * new ClassificationLayer('sigmoid').forward(Tensor.from([[0]])).toArray(); // → [ [ 0.5 ] ]
 * ```
 */
export class ClassificationLayer extends Layer {
  override readonly kind: 'softmax' | 'sigmoid';
  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for another kind */
  constructor(kind: 'softmax' | 'sigmoid') {
    super();
    this.kind = oneOf('kind', ['softmax', 'sigmoid'], kind);
  }

  override get config(): LayerConfig {
    return { type: 'ClassificationLayer', kind: this.kind };
  }

  override get parameterShapes() {
    return {};
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [z]: readonly Value[]): Value {
    if (this.kind === 'sigmoid') return ops.sigmoid(z!);
    if (z!.rank === 2 || z!.rank === 3) return ops.softmax(z!);
    const a = ops.softmax(ops.reshape(z!, [z!.shape[0]!, sizeOf(z!.shape.slice(1))]));
    const y = ops.reshape(a, z!.shape);
    y.logits = a.logits;
    return y;
  }

  override backward(delta: Tensor): Tensor | null {
    const dz = super.backward(delta);
    return dz && delta.reshape(dz.shape);
  }
}

registerLayer('ClassificationLayer', ({ kind }) => new ClassificationLayer(kind as 'softmax'));
