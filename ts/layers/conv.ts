import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize, type ImageShape, type Pair, windowSizes, windowsOver } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { type WeightOptions, type WeightSettings, weightOptionNames, weightSettings } from './weight-options.js';

/** Options of `ConvLayer`. */
export interface ConvOptions extends ImageInputOptions, WeightOptions {
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
}

const optionNames = [
  ...(['inputShape', 'filters', 'kernelSize', 'stride', 'padding', 'dilation', 'groups'] as const),
  ...weightOptionNames,
];

/**
 * Convolution of images [rows, channels, height, width] to [rows, filters, …], as neural nets have it (without turning
 * the kernel): weights W of filters × channels/groups × kernel height × kernel width, a bias B for each filter.
 * @example
 * ```ts
 * import { ConvLayer, Tensor } from 'blasnet';
 *
 * const layer = new ConvLayer({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' });
 * layer.outputShape([1, 28, 28]); // → [ 16, 28, 28 ]
 * layer.forward(Tensor.zeros([5, 1, 28, 28])).shape; // → [ 5, 16, 28, 28 ]
 * ```
 */
export class ConvLayer extends Layer {
  override readonly kind = 'convolution';
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly groups: number;
  readonly #given: ImageShape | undefined;
  readonly #sizes: ReturnType<typeof windowSizes>;
  readonly #settings: WeightSettings;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: ConvOptions) {
    super();
    checkOptions(options, optionNames);
    this.filters = checkedSize('filters', options.filters);
    this.groups = checkedSize('groups', options.groups === undefined ? 1 : options.groups);
    this.#sizes = windowSizes(options);
    this.kernelSize = this.#sizes.kernel;
    this.#settings = weightSettings(options);
    this.#given = givenImages(options);
    if (this.filters % this.groups !== 0) {
      throw badArgument('groups', `a divisor of the ${this.filters} filters`, this.groups);
    }
    if (this.#given) this.buildFor([this.#given]);
  }

  protected override get ownSetup() {
    return this.#settings;
  }

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    const { filters, groups } = this;
    const { kernel: kernelSize, stride, padding, dilation } = this.#sizes;
    return {
      type: 'ConvLayer',
      ...(this.#given && { inputShape: this.#given }),
      ...{ filters, kernelSize, stride, padding, dilation, groups },
      ...this.#settings.config,
    };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const images = imagesIn(this.#given, row!);
    const [channels] = images;
    if (channels % this.groups !== 0) {
      throw badArgument('groups', `a divisor of the ${channels} input channels`, this.groups);
    }
    windowsOver(images, this.#sizes, 'kernelSize');
    const [height, width] = this.kernelSize;
    const { initMethod, useBias } = this.#settings;
    const fanIn = (channels / this.groups) * height * width;
    const fans = { fanIn, fanOut: (this.filters / this.groups) * height * width };
    const shape = [this.filters, channels / this.groups, height, width];
    return {
      W: { shape, init: initMethod, fans, fileKey: 'weights' },
      ...(useBias && { B: { shape: [1, this.filters], init: 0, penalized: false, fileKey: 'bias' } }),
    };
  }

  override call(ops: Ops, [x]: readonly Value[], { W, B }: Readonly<Record<string, Value>>): Value {
    const images = asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1)));
    const { stride, padding, dilation } = this.#sizes;
    const y = ops.convolution(images, W!, B, { stride, padding, dilation, groups: this.groups });
    return this.#settings.activation?.apply(ops, y) ?? y;
  }

  override flopsPerRow(row: RowShape): number {
    const images = imagesIn(this.#given, row);
    const [rows, columns] = windowsOver(images, this.#sizes, 'kernelSize');
    const terms = (images[0] / this.groups) * this.kernelSize[0] * this.kernelSize[1];
    return 2 * this.filters * terms * rows.output * columns.output;
  }
}

registerLayer('ConvLayer', (fields) => new ConvLayer(fields as unknown as ConvOptions));
