import { badArgument, shapeMismatch } from '../core/errors.js';
import { definedFields } from '../core/objects.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { checkedShape, sizeOf } from '../tensor/tensor.js';
import type { LayerConfig, ParameterSpecs, RowShape } from './layer.js';
import type { OnnxBuilder } from './onnx-builder.js';
import { mostTerms, packedProductSize, QuantizedLayer, type QuantizedOptions } from './quantized-layer.js';
import { activated, quantizedInput, quantizedWeights } from './quantized-onnx.js';
import { registerLayer } from './registry.js';

/** Options of `QuantizedFullyConnectedLayer`. */
export interface QuantizedFullyConnectedOptions extends QuantizedOptions {
  readonly outputs: number;
  /** Numbers in the last dimension of the input; by default those of the rows that reach the layer. */
  readonly inputs?: number | undefined;
}

/**
 * A `FullyConnectedLayer` with int8 weights, as `net.quantize` makes it: X becomes bytes, W of inputs × outputs holds whole
 * numbers from −128 to 127. For prediction only.
 * @example
 * ```ts
 * import { QuantizedFullyConnectedLayer, Tensor } from 'blasnet';
 *
 * const layer = new QuantizedFullyConnectedLayer({ inputs: 2, outputs: 1 });
 * const [W, scale] = [Tensor.from([[100], [-50]]), Tensor.from([[0.01]])]; // weights 1 and −0.5
 * layer.setWeights({ W, scale, inputScale: Tensor.from([1 / 16], [1]) }); // bytes are 16 · x
 * layer.forward(Tensor.from([[3, 2]])).toArray(); // → [ [ 2 ] ]
 * ```
 */
export class QuantizedFullyConnectedLayer extends QuantizedLayer {
  override readonly kind = 'fully connected int8';
  readonly outputs: number;
  readonly #inputs: number | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that are not whole numbers above 0, and for a bad option */
  constructor(options: QuantizedFullyConnectedOptions) {
    super(options, ['inputs', 'outputs']);
    this.outputs = checkedSize('outputs', options.outputs);
    this.#inputs = options.inputs === undefined ? undefined : checkedSize('inputs', options.inputs);
    if (this.#inputs !== undefined) this.buildFor([[this.#inputs]]);
  }

  /** Numbers in the last dimension of its input; undefined until they are known. */
  get inputs(): number | undefined {
    return this.#inputs ?? this.parameterShapes?.W?.[0];
  }

  override get config(): LayerConfig {
    const { outputs } = this;
    return {
      type: 'QuantizedFullyConnectedLayer',
      ...definedFields({ inputs: this.#inputs }),
      outputs,
      ...this.settings.config,
    };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const inputs = row!.at(-1);
    const expected = this.#inputs ?? this.parameterShapes?.W?.[0];
    if (inputs === undefined || inputs < 1 || (expected !== undefined && inputs !== expected)) {
      throw shapeMismatch('input', `rows of ${expected ?? 'some'} numbers`, `rows of shape [${row!.join(', ')}]`);
    }
    if (inputs > mostTerms) throw badArgument('inputs', `at most ${mostTerms} for int8 weights`, inputs);
    return this.specs([inputs, this.outputs], this.outputs);
  }

  override get isStepwise(): boolean {
    return true;
  }

  override call(ops: Ops, [x]: readonly Value[], parameters: Readonly<Record<string, Value>>): Value {
    const { outputs } = this;
    const { shape } = x!;
    const inputs = shape.at(-1)!;
    const rows = shape.length === 2 ? x! : ops.reshape(x!, [sizeOf(shape.slice(0, -1)), inputs]);
    const z = this.compute(ops, rows, parameters, {
      kernel: 'quantized_product',
      geometry: [1, inputs, 1, 1, 0, 1, 1, outputs],
      packedSize: packedProductSize(1, inputs, outputs),
      outputShape: [rows.shape[0]!, outputs],
    });
    return shape.length === 2 ? z : ops.reshape(z, [...shape.slice(0, -1), outputs]);
  }

  override toOnnx(onnx: OnnxBuilder, [x]: readonly string[]): string {
    const product = onnx.node('MatMul', [quantizedInput(this, onnx, x!), quantizedWeights(this, onnx, 1)]);
    const z = this.settings.useBias ? onnx.node('Add', [product, onnx.parameter('B', [this.outputs])]) : product;
    return activated(onnx, z, this.outputShape(onnx.rowShape(x!)), this.activation);
  }

  override flopsPerRow(row: RowShape): number {
    return 2 * sizeOf(checkedShape(row, 'input')) * this.outputs;
  }
}

registerLayer(
  'QuantizedFullyConnectedLayer',
  (fields) => new QuantizedFullyConnectedLayer(fields as unknown as QuantizedFullyConnectedOptions),
  { fromOutputs: (outputs) => ({ outputs }) },
);
