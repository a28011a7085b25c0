import { badArgument } from '../errors.js';
import { checkOptions } from '../fields.js';
import { given } from '../given.js';
import { createInitializer, type InitMethodOptions } from '../initializers/index.js';
import type { Runner } from '../runner.js';
import { arrayOf, type DType, type Tensor } from '../tensor.js';
import { createWeightsBias, type Parameter, type ParameterSetup } from '../weights-bias.js';
import { Layer, type LayerConfig, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import {
  checkedImageShape,
  checkedPair,
  checkedSize,
  geometryOf,
  type ImageShape,
  imageSizes,
  numbersOf,
  type Pair,
  requireImages,
  type WindowSizes,
  type Windows,
  windowsOver,
} from './windows.js';

export interface ConvOptions {
  /** Rows that are vectors of as many numbers will do as well. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  /** Channels of the output. */
  readonly filters: number;
  readonly kernelSize: Pair;
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
  /** Overrides the net's initialisation for this layer. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** For a layer that works without a net; a net gives its own. */
  readonly dtype?: DType | undefined;
  readonly seed?: number | undefined;
}

const optionNames = [
  ...(['inputShape', 'filters', 'kernelSize', 'stride', 'padding', 'dilation', 'groups'] as const),
  ...(['initMethod', 'dtype', 'seed'] as const),
];

/** The batch's weight gradients are summed in so many parts, each on one thread. */
const mostParts = 8;
/** Numbers that all parts of a layer's gradient may take together, unless two take more. */
const partNumbers = 2 ** 21;

/**
 * Convolution of images [rows, channels, height, width] to [rows, filters, …], as neural nets have it (without turning
 * the kernel): weights W of filters × channels/groups × kernel height × kernel width, a bias B for each filter.
 * @example
 * ```ts
 * import { ConvLayer, Tensor } from 'blasnet';
 *
 * const layer = new ConvLayer({ inputShape: [1, 28, 28], filters: 16, kernelSize: 3, padding: 'same' });
 * layer.outputShape([1, 28, 28]); // → [ 16, 28, 28 ]
 * layer.forward(Tensor.zeros([5, 1, 28, 28])).shape; // → [ 5, 16, 28, 28 ]
 * ```
 */
export class ConvLayer extends Layer {
  override readonly kind = 'convolution';
  readonly #inputShape: ImageShape;
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly groups: number;
  readonly #sizes: WindowSizes;
  readonly #windows: Windows;
  readonly #geometry: ReturnType<typeof geometryOf>;
  readonly #options: ConvOptions;
  #x?: Tensor;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: ConvOptions) {
    super();
    checkOptions(options, optionNames);
    const { stride = 1, padding = 'valid', dilation = 1, groups = 1, initMethod = 'zero' } = options;
    this.#inputShape = checkedImageShape(options.inputShape);
    this.filters = checkedSize('filters', options.filters);
    this.kernelSize = checkedPair('kernelSize', options.kernelSize);
    this.groups = checkedSize('groups', groups);
    for (const [name, count] of [['input channels', this.inputShape[0]] as const, ['filters', this.filters] as const]) {
      if (count % this.groups !== 0) throw badArgument('groups', `a divisor of the ${count} ${name}`, this.groups);
    }
    this.#sizes = {
      kernel: this.kernelSize,
      stride: checkedPair('stride', stride),
      padding: checkedPadding(padding),
      dilation: checkedPair('dilation', dilation),
    };
    this.#windows = windowsOver(this.inputShape, this.#sizes, 'kernelSize');
    const { seed = 0, dtype = 'float32' } = options;
    if (!Number.isSafeInteger(seed) || seed < 0) throw badArgument('seed', 'a whole number from 0 to 2^53 - 1', seed);
    arrayOf(dtype);
    createInitializer(initMethod);
    this.#geometry = geometryOf([this.inputShape[0], this.filters, this.groups, ...numbersOf(this.#windows)]);
    this.#options = options;
  }

  override get dtype(): DType {
    return this.isInNet ? super.dtype : (this.#options.dtype ?? super.dtype);
  }

  override get inputShape(): ImageShape {
    return this.#inputShape;
  }

  override get config(): LayerConfig {
    const { inputShape, filters, groups } = this;
    const { kernel: kernelSize, stride, padding, dilation } = this.#sizes;
    const { initMethod, dtype, seed } = this.#options;
    return {
      type: 'ConvLayer',
      inputShape,
      filters,
      kernelSize,
      stride,
      padding,
      dilation,
      groups,
      ...given({ initMethod, dtype, seed }),
    };
  }

  override get parameterShapes() {
    const [height, width] = this.kernelSize;
    return { W: [this.filters, this.inputShape[0] / this.groups, height, width], B: [1, this.filters] };
  }

  override outputShape(input: RowShape): RowShape {
    requireImages(this.inputShape, input);
    return [this.filters, this.#windows[0].output, this.#windows[1].output];
  }

  override flopsPerRow(): number {
    return 2 * this.filters * this.#terms * this.#windows[0].output * this.#windows[1].output;
  }

  /** Products that an output is the sum of. */
  get #terms(): number {
    return (this.inputShape[0] / this.groups) * this.kernelSize[0] * this.kernelSize[1];
  }

  protected override createParameters(setup: ParameterSetup): Parameter[] {
    const { initMethod, seed = setup.seed } = this.#options;
    const initializer = initMethod === undefined ? setup.initializer : createInitializer(initMethod);
    const [height, width] = this.kernelSize;
    const { W, B } = this.parameterShapes;
    return createWeightsBias({ dtype: this.dtype, initializer, seed, stream: setup.stream }, W, B, {
      fanIn: this.#terms,
      fanOut: (this.filters / this.groups) * height * width,
    });
  }

  override forwardPass(runner: Runner, x: Tensor): Tensor {
    const [weights, bias] = this.parameters;
    const y = runner.tensor([x.rows, ...this.outputShape(x.shape.slice(1))]);
    runner.run('convolution_forward', { x, w: weights!.value, b: bias!.value, y, geometry: this.#geometry });
    this.#x = x;
    return y;
  }

  override backwardPass(runner: Runner, dy: Tensor, needsInputDelta: boolean): Tensor | null {
    const [weights, bias] = this.parameters;
    const [x, geometry] = [this.#x!, this.#geometry];
    const numbers = weights!.value.size + this.filters;
    const fitting = Math.max(2, Math.min(mostParts, Math.floor(partNumbers / numbers)));
    runner.run('convolution_backward_weights', {
      x,
      dy,
      parts: runner.tensor([Math.max(1, Math.min(x.rows, fitting)), numbers]),
      dw: weights!.gradient,
      db: bias!.gradient,
      geometry,
    });
    if (!needsInputDelta) return null;
    const dx = runner.tensor(x.shape);
    runner.run('convolution_backward_input', { w: weights!.value, dy, dx, geometry });
    return dx;
  }
}

registerLayer('ConvLayer', (fields) => new ConvLayer(fields as unknown as ConvOptions), imageSizes);

function checkedPadding(padding: unknown): readonly [number, number] | 'same' {
  if (padding === 'same') return padding;
  if (padding === 'valid') return [0, 0];
  if (typeof padding === 'number' || Array.isArray(padding)) return checkedPair('padding', padding, 0);
  throw badArgument('padding', "'same', 'valid', a whole number or [rows, columns]", padding);
}
