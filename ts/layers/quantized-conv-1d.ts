import { badArgument } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import type { LayerConfig, ParameterSpecs, RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { mostTerms, packedProductSize, QuantizedLayer, type QuantizedOptions } from './quantized-layer.js';
import { activated, quantizedInput, quantizedWeights } from './quantized-onnx.js';
import { registerLayer } from './registry.js';
import { sequenceIn, whereMasked } from './sequences.js';
import { checkedPadding, type StepWindowSizes, stepWindowsOver } from './step-padding.js';

/** Options of `QuantizedConv1dLayer`: those of `Conv1dLayer`, without groups. */
export interface QuantizedConv1dOptions extends QuantizedOptions {
  /** Features of the output. */
  readonly filters: number;
  /** Steps that a window sees. */
  readonly kernelSize: number;
  /** Steps from one window to the next; default 1. */
  readonly stride?: number | undefined;
  /** Zeros around the sequence, as of `Conv1dLayer`; default 'valid', none. */
  readonly padding?: 'valid' | 'same' | 'causal' | number | undefined;
  /** Distance between neighbouring steps of a window; default 1. */
  readonly dilation?: number | undefined;
}

/**
 * A `Conv1dLayer` with int8 weights, as `net.quantize` makes it. For prediction of whole sequences only.
 * @example
 * ```ts
 * import { QuantizedConv1dLayer, Tensor } from 'blasnet';
 *
 * const layer = new QuantizedConv1dLayer({ filters: 16, kernelSize: 3, padding: 'causal', activation: 'relu' });
 * layer.outputShape([28, 3]); // → [ 28, 16 ]
 * layer.forward(Tensor.zeros([5, 28, 3])).shape; // → [ 5, 28, 16 ]
 * ```
 */
export class QuantizedConv1dLayer extends QuantizedLayer {
  override readonly kind = 'convolution 1d int8';
  readonly filters: number;
  readonly #sizes: StepWindowSizes;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: QuantizedConv1dOptions) {
    super(options, ['filters', 'kernelSize', 'stride', 'padding', 'dilation']);
    const { stride = 1, padding = 'valid', dilation = 1 } = options;
    this.filters = checkedSize('filters', options.filters);
    this.#sizes = {
      kernelSize: checkedSize('kernelSize', options.kernelSize),
      stride: checkedSize('stride', stride),
      padding: checkedPadding(padding),
      dilation: checkedSize('dilation', dilation),
    };
  }

  override get config(): LayerConfig {
    const { filters } = this;
    return { type: 'QuantizedConv1dLayer', filters, ...this.#sizes, ...this.settings.config };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const [steps, features] = sequenceIn(row!);
    const { kernelSize } = this.#sizes;
    stepWindowsOver(this.#sizes, steps);
    const terms = features * kernelSize;
    if (terms > mostTerms) throw badArgument('kernelSize', `at most ${mostTerms} weights for a filter`, terms);
    return this.specs([kernelSize, features, this.filters], this.filters);
  }

  override call(ops: Ops, [x]: readonly Value[], parameters: Readonly<Record<string, Value>>): Value {
    const [rows, steps, features] = x!.shape as readonly [number, number, number];
    const { kernelSize, stride, dilation } = this.#sizes;
    const { padding, count } = stepWindowsOver(this.#sizes, steps);
    const seen = x!.mask ? whereMasked(ops, x!, x!.mask, 0) : x!;
    return this.compute(ops, seen, parameters, {
      kernel: 'quantized_product',
      geometry: [steps, features, kernelSize, stride, padding[0], dilation, count, this.filters],
      packedSize: packedProductSize(kernelSize, features, this.filters),
      outputShape: [rows, count, this.filters],
    });
  }

  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    const [steps, features] = sequenceIn(onnx.rowShape(x!));
    const { filters } = this;
    const { kernelSize, stride, dilation } = this.#sizes;
    const { padding, count } = stepWindowsOver(this.#sizes, steps);
    const { data } = this.parameters.find(({ name }) => name === 'W')!.value;
    const turned = Int8Array.from({ length: data.length }, (_, i) => {
      const [tap, feature, filter] = [
        i % kernelSize,
        Math.floor(i / kernelSize) % features,
        Math.floor(i / kernelSize / features),
      ];
      return data[(tap * features + feature) * filters + filter]!;
    });
    const inputs = [
      onnx.node('Transpose', [quantizedInput(this, onnx, x!)], { perm: [0, 2, 1] }),
      quantizedWeights(this, onnx, 0, { shape: [filters, features, kernelSize], data: turned }),
      ...(this.settings.useBias ? [onnx.parameter('B', [filters])] : []),
    ];
    const sizes = { kernel_shape: [kernelSize], strides: [stride], dilations: [dilation], pads: padding, group: 1 };
    const y = onnx.node('Transpose', [onnx.node('Conv', inputs, sizes)], { perm: [0, 2, 1] });
    return activated(onnx, y, [count, filters], this.activation);
  }

  override flopsPerRow(row: RowShape): number {
    const [steps, features] = sequenceIn(row);
    return 2 * stepWindowsOver(this.#sizes, steps).count * this.#sizes.kernelSize * features * this.filters;
  }
}

registerLayer(
  'QuantizedConv1dLayer',
  (fields) => new QuantizedConv1dLayer(fields as unknown as QuantizedConv1dOptions),
);
