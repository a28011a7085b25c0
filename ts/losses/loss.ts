import { badArgument } from '../core/errors.js';
import type { OutputForm } from '../graph/output-form.js';
import type { Ops } from '../ops/ops.js';
import { Tape } from '../ops/tape.js';
import { Value } from '../ops/value.js';
import { EagerRunner } from '../runtime/runner.js';
import { RuntimeScalars } from '../runtime/runtime-scalars.js';
import { requireTensor, type Tensor } from '../tensor/tensor.js';
import type { FusedLoss } from './fused.js';
import { type LabelRule, requireLabels } from './label-rules.js';
import { lossPass } from './loss-pass.js';

/** The description of a loss as plain JSON: its type, and the options of its constructor. See `createLoss`. */
export interface LossConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * A loss: a number for each row, of which training makes the mean as small as it can. A class of your own defines
 * `call` by operations; the gradient follows from there.
 * ```ts
 * class Pinball extends Loss {
 *   override call(ops: Ops, output: Value, target: Value): Value {
 *     const e = ops.subtract(target, output);
 *     return ops.mean(ops.maximum(ops.multiply(e, 0.9), ops.multiply(e, -0.1)), -1);
 *   }
 * }
 * ```
 */
export abstract class Loss {
  /**
   * Returns the loss of each row: m numbers, of shape [m] or [m, 1].
   * @param ops - operations; see {@link Ops}
   * @param output - of the net, m × output shape
   * @param target - the labels; they have the output's shape where they are as many numbers
   */
  abstract call(ops: Ops, output: Value, target: Value): Value;

  /**
   * The description from which `createLoss` makes the same loss. Where a class has none, nets with such a loss cannot
   * be saved in one file; a class of your own defines it and calls `registerLoss`.
   */
  get config(): LossConfig | undefined {
    return undefined;
  }

  /** The name of the loss, for messages and tables. */
  get name(): string {
    return this.config?.type ?? this.constructor.name;
  }

  /** The labels that the loss takes for an output. */
  labelRule(_output: OutputForm): LabelRule {
    return 'numbers';
  }

  /** The functions that may make the probabilities which the loss takes; undefined where it takes any numbers. */
  get probabilities(): readonly ('softmax' | 'sigmoid')[] | undefined {
    return undefined;
  }

  /** Whether the loss of a row is a sum over its outputs, not a mean: steps of sequences then add up, too. */
  get sumsOutputs(): boolean {
    return false;
  }

  /** Kernels that sum the loss of a batch themselves, where there are such for an output. For the library's own use. */
  fused(_output: Value): FusedLoss | undefined {
    return undefined;
  }

  /**
   * Computes the mean loss of some rows, on this thread.
   * @param outputs - m × outputs; of classifiers, probabilities
   * @param labels - m rows of the same dtype
   * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT`
   */
  evaluate(outputs: Tensor, labels: Tensor): number {
    return this.#alone(outputs, labels).mean;
  }

  /**
   * Computes the derivative of the mean loss by the outputs, on this thread.
   * @returns a tensor of the outputs' shape
   * @throws BlasnetError as `evaluate`
   */
  gradient(outputs: Tensor, labels: Tensor): Tensor {
    return this.#alone(outputs, labels).gradient();
  }

  #alone(outputs: Tensor, labels: Tensor): { readonly mean: number; readonly gradient: () => Tensor } {
    requireTensor('outputs', outputs);
    requireTensor('labels', labels);
    if (labels.dtype !== outputs.dtype)
      throw badArgument('labels', `a ${outputs.dtype} tensor`, `a ${labels.dtype} one`);
    const width = outputs.shape.length < 2 ? 1 : outputs.shape.at(-1)!;
    requireLabels(this.labelRule({ width }), { data: labels.data, count: labels.rows }, width, 'labels');
    const tape = new Tape(new EagerRunner(outputs.dtype));
    const [scalars, output] = [new RuntimeScalars(), new Value(outputs)];
    const seeds = lossPass(this, tape, output, labels, scalars);
    return { mean: scalars.get('batchLoss'), gradient: () => tape.backward(seeds(), [{ value: output }])[0]! };
  }

  /**
   * Returns the config, for `JSON.stringify`.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a class without a config
   */
  toJSON(): LossConfig {
    const { config } = this;
    if (config === undefined) {
      const own = this.constructor.name;
      throw badArgument('the loss', 'a class with a config that is known to registerLoss', own);
    }
    return config;
  }
}
