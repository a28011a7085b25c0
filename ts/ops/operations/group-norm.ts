import { badArgument, shapeMismatch } from '../../core/errors.js';
import { sizeOf, type Tensor } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import type { Value } from '../value.js';

/** x as the kernels see it: [rows, steps, groups, channels of a group, numbers of a channel]. */
type GroupView = readonly [rows: number, steps: number, groups: number, width: number, spatial: number];

/**
 * (x − mean)/√(variance + epsilon) · gamma + beta over the last dimension (Ba, Kiros and Hinton 2016); mean and (biased)
 * variance are those of the numbers that differ in the last dimension only.
 * @param gamma - a number for each feature, as beta
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`
 */
export function layerNorm(tape: Tape, x: Value, gamma: Value, beta: Value, epsilon = 1e-5): Value {
  return centred(tape, x, { gamma, beta, epsilon, view: rowsView('layerNorm', x, gamma, beta) });
}

/**
 * The same over groups of channels (Wu and He 2018). Channels are the last dimension of [m, channels] and of
 * [m, steps, channels], whose statistics are over all steps, and the second one of [m, channels, height, width].
 * @param groups - divides the number of channels
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT` for groups that do not divide the channels
 */
export function groupNorm(tape: Tape, x: Value, gamma: Value, beta: Value, groups: number, epsilon = 1e-5): Value {
  const { shape } = x;
  const channels = shape.length > 3 ? shape[1]! : (shape.at(-1) ?? 0);
  if (shape.length < 2 || [gamma, beta].some((value) => value.size !== channels)) throw unlike('groupNorm', x, gamma);
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw badArgument('groups', `a divisor of ${channels} channels`, groups);
  }
  const width = channels / groups;
  const steps = shape.length === 3 ? shape[1]! : 1;
  const spatial = shape.length > 3 ? sizeOf(shape.slice(2)) : 1;
  return centred(tape, x, { gamma, beta, epsilon, view: [shape[0]!, steps, groups, width, spatial] });
}

/**
 * x/√(mean x² + epsilon) · gamma over the last dimension (Zhang and Sennrich 2019).
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`
 */
export function rmsNorm(tape: Tape, x: Value, gamma: Value, epsilon = 1e-5): Value {
  const view = rowsView('rmsNorm', x, gamma);
  const inverse = tape.runner.tensor([view[0], 1]);
  const shared = { x: x.tensor.reshape(view), inverse };
  return tape.operation(
    x.shape,
    [x, gamma],
    (y) => tape.run('rms_norm_forward', { ...shared, gamma: gamma.tensor, y: y.reshape(view), epsilon }),
    (dy) => {
      const delta = dy.reshape(view);
      tape.addGradient(gamma, (dgamma, accumulate) =>
        tape.run('rms_norm_backward_weights', { ...shared, dy: delta, dgamma, accumulate }),
      );
      tape.addGradient(x, (dx, accumulate) =>
        tape.run('rms_norm_backward_input', {
          ...shared,
          gamma: gamma.tensor,
          dy: delta,
          dx: dx.reshape(view),
          accumulate,
        }),
      );
    },
  );
}

interface Centred {
  readonly gamma: Value;
  readonly beta: Value;
  readonly epsilon: number;
  readonly view: GroupView;
}

function centred(tape: Tape, x: Value, { gamma, beta, epsilon, view }: Centred): Value {
  const [rows, , groups] = view;
  const [mean, inverse] = [tape.runner.tensor([rows, groups]), tape.runner.tensor([rows, groups])];
  const viewed = (tensor: Tensor) => tensor.reshape(view);
  const shared = { x: viewed(x.tensor), mean, inverse };
  return tape.operation(
    x.shape,
    [x, gamma, beta],
    (y) => tape.run('group_norm_forward', { ...shared, gamma: gamma.tensor, beta: beta.tensor, y: viewed(y), epsilon }),
    (dy) => {
      tape.addGradients([gamma, beta], ([dgamma, dbeta], accumulate) =>
        tape.run('group_norm_backward_weights', {
          ...shared,
          dy: viewed(dy),
          dgamma: dgamma!,
          dbeta: dbeta!,
          accumulate,
        }),
      );
      tape.addGradient(x, (dx, accumulate) =>
        tape.run('group_norm_backward_input', {
          ...shared,
          gamma: gamma.tensor,
          dy: viewed(dy),
          dx: viewed(dx),
          accumulate,
        }),
      );
    },
  );
}

/** Rows of the last dimension, which the parameters must have a number for each of. */
function rowsView(operation: string, x: Value, ...parameters: readonly Value[]): GroupView {
  const features = x.shape.at(-1) ?? 0;
  const wrong = parameters.find((value) => value.size !== features);
  if (features < 1 || wrong) throw unlike(operation, x, wrong ?? parameters[0]!);
  return [x.size / features, 1, 1, features, 1];
}

function unlike(operation: string, x: Value, parameter: Value) {
  const received = `[${x.shape.join(', ')}] and [${parameter.shape.join(', ')}]`;
  return shapeMismatch(`${operation}'s operands`, 'x of [m, ..] and a number for each feature or channel', received);
}
