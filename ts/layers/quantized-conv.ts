import { badArgument } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize, type ImageShape, numbersOf, type Pair, windowSizes, windowsOver } from '../ops/windows.js';
import { asImages, givenImages, type ImageInputOptions, imagesIn } from './images.js';
import type { LayerConfig, ParameterSpecs, RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { mostTerms, QuantizedLayer, type QuantizedOptions } from './quantized-layer.js';
import { activated, quantizedInput, quantizedWeights } from './quantized-onnx.js';
import { registerLayer } from './registry.js';

/** Options of `QuantizedConvLayer`: those of `ConvLayer`, without groups. */
export interface QuantizedConvOptions extends ImageInputOptions, QuantizedOptions {
  /** Channels of the output. */
  readonly filters: number;
  readonly kernelSize: Pair;
  /** Default 1. */
  readonly stride?: Pair | undefined;
  /** Zeros around the image: so many on either side; 'valid' (default), none; 'same', as of `ConvLayer`. */
  readonly padding?: 'same' | 'valid' | Pair | undefined;
  /** Distance between the inputs of neighbouring taps; default 1. */
  readonly dilation?: Pair | undefined;
}

/**
 * A `ConvLayer` with int8 weights, as `net.quantize` makes it. For prediction only.
 * @example
 * ```ts
 * import { QuantizedConvLayer, Tensor } from 'blasnet';
 *
 * const layer = new QuantizedConvLayer({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' });
 * layer.outputShape([1, 28, 28]); // → [ 16, 28, 28 ]
 * layer.forward(Tensor.zeros([5, 1, 28, 28])).shape; // → [ 5, 16, 28, 28 ]
 * ```
 */
export class QuantizedConvLayer extends QuantizedLayer {
  override readonly kind = 'convolution int8';
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly #given: ImageShape | undefined;
  readonly #sizes: ReturnType<typeof windowSizes>;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: QuantizedConvOptions) {
    super(options, ['inputShape', 'filters', 'kernelSize', 'stride', 'padding', 'dilation']);
    this.filters = checkedSize('filters', options.filters);
    this.#sizes = windowSizes(options);
    this.kernelSize = this.#sizes.kernel;
    this.#given = givenImages(options);
    if (this.#given) this.buildFor([this.#given]);
  }

  override get inputShape(): RowShape | undefined {
    return this.#given ?? super.inputShape;
  }

  override get config(): LayerConfig {
    const { filters } = this;
    const { kernel: kernelSize, stride, padding, dilation } = this.#sizes;
    return {
      type: 'QuantizedConvLayer',
      ...(this.#given && { inputShape: this.#given }),
      ...{ filters, kernelSize, stride, padding, dilation },
      ...this.settings.config,
    };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const images = imagesIn(this.#given, row!);
    windowsOver(images, this.#sizes, 'kernelSize');
    const [height, width] = this.kernelSize;
    const terms = images[0] * height * width;
    if (terms > mostTerms) throw badArgument('kernelSize', `at most ${mostTerms} weights for a filter`, terms);
    return this.specs([this.filters, images[0], height, width], this.filters);
  }

  override call(ops: Ops, [x]: readonly Value[], parameters: Readonly<Record<string, Value>>): Value {
    const shape = imagesIn(this.#given, x!.shape.slice(1));
    const images = asImages(ops, x!, shape);
    const windows = windowsOver(shape, this.#sizes, 'kernelSize');
    return this.compute(ops, images, parameters, {
      kernel: 'quantized_convolution',
      geometry: [shape[0], this.filters, 1, ...numbersOf(windows)],
      packedSize: packedConvolutionSize(shape[0], this.filters, this.kernelSize),
      outputShape: [x!.shape[0]!, this.filters, windows[0].output, windows[1].output],
    });
  }

  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    const row = onnx.rowShape(x!);
    const shape = imagesIn(this.#given, row);
    const [rows, columns] = windowsOver(shape, this.#sizes, 'kernelSize');
    const images = row.length === 3 ? x! : onnx.node('Reshape', [x!, onnx.integers([-1, ...shape])]);
    const behind = ({ input, output, kernel, stride, pad, dilation }: typeof rows) =>
      Math.max((output - 1) * stride + (kernel - 1) * dilation + 1 - input - pad, 0);
    const inputs = [quantizedInput(this, onnx, images), quantizedWeights(this, onnx, 0)];
    const { stride: strides, dilation: dilations } = this.#sizes;
    const y = onnx.node('Conv', [...inputs, ...(this.settings.useBias ? [onnx.parameter('B', [this.filters])] : [])], {
      ...{ kernel_shape: this.kernelSize, strides, dilations, group: 1 },
      pads: [rows.pad, columns.pad, behind(rows), behind(columns)],
    });
    return activated(onnx, y, [this.filters, rows.output, columns.output], this.activation);
  }

  override flopsPerRow(row: RowShape): number {
    const images = imagesIn(this.#given, row);
    const [rows, columns] = windowsOver(images, this.#sizes, 'kernelSize');
    const terms = images[0] * this.kernelSize[0] * this.kernelSize[1];
    return 2 * this.filters * terms * rows.output * columns.output;
  }
}

/** Numbers of the packed weights, as C++ has them (native/math/quantized_correlate-inl.h). */
function packedConvolutionSize(channels: number, filters: number, [height, width]: readonly [number, number]): number {
  const quads = channels < 4 ? height * Math.ceil((channels * width) / 4) : height * width * Math.ceil(channels / 4);
  return Math.ceil(filters / 8) * 8 * (1 + quads);
}

registerLayer('QuantizedConvLayer', (fields) => new QuantizedConvLayer(fields as unknown as QuantizedConvOptions));
