import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import {
  type ConvTransposeWindow,
  type TransposedSizes,
  transposedSizes,
  transposedWindows,
} from '../ops/transposed-windows.js';
import type { Value } from '../ops/value.js';
import { checkedSize, type ImageShape, type Pair } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { type WeightOptions, type WeightSettings, weightOptionNames, weightSettings } from './weight-options.js';

/** Options of `ConvTransposeLayer`. */
export interface ConvTransposeOptions extends ConvTransposeWindow, ImageInputOptions, WeightOptions {
  /** Channels of the output. */
  readonly filters: number;
  readonly kernelSize: Pair;
  /** Splits channels and filters into so many parts that do not see each other; default 1. */
  readonly groups?: number | undefined;
}

const optionNames = [
  ...(['inputShape', 'filters', 'kernelSize', 'stride', 'padding', 'outputPadding', 'dilation', 'groups'] as const),
  ...weightOptionNames,
];

/**
 * Transposed convolution of images [rows, channels, height, width] to [rows, filters, …], also called deconvolution: with
 * a stride it makes images larger. Each number of the input adds the kernel times itself to the output. Weights W of
 * channels × filters/groups × kernel height × kernel width, as in PyTorch and ONNX, and a bias B for each filter. The
 * output has (input − 1) · stride + (kernel − 1) · dilation + 1 + outputPadding − 2 · padding rows, and columns likewise.
 * @example
 * ```ts
 * import { ConvTransposeLayer } from 'blasnet';
 *
 * const layer = new ConvTransposeLayer({ filters: 16, kernelSize: 4, stride: 2, padding: 1, activation: 'relu' });
 * layer.outputShape([32, 14, 14]); // → [ 16, 28, 28 ]
 * layer.weights.W?.shape; // → [ 32, 16, 4, 4 ]
 * ```
 */
export class ConvTransposeLayer extends Layer {
  override readonly kind = 'transposed convolution';
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly groups: number;
  readonly #given: ImageShape | undefined;
  readonly #sizes: TransposedSizes;
  readonly #settings: WeightSettings;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: ConvTransposeOptions) {
    super();
    checkOptions(options, optionNames);
    const { kernelSize, stride, padding, outputPadding, dilation } = options;
    this.filters = checkedSize('filters', options.filters);
    this.groups = checkedSize('groups', options.groups === undefined ? 1 : options.groups);
    this.#sizes = transposedSizes({ kernelSize, stride, padding, outputPadding, dilation });
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
    const { kernel: kernelSize, stride, padding, outputPadding, dilation } = this.#sizes;
    return {
      type: 'ConvTransposeLayer',
      ...(this.#given && { inputShape: this.#given }),
      ...{ filters, kernelSize, stride, padding, outputPadding, dilation, groups },
      ...this.#settings.config,
    };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const images = imagesIn(this.#given, row!);
    const [channels] = images;
    const { filters, groups } = this;
    if (channels % groups !== 0) throw badArgument('groups', `a divisor of the ${channels} input channels`, groups);
    transposedWindows(images, this.#sizes);
    const [height, width] = this.kernelSize;
    const { initMethod, useBias } = this.#settings;
    // A stride spreads the inputs, so that fewer meet in an output.
    const [down, across] = this.#sizes.stride;
    const fanIn = Math.max(1, ((channels / groups) * height * width) / (down * across));
    const fans = { fanIn, fanOut: (filters / groups) * height * width };
    return {
      W: { shape: [channels, filters / groups, height, width], init: initMethod, fans, fileKey: 'weights' },
      ...(useBias && { B: { shape: [1, filters], init: 0, penalized: false, fileKey: 'bias' } }),
    };
  }

  override call(ops: Ops, [x]: readonly Value[], { W, B }: Readonly<Record<string, Value>>): Value {
    const images = asImages(ops, x!, imagesIn(this.#given, x!.shape.slice(1)));
    const { stride, padding, outputPadding, dilation } = this.#sizes;
    const { groups } = this;
    const y = ops.convTranspose(images, W!, B, { stride, padding, outputPadding, dilation, groups });
    return this.#settings.activation?.apply(ops, y) ?? y;
  }

  override flopsPerRow(row: RowShape): number {
    const [channels, height, width] = imagesIn(this.#given, row);
    return 2 * channels * (this.filters / this.groups) * this.kernelSize[0] * this.kernelSize[1] * height * width;
  }
}

registerLayer('ConvTransposeLayer', (fields) => new ConvTransposeLayer(fields as unknown as ConvTransposeOptions));
