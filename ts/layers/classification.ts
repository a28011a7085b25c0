import { oneOf } from '../fields.js';
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * The last layer of a classifier: turns logits into probabilities, by softmax (several classes) or sigmoid (two classes).
 * Its backward pass takes the delta (a − y) / m, which is the derivative of the mean loss by the logits, and passes it on.
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
  /** The logits of the last forward pass, m × outputs, from which losses are computed. */
  logits?: Tensor;
  /** ln Σ eᶻ of each row of logits; softmax only. */
  logSum?: Tensor;

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

  override outputShape(input: RowShape): RowShape {
    return input;
  }

  override forwardPass(runner: Runner, z: Tensor): Tensor {
    const a = runner.tensor(z.shape);
    this.logits = z;
    if (this.kind === 'softmax') {
      this.logSum = runner.tensor([z.rows]);
      runner.run('softmax_forward', { z, a, logSum: this.logSum });
    } else {
      runner.run('sigmoid_forward', { x: z, y: a, parameter: 0 });
    }
    return a;
  }

  override backwardPass(_runner: Runner, delta: Tensor): Tensor {
    return delta;
  }
}

registerLayer('ClassificationLayer', ({ kind }) => new ClassificationLayer(kind as 'softmax'));
