import { shapeMismatch } from '../../core/errors.js';
import { fieldsOf } from '../../core/fields.js';
import { sizeOf, type Tensor } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import type { Value } from '../value.js';

/** The parameters, statistics and constants of `batchNorm`. */
export interface BatchNormOperands {
  readonly gamma: Value;
  readonly beta: Value;
  /** The running statistics, which training brings closer to those of the batch. */
  readonly mean: Value;
  readonly variance: Value;
  /** Added to the variance before the root is taken; default 1e-5. */
  readonly epsilon?: number | undefined;
  /** The share of the running statistics that a training pass keeps; default 0.9. */
  readonly momentum?: number | undefined;
  /** Whether the statistics are those of the batch; default false: the running ones. */
  readonly training?: boolean | undefined;
}

/**
 * gamma · (x − mean)/√(variance + epsilon) + beta for each feature of m × features, or each channel of
 * m × channels × … (Ioffe and Szegedy 2015). Training takes mean and (biased) variance from the batch.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`
 */
export function batchNorm(tape: Tape, x: Value, operands: BatchNormOperands): Value {
  const {
    gamma,
    beta,
    mean,
    variance,
    epsilon = 1e-5,
    momentum = 0.9,
    training = false,
  } = fieldsOf('operands', operands);
  const features = x.shape[1] ?? 0;
  const wrong = [gamma, beta, mean, variance].find((value) => value?.size !== features);
  if (x.rank < 2 || wrong) {
    const received = `[${x.shape.join(', ')}] and [${wrong?.shape.join(', ') ?? ''}]`;
    throw shapeMismatch("batchNorm's operands", 'x of [m, features, ..] and a number for each feature', received);
  }
  const statistics = { gamma: gamma.tensor, beta: beta.tensor, mean: mean.tensor, variance: variance.tensor };
  if (!training) {
    return tape.operation(
      x.shape,
      [x, gamma, beta],
      (y) => tape.run('batch_norm_inference', { x: x.tensor, ...statistics, y, epsilon }),
      (dy) => addFixedGradients(tape, x, { gamma, beta, mean, variance, epsilon }, dy),
    );
  }
  const [batchMean, inverse] = [tape.runner.tensor([features]), tape.runner.tensor([features])];
  return tape.operation(
    x.shape,
    [x, gamma, beta],
    (y) => tape.run('batch_norm_forward', { x: x.tensor, ...statistics, y, epsilon, batchMean, inverse, momentum }),
    (dy) => {
      const shared = { x: x.tensor, batchMean, inverse, dy };
      if (tape.needs(x)) {
        tape.addGradients(
          [gamma, beta, x],
          tape.overwriting(([dgamma, dbeta, dx]) =>
            tape.run('batch_norm_backward', {
              ...shared,
              dgamma: dgamma!,
              dbeta: dbeta!,
              gamma: gamma.tensor,
              dx: dx!,
            }),
          ),
        );
      } else {
        tape.addGradients(
          [gamma, beta],
          tape.overwriting(([dgamma, dbeta]) =>
            tape.run('batch_norm_backward_weights', { ...shared, dgamma: dgamma!, dbeta: dbeta! }),
          ),
        );
      }
    },
  );
}

type Fixed = Required<Pick<BatchNormOperands, 'gamma' | 'beta' | 'mean' | 'variance'>> & { readonly epsilon: number };

/** Gradients where the statistics are fixed: dx = dy · gamma / √(variance + ε), dgamma = Σ dy · (x − mean) / √(…), dbeta = Σ dy. */
function addFixedGradients(tape: Tape, x: Value, { gamma, beta, mean, variance, epsilon }: Fixed, dy: Tensor): void {
  const { runner } = tape;
  const [rows, features] = x.shape as [number, number];
  const places = sizeOf(x.shape.slice(2));
  const whole = (tensor: Tensor) => tensor.reshape([rows, features, places]);
  const each = (tensor: Tensor) => tensor.reshape([1, features, 1]);
  const shifted = runner.tensor([features]);
  const deviation = runner.tensor([features]);
  const constant = tape.valueOf('epsilon', epsilon).tensor.reshape([1, 1, 1]);
  tape.run('add', { a: each(variance.tensor), b: constant, y: each(shifted), accumulate: 0 });
  tape.run('square_root', { x: shifted, y: deviation });
  if (tape.needs(x)) {
    const scale = runner.tensor([features]);
    tape.run('divide', { a: each(gamma.tensor), b: each(deviation), y: each(scale), accumulate: 0 });
    tape.addGradient(x, (dx, accumulate) =>
      tape.run('multiply', { a: whole(dy), b: each(scale), y: whole(dx), accumulate }),
    );
  }
  tape.addGradient(beta, (dbeta, accumulate) =>
    tape.run('reduce_sum', { x: whole(dy), y: each(dbeta), scale: 1, accumulate }),
  );
  if (!tape.needs(gamma)) return;
  const [centred, product, sums] = [runner.tensor(x.shape), runner.tensor(x.shape), runner.tensor([features])];
  tape.run('subtract', { a: whole(x.tensor), b: each(mean.tensor), y: whole(centred), accumulate: 0 });
  tape.run('multiply', { a: whole(centred), b: whole(dy), y: whole(product), accumulate: 0 });
  tape.run('reduce_sum', { x: whole(product), y: each(sums), scale: 1, accumulate: 0 });
  tape.addGradient(gamma, (dgamma, accumulate) =>
    tape.run('divide', { a: each(sums), b: each(deviation), y: each(dgamma), accumulate }),
  );
}
