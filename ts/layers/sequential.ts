import type { InputType } from '../graph/node.js';
import type { Pass } from '../graph/pass.js';
import type { Value } from '../ops/value.js';
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

/**
 * Layers one behind the other as one layer: a block that is applied in a graph, or repeated in a chain. Parameters are named
 * after the layers, by kind and position: `fully-connected-1.W`.
 * @example
 * ```ts
 * import { BatchNormLayer, ConvLayer, SequentialLayer } from 'blasnet';
 *
 * const conv = new ConvLayer({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' });
 * const block = new SequentialLayer([conv, new BatchNormLayer()]);
 * block.outputShape([3, 32, 32]); // → [ 16, 32, 32 ]
 * Object.keys(block.weights)[0]; // → 'convolution-1.W'
 * ```
 */
export class SequentialLayer extends BlockLayer {
  override readonly kind = 'sequential';
  readonly layers: readonly Layer[];

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` unless there is a layer, and each once */
  constructor(layers: readonly Layer[]) {
    super(membersOf(layers, 'layers'));
    this.layers = Object.freeze([...layers]);
  }

  override get config(): LayerConfig | undefined {
    const layers = configsOf(this.layers);
    return layers && { type: 'SequentialLayer', layers };
  }

  override get inputCount() {
    return this.layers[0]!.inputCount;
  }

  override get inputShape(): RowShape | undefined {
    return this.layers[0]!.inputShape;
  }

  override inputType(input: number): InputType | undefined {
    return this.layers[0]!.inputType(input);
  }

  override stepsFrom(...args: Parameters<Layer['stepsFrom']>) {
    return this.layers[0]!.stepsFrom(...args);
  }

  override inputRange(...args: Parameters<Layer['inputRange']>) {
    return this.layers[0]!.inputRange(...args);
  }

  override outputShape(...inputs: readonly RowShape[]): RowShape {
    return throughShapes(this.layers, inputs);
  }

  override record(pass: Pass, inputs: readonly Value[]): Value {
    return through(this.layers, pass, inputs);
  }

  override toOnnx(onnx: OnnxBuilder, inputs: readonly string[]): string {
    return formThrough(this.layers, onnx, inputs);
  }

  override flopsPerRow(...inputs: readonly RowShape[]): number {
    return flopsThrough(this.layers, inputs);
  }
}

registerLayer('SequentialLayer', ({ layers }) => new SequentialLayer(layersFrom(layers, 'layers')));
