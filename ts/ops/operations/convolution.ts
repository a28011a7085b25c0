import { badArgument, shapeMismatch } from '../../core/errors.js';
import { checkOptions } from '../../core/fields.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Tape } from '../tape.js';
import { Value } from '../value.js';
import { partsOf } from '../weight-parts.js';
import { checkedSize, geometryOf, imagesOf, numbersOf, type Pair, windowSizes, windowsOver } from '../windows.js';

/** How the windows of a convolution lie. */
export interface ConvolutionOptions {
  /** Default 1. What it does not divide is left out at the bottom and at the right. */
  readonly stride?: Pair | undefined;
  /**
   * Zeros around the image: so many on either side; 'valid' (default), none; 'same', as many as keep
   * ⌈input / stride⌉ outputs, as in TensorFlow: one more at the bottom and at the right where they are odd.
   */
  readonly padding?: 'same' | 'valid' | Pair | undefined;
  /** Distance between the inputs of neighbouring taps; default 1. */
  readonly dilation?: Pair | undefined;
  /** Splits channels and filters into so many parts that do not see each other; default 1. */
  readonly groups?: number | undefined;
}

/**
 * Convolution of images, as neural nets have it (without turning the kernel).
 * @param x - m × channels × height × width
 * @param w - filters × channels/groups × kernel height × kernel width
 * @param b - a number for each filter; none by default
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for operands that do not fit, `ERR_BAD_ARGUMENT` for an option
 */
export function convolution(tape: Tape, x: Value, w: Value, b?: Value, options: ConvolutionOptions = {}): Value {
  checkOptions(options, ['stride', 'padding', 'dilation', 'groups']);
  const [channels, height, width] = imagesOf('convolution', x);
  const groups = checkedSize('groups', options.groups === undefined ? 1 : options.groups);
  const [filters, ofGroup, ...kernel] = w.shape;
  if (w.rank !== 4 || ofGroup! * groups !== channels || (b && b.size !== filters)) {
    const expected = `weights of [filters, ${channels / groups}, height, width] and a number for each filter`;
    throw shapeMismatch(
      "convolution's operands",
      expected,
      `[${w.shape.join(', ')}] and [${b?.shape.join(', ') ?? ''}]`,
    );
  }
  if (filters! % groups !== 0) throw badArgument('groups', `a divisor of the ${filters} filters`, groups);
  const sizes = windowSizes({ ...options, kernelSize: kernel as unknown as Pair });
  const windows = windowsOver([channels, height, width], sizes, 'kernelSize');
  const geometry = geometryOf([channels, filters!, groups, ...numbersOf(windows)]);
  const bias = b ?? new Value(Tensor.zeros([1, filters!], tape.runner.dtype));
  const rows = x.shape[0]!;
  return tape.operation(
    [rows, filters!, windows[0].output, windows[1].output],
    [x, w, bias],
    (y) => tape.runProduct('convolution_forward', { x: x.tensor, w: w.tensor, b: bias.tensor, y, geometry }),
    (dy) => {
      tape.addGradients(
        [w, bias],
        tape.overwriting(([dw, db]) => {
          const parts = partsOf(tape.runner, rows, w.size + filters!);
          tape.runProduct('convolution_backward_weights', { x: x.tensor, dy, parts, dw: dw!, db: db!, geometry });
        }),
      );
      tape.addOverwritten(x, (dx) => tape.runProduct('convolution_backward_input', { w: w.tensor, dy, dx, geometry }));
    },
  );
}
