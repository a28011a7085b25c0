import { badArgument, shapeMismatch } from '../../core/errors.js';
import { checkOptions } from '../../core/fields.js';
import type { Tape } from '../tape.js';
import { type ConvTransposeWindow, transposedSizes, transposedWindows } from '../transposed-windows.js';
import type { Value } from '../value.js';
import { partsOf } from '../weight-parts.js';
import { checkedSize, geometryOf, imagesOf, numbersOf, type Pair } from '../windows.js';

/** How the windows of a transposed convolution lie, and its groups. */
export interface TransposedConvolutionOptions extends ConvTransposeWindow {
  /** Splits channels and filters into so many parts that do not see each other; default 1. */
  readonly groups?: number | undefined;
}

/**
 * Transposed convolution: each number of x adds the kernel times itself to the result. It is the derivative of a convolution
 * by its input, and its kernels are those of a convolution from the result to x.
 * @param x - m × channels × height × width
 * @param w - channels × filters/groups × kernel height × kernel width
 * @param b - a number for each filter; none by default
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for operands that do not fit, `ERR_BAD_ARGUMENT` for an option
 */
export function convTranspose(
  tape: Tape,
  x: Value,
  w: Value,
  b?: Value,
  options: TransposedConvolutionOptions = {},
): Value {
  checkOptions(options, ['stride', 'padding', 'outputPadding', 'dilation', 'groups']);
  const { groups: count = 1, ...window } = options;
  const images = imagesOf('convTranspose', x);
  const [channels] = images;
  const groups = checkedSize('groups', count);
  const [inputs, ofGroup, ...kernel] = w.shape;
  const filters = ofGroup! * groups;
  if (w.rank !== 4 || inputs !== channels || (b && b.size !== filters)) {
    const received = [w, ...(b ? [b] : [])].map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
    const expected = `weights of [${channels}, filters / groups, height, width] and a number for each filter`;
    throw shapeMismatch("convTranspose's operands", expected, received);
  }
  if (channels % groups !== 0) throw badArgument('groups', `a divisor of the ${channels} input channels`, groups);
  const windows = transposedWindows(images, transposedSizes({ ...window, kernelSize: kernel as unknown as Pair }));
  const geometry = geometryOf([filters, channels, groups, ...numbersOf(windows)]);
  const rows = x.shape[0]!;
  const perFilter = [1, filters, 1, 1];
  return tape.operation(
    [rows, filters, windows[0].input, windows[1].input],
    [x, w, ...(b ? [b] : [])],
    (y) => {
      tape.runProduct('convolution_backward_input', { w: w.tensor, dy: x.tensor, dx: y, geometry });
      if (b) tape.run('scaled_copy', { x: b.tensor.reshape(perFilter), y, factor: 1, accumulate: 1 });
    },
    (dy) => {
      // The convolution from the result to x has no bias: zeros, and a gradient that nobody reads.
      const none = tape.runner.tensor([channels]);
      tape.addGradients(
        [w],
        tape.overwriting(([dw]) => {
          const parts = partsOf(tape.runner, rows, w.size + channels);
          tape.runProduct('convolution_backward_weights', { x: dy, dy: x.tensor, parts, dw: dw!, db: none, geometry });
        }),
      );
      if (b) {
        tape.addGradient(b, (db, accumulate) =>
          tape.run('reduce_sum', { x: dy, y: db.reshape(perFilter), scale: 1, accumulate }),
        );
      }
      tape.addOverwritten(x, (dx) => {
        tape.run('fill', { y: none, value: 0 });
        tape.runProduct('convolution_forward', { x: dy, w: w.tensor, b: none, y: dx, geometry });
      });
    },
  );
}
