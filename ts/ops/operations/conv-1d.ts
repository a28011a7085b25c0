import { badArgument, shapeMismatch } from '../../core/errors.js';
import { fieldsOf } from '../../core/fields.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import { Value } from '../value.js';
import { partsOf } from '../weight-parts.js';
import { checkedSize } from '../windows.js';
import { type StepWindowsOptions, windowsOverSteps } from '../windows-over-steps.js';
import { affine } from './affine.js';
import { add } from './arithmetic.js';
import { matmul } from './matmul.js';
import { reshape, transpose } from './movement.js';
import { stepWindows } from './step-windows.js';

/** Options of `conv1d`. */
export interface Conv1dWindows {
  /** Steps from one window to the next; default 1. */
  readonly stride?: number | undefined;
  /** Zeros before the first step and behind the last one; default none. */
  readonly padding?: readonly [before: number, behind: number] | undefined;
  /** Distance between neighbouring steps of a window; default 1. */
  readonly dilation?: number | undefined;
  /** Splits features and filters into so many parts that do not see each other; default 1. */
  readonly groups?: number | undefined;
}

/**
 * Convolution over the steps of sequences: x of [m, steps, features] and w of [size, features / groups, filters] give
 * [m, windows, filters].
 * @param b - a number for each filter
 * @throws BlasnetError `ERR_SHAPE_MISMATCH`, `ERR_BAD_ARGUMENT` for windows or groups that do not fit
 */
export function conv1d(tape: Tape, x: Value, w: Value, b?: Value, options: Conv1dWindows = {}): Value {
  const names = ['stride', 'padding', 'dilation', 'groups'] as const;
  const { stride = 1, padding = [0, 0], dilation = 1, groups = 1 } = fieldsOf('options', options, names);
  checkedSize('groups', groups);
  const [, , features] = x.shape as readonly [number, number, number];
  const [size, ofGroup, filters] = w.shape as readonly [number, number, number];
  if (x.rank !== 3 || w.rank !== 3 || ofGroup * groups !== features || (b && b.size !== filters)) {
    const received = [x, w, ...(b ? [b] : [])].map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
    const expected = '[m, steps, features], [size, features / groups, filters] and [filters]';
    throw shapeMismatch("conv1d's operands", expected, received);
  }
  if (filters % groups !== 0) throw badArgument('groups', `a divisor of the ${filters} filters`, groups);
  if (size === 1 && stride === 1 && groups === 1 && padding[0] + padding[1] === 0) {
    return affine(tape, x, reshape(tape, w, [features, filters]), b);
  }
  const windows = { size, stride, padding, dilation };
  return groups === 1 ? ofAllFeatures(tape, x, w, b, windows) : inGroups(tape, x, w, b, windows, groups);
}

function ofAllFeatures(tape: Tape, x: Value, w: Value, b: Value | undefined, windows: StepWindowsOptions): Value {
  const { count, geometry } = windowsOverSteps(x, windows);
  const [size, features, filters] = w.shape as readonly [number, number, number];
  const rows = x.shape[0]!;
  const bias = b ?? new Value(Tensor.zeros([1, filters], tape.runner.dtype));
  return tape.operation(
    [rows, count, filters],
    [x, w, bias],
    (y) => tape.runProduct('conv1d', { x: x.tensor, w: w.tensor, b: bias.tensor, y, geometry }),
    (dy) => {
      tape.addGradients(
        [w, bias],
        tape.overwriting(([dw, db]) => {
          const parts = partsOf(tape.runner, rows, w.size + filters);
          tape.runProduct('conv1d_backward_weights', { x: x.tensor, dy, parts, dw: dw!, db: db!, geometry });
        }),
      );
      tape.addGradient(x, (dx, accumulate) => {
        const turned = tape.runner.tensor([size, filters, features]);
        tape.run('conv1d_turn', { w: w.tensor, turned });
        tape.runProduct('conv1d_backward_input', { turned, dy, dx, geometry, accumulate });
      });
    },
  );
}

/** One product for each group: [groups, windows, taps] · [groups, taps, filters of a group]. */
function inGroups(
  tape: Tape,
  x: Value,
  w: Value,
  b: Value | undefined,
  options: StepWindowsOptions,
  groups: number,
): Value {
  const windows = stepWindows(tape, x, options);
  const [rows, count] = windows.shape as readonly [number, number];
  const [size, ofGroup, filters] = w.shape as readonly [number, number, number];
  const taps = size * ofGroup;
  const split = reshape(tape, windows, [rows * count, size, groups, ofGroup]);
  const parts = reshape(tape, transpose(tape, split, [2, 0, 1, 3]), [groups, rows * count, taps]);
  const columns = transpose(tape, reshape(tape, w, [taps, groups, filters / groups]), [1, 0, 2]);
  const y = reshape(tape, transpose(tape, matmul(tape, parts, columns), [1, 0, 2]), [rows, count, filters]);
  return b ? add(tape, y, reshape(tape, b, [filters])) : y;
}
