import { badArgument, shapeMismatch } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { definedFields } from '../core/objects.js';
import type { StepMemory } from '../graph/step-memory.js';
import { createInitializer, type InitMethodOptions } from '../initializers/index.js';
import type { Ops } from '../ops/ops.js';
import { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { arrayOf, type DType, Tensor } from '../tensor/tensor.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { sequenceIn } from './sequences.js';

/** Options of `PositionalEncodingLayer`. */
export interface PositionalEncodingOptions {
  /** Whether the numbers that are added are learned; default false: sines and cosines. */
  readonly learned?: boolean | undefined;
  /** The most steps that sequences have; needed for `learned`, and else unlimited. */
  readonly steps?: number | undefined;
  /** How learned numbers are initialised, instead of as the net's hyperparameters set it. */
  readonly initMethod?: InitMethodOptions | undefined;
  /** The dtype of a layer that works without a net; a net applies its own. */
  readonly dtype?: DType | undefined;
}

/**
 * Adds numbers to each step of [steps, features] that depend on its position p: sin(p / 10000^(2i / features)) to feature 2i
 * and the cosine of the same to feature 2i + 1 (Vaswani et al. 2017), or learned ones, the rows of W, steps × features.
 * @example
 * ```ts
 * import { PositionalEncodingLayer, Tensor } from 'blasnet';
 *
 * const layer = new PositionalEncodingLayer();
 * layer.forward(Tensor.zeros([1, 2, 2])).data.map((v) => Math.round(100 * v)); // → Float32Array(4) [ 0, 100, 84, 54 ]
 * const learned = new PositionalEncodingLayer({ learned: true, steps: 50 });
 * learned.outputShape([20, 8]); // → [ 20, 8 ]
 * learned.weights.W?.shape; // → [ 50, 8 ]
 * ```
 */
export class PositionalEncodingLayer extends Layer {
  override readonly kind = 'positional encoding';
  readonly learned: boolean;
  readonly steps: number | undefined;
  readonly #initMethod: InitMethodOptions | undefined;
  readonly #dtype: DType | undefined;
  /** The newest table of sines, which plans of the same rows share. */
  #table: Tensor | undefined;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for `learned` without `steps`, and for an option that is unknown or out of range */
  constructor(options: PositionalEncodingOptions = {}) {
    super();
    const names = ['learned', 'steps', 'initMethod', 'dtype'] as const;
    const { learned = false, steps, initMethod, dtype } = fieldsOf('options', options, names);
    if (typeof learned !== 'boolean') throw badArgument('learned', 'true or false', learned);
    if (learned || steps !== undefined) checkedSize('steps', steps);
    if (initMethod !== undefined) createInitializer(initMethod);
    if (dtype !== undefined) arrayOf(dtype);
    this.learned = learned;
    this.steps = steps;
    this.#initMethod = initMethod;
    this.#dtype = dtype;
  }

  protected override get ownSetup() {
    return { dtype: this.#dtype };
  }

  override get config(): LayerConfig {
    const { learned, steps } = this;
    const given = definedFields({ steps, initMethod: this.#initMethod, dtype: this.#dtype });
    return { type: 'PositionalEncodingLayer', learned, ...given };
  }

  /** Any number of steps. */
  override get inputShape(): undefined {
    return undefined;
  }

  override get isStepwise(): boolean {
    return true;
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const [steps, features] = sequenceIn(row!);
    if (this.steps !== undefined && steps > this.steps) {
      throw shapeMismatch('input', `at most ${this.steps} steps`, `rows of shape [${row!.join(', ')}]`);
    }
    if (!this.learned) return {};
    return { W: { shape: [this.steps!, features], init: this.#initMethod, fileKey: 'weights' } };
  }

  override call(
    ops: Ops,
    [x]: readonly Value[],
    { W }: Readonly<Record<string, Value>>,
    { memory }: CallContext,
  ): Value {
    const [, steps, features] = x!.shape as readonly [number, number, number];
    if (memory) {
      const most = this.#stepsIn(memory);
      const table = W ?? new Value(this.#sines(most, features, x!.tensor.dtype));
      return ops.add(x!, ops.embedding(table, memory.position));
    }
    if (!W) return ops.add(x!, new Value(this.#sines(steps, features, x!.tensor.dtype)));
    return ops.add(x!, steps === this.steps ? W : ops.slice(W, { from: 0, to: steps }));
  }

  /** The steps for which a stream has places. */
  #stepsIn({ maxSteps }: StepMemory): number {
    if (this.steps === undefined || maxSteps <= this.steps) return maxSteps;
    throw badArgument('maxSteps', `at most the ${this.steps} steps of ${this.kind}`, maxSteps);
  }

  #sines(steps: number, features: number, dtype: DType): Tensor {
    const known = this.#table;
    if (known?.dtype === dtype && known.shape[0] === steps && known.shape[1] === features) return known;
    const table = Tensor.zeros([steps, features], dtype);
    for (let p = 0, at = 0; p < steps; p++) {
      for (let i = 0; i < features; i++, at++) {
        const angle = p / 10000 ** ((i - (i % 2)) / features);
        table.data[at] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      }
    }
    this.#table = table;
    return table;
  }
}

registerLayer('PositionalEncodingLayer', (fields) => new PositionalEncodingLayer(fields));
