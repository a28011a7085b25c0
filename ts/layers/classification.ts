import { badArgument } from '../errors.js';
import type { Runner } from '../runner.js';
import type { Tensor } from '../tensor.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';

/**
 * A net's last layer for classification: probabilities from logits, by softmax (several classes, CE3) or sigmoid (two,
 * CE2). Its backward pass takes the delta a − y, which is the loss's derivative by the logits, and hands it on.
 */
export class ClassificationLayer extends Layer {
  override readonly kind: 'softmax' | 'sigmoid';
  /** What the losses are computed from, of the last forward pass: the logits, m × outputs. */
  logits?: Tensor;
  /** ln Σ eᶻ of each row of logits; softmax only. */
  logSum?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for another kind */
  constructor(kind: 'softmax' | 'sigmoid') {
    super();
    if (kind !== 'softmax' && kind !== 'sigmoid') throw badArgument('kind', "'softmax' or 'sigmoid'", kind);
    this.kind = kind;
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
