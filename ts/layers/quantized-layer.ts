// @internal
import { type BlasnetError, badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { Ops } from '../ops/ops.js';
import { tapeOf } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { EagerRunner } from '../runtime/runner.js';
import { Tensor } from '../tensor/tensor.js';
import type { Activation, ActivationFunction, ActivationOptions } from './activation-table.js';
import { Layer, type ParameterSpecs } from './layer.js';
import { type WeightSettings, weightSettings } from './weight-options.js';

/** Options of layers with int8 weights. */
export interface QuantizedOptions {
  /** A function that follows the layer, as an `ActivationLayer` would; default none. */
  readonly activation?: Activation | ActivationOptions | undefined;
  /** Whether there is a bias; default true. */
  readonly useBias?: boolean | undefined;
}

/** The names of `QuantizedOptions`. */
export const quantizedOptionNames = ['activation', 'useBias'] as const;

/** Terms of a sum: so many products of bytes stay within 32 bits. */
export const mostTerms = 65792;

/** Numbers of the packed weights of `size` steps, as C++ has them (native/layers/quantized_product.cc). */
export function packedProductSize(size: number, features: number, outputs: number): number {
  const columns = Math.ceil(outputs / 16) * 16;
  return columns * (1 + size * Math.ceil(features / 4));
}

/** How a layer computes: by which kernel, for which sizes. */
export interface QuantizedCall {
  readonly kernel: 'quantized_product' | 'quantized_convolution';
  readonly geometry: readonly number[];
  /** Quads and what sums begin with: the size of the packed weights. */
  readonly packedSize: number;
  readonly outputShape: readonly number[];
}

/** The tensors that kernels read. They stay in their place when weights are replaced, so that recorded plans stay valid. */
interface Constants {
  readonly call: QuantizedCall;
  readonly packed: { readonly data: Int32Array; readonly shape: readonly number[] };
  readonly scale: Tensor;
  readonly input: Tensor;
}

type Name = 'W' | 'scale' | 'inputScale' | 'inputZero' | 'B';

/**
 * The base of layers with int8 weights. A number x of the input becomes the byte round(x / inputScale) + inputZero, half to
 * even, within 0 … 255; the sums of products are exact, so that their bits are the same on every CPU. An output is its sum
 * times inputScale · scale, plus B. For prediction only.
 */
export abstract class QuantizedLayer extends Layer {
  protected readonly settings: WeightSettings;
  #constants: Constants | undefined;

  constructor(options: QuantizedOptions, names: readonly string[]) {
    super();
    checkOptions<object>(options, [...names, ...quantizedOptionNames] as never[]);
    this.settings = weightSettings({ activation: options.activation, useBias: options.useBias });
  }

  override get isQuantized(): boolean {
    return true;
  }

  protected get activation(): ActivationFunction | undefined {
    return this.settings.activation;
  }

  /** W of that shape, a scale for each output, the scale and the zero of the input, and the bias. */
  protected specs(shape: readonly number[], outputs: number): ParameterSpecs {
    const fixed = { trainable: false, penalized: false };
    return {
      W: { ...fixed, shape, init: 0, fileKey: 'weights', storage: 'int8' },
      scale: { ...fixed, shape: [1, outputs], init: 1 },
      inputScale: { ...fixed, shape: [1], init: 1 },
      inputZero: { ...fixed, shape: [1], init: 0 },
      ...(this.settings.useBias && { B: { ...fixed, shape: [1, outputs], init: 0, fileKey: 'bias' } }),
    };
  }

  /** Copies of the parameters' values by name; `setWeights` replaces them. */
  override get weights(): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(super.weights).map(([name, value]) => [name, value.clone()]));
  }

  override setWeights(values: Readonly<Record<string, Tensor>>): void {
    this.#change(() => super.setWeights(values));
  }

  override async readWeights(folder: string, name: string): Promise<() => void> {
    const copy = await super.readWeights(folder, name);
    return () => this.#change(copy);
  }

  /** Changes parameters, and what kernels read; nothing is changed where the values are not those of such a layer. */
  #change(copy: () => void): void {
    const before = this.parameters.map(({ value }) => value.clone());
    copy();
    try {
      this.#check();
      if (this.#constants) this.#pack(this.#constants);
    } catch (cause) {
      for (const [i, { value }] of this.parameters.entries()) value.data.set(before[i]!.data);
      throw cause;
    }
  }

  #values(name: Name): ArrayLike<number> {
    return this.parameters.find((parameter) => parameter.name === name)?.value.data ?? [];
  }

  #check(): void {
    const rules: Record<Name, readonly [expected: string, isRight: (value: number) => boolean]> = {
      W: ['whole numbers from -128 to 127', (value) => Number.isInteger(value) && value >= -128 && value <= 127],
      scale: ['finite numbers above 0', (value) => Number.isFinite(value) && value > 0],
      inputScale: ['a finite number above 0', (value) => Number.isFinite(Math.fround(1 / value)) && value > 0],
      inputZero: ['a whole number from 0 to 255', (value) => Number.isInteger(value) && value >= 0 && value <= 255],
      B: ['numbers', () => true],
    };
    for (const [name, [expected, isRight]] of Object.entries(rules)) {
      const values = this.#values(name as Name);
      for (let i = 0; i < values.length; i++) {
        if (!isRight(values[i]!)) throw badArgument(`${this.kind} ${name}`, expected, values[i]);
      }
    }
  }

  /** Whole numbers from −128 to 127, of which kernels take so many outputs. */
  protected wholeWeights(_outputs: number): Tensor {
    return this.parameters.find(({ name }) => name === 'W')!.value;
  }

  /** Fills what kernels read from the parameters. */
  #pack({ call, packed, scale, input }: Constants): void {
    const [inputScale, inputZero] = [this.#values('inputScale')[0]!, this.#values('inputZero')[0]!];
    input.data.set([1 / inputScale, inputZero]);
    const scales = this.#values('scale');
    for (let i = 0; i < scale.data.length; i++) scale.data[i] = inputScale * (scales[i] ?? 1);
    const geometry = { data: Int32Array.from(call.geometry), shape: [call.geometry.length] };
    const w = this.wholeWeights(scale.size);
    new EagerRunner('float32').run(`pack_${call.kernel}`, { w, input, geometry, packed });
  }

  /** The tensors that kernels read, brought up to date; empty where only shapes are followed. */
  #constantsFor(call: QuantizedCall, outputs: number, isShapeOnly: boolean): Constants {
    if (isShapeOnly) {
      const [scale, input] = [Tensor.zeros([1, 1]), Tensor.zeros([2])];
      return { call, packed: { data: new Int32Array(0), shape: [0] }, scale, input };
    }
    this.#check();
    this.#constants ??= {
      call,
      packed: { data: new Int32Array(call.packedSize), shape: [call.packedSize] },
      scale: Tensor.zeros([1, outputs]),
      input: Tensor.zeros([2]),
    };
    this.#pack(this.#constants);
    return this.#constants;
  }

  /** Adds the layer's operation to the pass, and its activation. */
  protected compute(ops: Ops, x: Value, parameters: Readonly<Record<string, Value>>, call: QuantizedCall): Value {
    const tape = tapeOf(ops);
    if (tape.runner.dtype !== 'float32') {
      throw badArgument('the dtype of a net with int8 weights', 'float32', tape.runner.dtype);
    }
    const { inputScale, B, scale: scales } = parameters;
    const outputs = scales?.size ?? call.outputShape.at(-1)!;
    const constants = this.#constantsFor(call, outputs, inputScale!.tensor.data.length === 0);
    const { packed, scale, input } = constants;
    const bias = B?.tensor ?? Tensor.zeros([1, outputs]);
    const geometry = { data: Int32Array.from(call.geometry), shape: [call.geometry.length] };
    const y = tape.operation(
      call.outputShape,
      [x],
      (z) => tape.run(call.kernel, { x: x.tensor, packed, scale, bias, input, geometry, y: z }),
      () => {
        throw untrainable('backward', this.kind);
      },
    );
    return this.activation?.apply(ops, y) ?? y;
  }
}

/** The error for what would train int8 weights. */
export function untrainable(what: string, layer: string): BlasnetError {
  const hint = 'train the float32 net and quantize it again';
  return badArgument(what, 'float32 weights', `int8 weights, which only predict (layer '${layer}')`, hint);
}
