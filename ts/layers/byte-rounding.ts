import { shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { sizeOf, Tensor } from '../tensor/tensor.js';
import type { LayerConfig, ParameterSpecs, RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { packedProductSize, QuantizedLayer } from './quantized-layer.js';
import { quantizedInput } from './quantized-onnx.js';
import { registerLayer } from './registry.js';

/** The kernel computes so many numbers at once. */
const mostWidth = 16;

/**
 * Rounds numbers to those that a byte can stand for, as int8 layers do with their input: x becomes the byte
 * round(x / inputScale) + inputZero within 0 … 255, and this the number (byte − inputZero) · inputScale. `NeuralNet.fromOnnx`
 * makes it of QuantizeLinear and DequantizeLinear. For prediction only.
 * @example
 * ```ts
 * import { ByteRoundingLayer, Tensor } from 'blasnet';
 *
 * const layer = new ByteRoundingLayer();
 * layer.outputShape([3]);
 * layer.setWeights({ inputScale: Tensor.from([0.5], [1]), inputZero: Tensor.from([0], [1]) });
 * layer.forward(Tensor.from([[0.6, 3, -2]])).toArray(); // → [ [ 0.5, 3, 0 ] ]
 * ```
 */
export class ByteRoundingLayer extends QuantizedLayer {
  override readonly kind = 'byte rounding';
  #width: number | undefined;

  constructor() {
    super({}, []);
  }

  override get config(): LayerConfig {
    return { type: 'ByteRoundingLayer' };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    // Sequences may have other steps the next time.
    const numbers = row!.length === 2 ? row![1]! : sizeOf(row!);
    this.#width ??= widthFor(numbers);
    if (numbers % this.#width !== 0) {
      throw shapeMismatch(
        'input',
        `rows of a multiple of ${this.#width} numbers`,
        `rows of shape [${row!.join(', ')}]`,
      );
    }
    const fixed = { trainable: false, penalized: false, shape: [1] };
    return { inputScale: { ...fixed, init: 1 }, inputZero: { ...fixed, init: 0 } };
  }

  override get isStepwise(): boolean {
    return true;
  }

  /** 1 for the number itself, 0 for its neighbours. */
  protected override wholeWeights(width: number): Tensor {
    const weights = Tensor.zeros([width, width]);
    for (let i = 0; i < width; i++) weights.data[i * width + i] = 1;
    return weights;
  }

  override call(ops: Ops, [x]: readonly Value[], parameters: Readonly<Record<string, Value>>): Value {
    const { shape } = x!;
    const width = this.#width!;
    const count = sizeOf(shape) / width;
    const rounded = this.compute(ops, ops.reshape(x!, [count, width]), parameters, {
      kernel: 'quantized_product',
      geometry: [1, width, 1, 1, 0, 1, 1, width],
      packedSize: packedProductSize(1, width, width),
      outputShape: [count, width],
    });
    return ops.reshape(rounded, shape);
  }

  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    return quantizedInput(this, onnx, x!);
  }
}

/** The largest number that divides a length and is small. */
function widthFor(length: number): number {
  for (let width = Math.min(length, mostWidth); width > 1; width--) if (length % width === 0) return width;
  return 1;
}

registerLayer('ByteRoundingLayer', () => new ByteRoundingLayer());
