import { badArgument } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import type { StepMemory } from '../graph/step-memory.js';
import { type Ops, tapeOf } from '../ops/ops.js';
import { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import type { CallContext } from './composition.js';
import { Layer, type LayerConfig, type ParameterSpecs, type RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { sequenceIn, whereMasked } from './sequences.js';
import { checkedPadding, stepWindowsOver } from './step-padding.js';
import { type WeightOptions, type WeightSettings, weightOptionNames, weightSettings } from './weight-options.js';

/** Options of `Conv1dLayer`. */
export interface Conv1dOptions extends WeightOptions {
  /** Features of the output. */
  readonly filters: number;
  /** Steps that a window sees. */
  readonly kernelSize: number;
  /** Steps from one window to the next; default 1. */
  readonly stride?: number | undefined;
  /**
   * Zeros around the sequence: so many on either side; 'valid' (default), none; 'same', as many as keep ⌈steps / stride⌉
   * windows, one more behind where they are odd; 'causal', all of them in front, so that a window sees no later step.
   */
  readonly padding?: 'valid' | 'same' | 'causal' | number | undefined;
  /** Distance between neighbouring steps of a window; default 1. */
  readonly dilation?: number | undefined;
  /** Splits features and filters into so many parts that do not see each other; default 1. */
  readonly groups?: number | undefined;
}

const optionNames = [
  ...(['filters', 'kernelSize', 'stride', 'padding', 'dilation', 'groups'] as const),
  ...weightOptionNames,
];

/**
 * Convolution over the steps of sequences, [rows, steps, features] to [rows, windows, filters]: weights W of
 * kernelSize × features/groups × filters, a bias B for each filter. Masked steps count as zeros.
 * @example
 * ```ts
 * import { Conv1dLayer, Tensor } from 'blasnet';
 *
 * const layer = new Conv1dLayer({ filters: 16, kernelSize: 3, padding: 'causal', activation: 'relu' });
 * layer.outputShape([28, 3]); // → [ 28, 16 ]
 * layer.weights.W?.shape; // → [ 3, 3, 16 ]
 * layer.forward(Tensor.zeros([5, 28, 3])).shape; // → [ 5, 28, 16 ]
 * ```
 */
export class Conv1dLayer extends Layer {
  override readonly kind = 'convolution 1d';
  readonly filters: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: 'valid' | 'same' | 'causal' | number;
  readonly dilation: number;
  readonly groups: number;
  readonly #settings: WeightSettings;

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for sizes that do not fit each other, and for a bad option */
  constructor(options: Conv1dOptions) {
    super();
    checkOptions(options, optionNames);
    const { stride = 1, padding = 'valid', dilation = 1, groups = 1 } = options;
    this.filters = checkedSize('filters', options.filters);
    this.kernelSize = checkedSize('kernelSize', options.kernelSize);
    this.stride = checkedSize('stride', stride);
    this.dilation = checkedSize('dilation', dilation);
    this.groups = checkedSize('groups', groups);
    this.padding = checkedPadding(padding);
    this.#settings = weightSettings(options);
    if (this.filters % this.groups !== 0) {
      throw badArgument('groups', `a divisor of the ${this.filters} filters`, this.groups);
    }
  }

  protected override get ownSetup() {
    return this.#settings;
  }

  override get config(): LayerConfig {
    const { filters, kernelSize, stride, padding, dilation, groups } = this;
    const sizes = { filters, kernelSize, stride, padding, dilation, groups };
    return { type: 'Conv1dLayer', ...sizes, ...this.#settings.config };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const [steps, features] = sequenceIn(row!);
    const { filters, groups, kernelSize } = this;
    if (features % groups !== 0) throw badArgument('groups', `a divisor of the ${features} features`, groups);
    stepWindowsOver(this, steps);
    const { initMethod, useBias } = this.#settings;
    const ofGroup = features / groups;
    const fans = { fanIn: ofGroup * kernelSize, fanOut: (filters / groups) * kernelSize };
    return {
      W: { shape: [kernelSize, ofGroup, filters], init: initMethod, fans, fileKey: 'weights' },
      ...(useBias && { B: { shape: [1, filters], init: 0, penalized: false, fileKey: 'bias' } }),
    };
  }

  override get isStepwise(): boolean {
    return this.padding === 'causal' && this.stride === 1;
  }

  override call(
    ops: Ops,
    [x]: readonly Value[],
    { W, B }: Readonly<Record<string, Value>>,
    { memory }: CallContext,
  ): Value {
    const { stride, dilation, groups } = this;
    const { mask } = x!;
    const seen = mask ? whereMasked(ops, x!, mask, 0) : x!;
    const isStream = memory !== undefined && this.kernelSize > 1;
    const steps = isStream ? this.#withEarlierSteps(ops, seen, memory) : seen;
    const padding = isStream ? ([0, 0] as const) : stepWindowsOver(this, x!.shape[1]!).padding;
    const y = ops.conv1d(steps, W!, B, { stride, padding, dilation, groups });
    return this.#settings.activation?.apply(ops, y) ?? y;
  }

  /** The step of a stream behind those that its window reaches back to; zeros before the first one. */
  #withEarlierSteps(ops: Ops, x: Value, memory: StepMemory): Value {
    const [rows, , features] = x.shape as [number, number, number];
    const before = (this.kernelSize - 1) * this.dilation;
    const [kept] = memory.of(this, [[rows, before, features]], x.tensor.dtype);
    const steps = ops.concatenate([new Value(kept!), x], 1);
    tapeOf(ops).copy(ops.slice(steps, null, { from: 1 }).tensor, kept!, 0);
    return steps;
  }

  override flopsPerRow(row: RowShape): number {
    const [steps, features] = sequenceIn(row);
    return 2 * stepWindowsOver(this, steps).count * this.kernelSize * (features / this.groups) * this.filters;
  }
}

registerLayer('Conv1dLayer', (fields) => new Conv1dLayer(fields as unknown as Conv1dOptions));
