import { shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Pass } from '../graph/pass.js';
import type { Value } from '../ops/value.js';
import { sizeOf } from '../tensor/tensor.js';
import {
  BlockLayer,
  configsOf,
  flopsThrough,
  formThrough,
  layersFrom,
  membersOf,
  through,
  throughShapes,
} from './block.js';
import type { Layer, LayerConfig, RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { registerLayer } from './registry.js';

/** Options of `ResidualLayer`. */
export interface ResidualOptions {
  /** Layers that bring the input to the shape of the result, such as a convolution by 1 × 1; none by default. */
  readonly shortcut?: readonly Layer[] | undefined;
}

/**
 * y = f(x) + x (He et al. 2015), where f are layers one behind the other; with a shortcut, f(x) + shortcut(x). Both must
 * give rows of one shape. An activation behind the sum is a layer of its own. Parameters are named after the layers, by kind
 * and position: `convolution-1.W`, those of the shortcut `shortcut.convolution-1.W`.
 * @example
 * ```ts
 * import { ConvLayer, ResidualLayer } from 'blasnet';
 *
 * const same = [0, 1].map(() => new ConvLayer({ filters: 16, kernelSize: 3, padding: 'same' }));
 * new ResidualLayer(same).outputShape([16, 8, 8]); // → [ 16, 8, 8 ]
 * const wide = new ConvLayer({ filters: 32, kernelSize: 3, padding: 'same' });
 * const shortcut = [new ConvLayer({ filters: 32, kernelSize: 1 })];
 * new ResidualLayer([wide], { shortcut }).outputShape([16, 8, 8]); // → [ 32, 8, 8 ]
 * new ResidualLayer([wide]).outputShape([16, 8, 8]); // throws ERR_SHAPE_MISMATCH
 * ```
 */
export class ResidualLayer extends BlockLayer {
  override readonly kind = 'residual';
  readonly layers: readonly Layer[];
  /** Empty where the input itself is added. */
  readonly shortcut: readonly Layer[];

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` unless there is a layer, and each once, or for an unknown option */
  constructor(layers: readonly Layer[], options: ResidualOptions = {}) {
    checkOptions(options, ['shortcut']);
    const { shortcut } = options;
    const beside = shortcut === undefined ? [] : membersOf(shortcut, 'shortcut', 'shortcut.');
    super([...membersOf(layers, 'layers'), ...beside]);
    this.layers = Object.freeze([...layers]);
    this.shortcut = Object.freeze([...(shortcut ?? [])]);
  }

  override get config(): LayerConfig | undefined {
    const [layers, shortcut] = [configsOf(this.layers), configsOf(this.shortcut)];
    return layers && shortcut && { type: 'ResidualLayer', layers, ...(shortcut.length > 0 && { shortcut }) };
  }

  override get inputShape(): RowShape | undefined {
    return this.layers[0]!.inputShape ?? this.shortcut[0]?.inputShape;
  }

  override outputShape(...inputs: readonly RowShape[]): RowShape {
    const result = throughShapes(this.layers, inputs);
    const beside = throughShapes(this.shortcut, inputs);
    if (result.join() !== beside.join()) {
      const what = this.shortcut.length > 0 ? 'the shortcut' : 'the input';
      throw shapeMismatch(`${what} of residual`, `rows of shape [${result.join(', ')}]`, `[${beside.join(', ')}]`);
    }
    return result;
  }

  override record(pass: Pass, inputs: readonly Value[]): Value {
    const [result, beside] = [this.layers, this.shortcut].map((layers) => through(layers, pass, inputs));
    const sum = pass.ops.add(result!, beside!);
    sum.mask = this.maskOf(pass.ops, [result!, beside!], sum);
    return sum;
  }

  override toOnnx(onnx: OnnxBuilder, inputs: readonly string[]): string {
    return onnx.node('Add', [formThrough(this.layers, onnx, inputs), formThrough(this.shortcut, onnx, inputs)]);
  }

  override flopsPerRow(...inputs: readonly RowShape[]): number {
    const sum = sizeOf(this.outputShape(...inputs));
    return flopsThrough(this.layers, inputs) + flopsThrough(this.shortcut, inputs) + sum;
  }
}

registerLayer('ResidualLayer', ({ layers, shortcut }) => {
  const options = shortcut === undefined ? {} : { shortcut: layersFrom(shortcut, 'shortcut') };
  return new ResidualLayer(layersFrom(layers, 'layers'), options);
});
