import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize, type ImageShape, type Pair, windowSizes, windowsOver } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { type WeightOptions, type WeightSettings, weightOptionNames, weightSettings } from './weight-options.js';

/** Options of `DepthwiseConvLayer`. */
export interface DepthwiseConvOptions extends ImageInputOptions, WeightOptions {
  readonly kernelSize: Pair;
  /** Filters for each channel; default 1. Those of a channel follow each other in the output. */
  readonly depthMultiplier?: number | undefined;
  /** Default 1. What it does not divide is left out at the bottom and at the right. */
  readonly stride?: Pair | undefined;
  /** Zeros around the image, as in `ConvLayer`; default 'valid'. */
  readonly padding?: 'same' | 'valid' | Pair | undefined;
  /** Distance between the inputs of neighbouring taps; default 1. */
  readonly dilation?: Pair | undefined;
}

const optionNames = [
  ...(['inputShape', 'kernelSize', 'depthMultiplier', 'stride', 'padding', 'dilation'] as const),
  ...weightOptionNames,
];

/**
 * Convolution of each channel by filters of its own: [rows, channels, height, width] → [rows, channels · depthMultiplier, …].
 * It is a `ConvLayer` with as many groups as channels. Followed by a `ConvLayer` with kernelSize 1, it is a separable
 * convolution. Weights W of channels·depthMultiplier × 1 × kernel height × kernel width, a bias B for each filter.
 * @example
 * ```ts
 * import { DepthwiseConvLayer } from 'blasnet';
 *
 * const layer = new DepthwiseConvLayer({ kernelSize: 3, padding: 'same', depthMultiplier: 2 });
 * layer.outputShape([32, 14, 14]); // → [ 64, 14, 14 ]
 * layer.weights.W?.shape; // → [ 64, 1, 3, 3 ]
 * ```
 */
export class DepthwiseConvLayer extends Layer {
  override readonly kind = 'depthwise convolution';
  readonly kernelSize: readonly [number, number];
  readonly depthMultiplier: number;
  readonly #given: ImageShape | undefined;
  readonly #sizes: ReturnType<typeof windowSizes>;
  readonly #settings: WeightSettings;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: DepthwiseConvOptions) {
    super();
    checkOptions(options, optionNames);
    this.depthMultiplier = checkedSize(
      'depthMultiplier',
      options.depthMultiplier === undefined ? 1 : options.depthMultiplier,
    );
    this.#sizes = windowSizes(options);
    this.kernelSize = this.#sizes.kernel;
    this.#settings = weightSettings(options);
    this.#given = givenImages(options);
    if (this.#given) this.buildFor([this.#given]);
  }

  protected override get ownSetup() {
    return this.#settings;
  }

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    const { kernel: kernelSize, stride, padding, dilation } = this.#sizes;
    return {
      type: 'DepthwiseConvLayer',
      ...(this.#given && { inputShape: this.#given }),
      ...{ kernelSize, depthMultiplier: this.depthMultiplier, stride, padding, dilation },
      ...this.#settings.config,
    };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const images = imagesIn(this.#given, row!);
    windowsOver(images, this.#sizes, 'kernelSize');
    const filters = checkedSize('channels times depthMultiplier', images[0] * this.depthMultiplier);
    const [height, width] = this.kernelSize;
    const { initMethod, useBias } = this.#settings;
    const fans = { fanIn: height * width, fanOut: this.depthMultiplier * height * width };
    return {
      W: { shape: [filters, 1, height, width], init: initMethod, fans, fileKey: 'weights' },
      ...(useBias && { B: { shape: [1, filters], init: 0, penalized: false, fileKey: 'bias' } }),
    };
  }

  override call(ops: Ops, [x]: readonly Value[], { W, B }: Readonly<Record<string, Value>>): Value {
    const images = imagesIn(this.#given, x!.shape.slice(1));
    const { stride, padding, dilation } = this.#sizes;
    const options = { stride, padding, dilation, groups: images[0] };
    const y = ops.convolution(asImages(ops, x!, images), W!, B, options);
    return this.#settings.activation?.apply(ops, y) ?? y;
  }

  override flopsPerRow(row: RowShape): number {
    const images = imagesIn(this.#given, row);
    const [rows, columns] = windowsOver(images, this.#sizes, 'kernelSize');
    const terms = this.kernelSize[0] * this.kernelSize[1];
    return 2 * images[0] * this.depthMultiplier * terms * rows.output * columns.output;
  }
}

registerLayer('DepthwiseConvLayer', (fields) => new DepthwiseConvLayer(fields as unknown as DepthwiseConvOptions));
