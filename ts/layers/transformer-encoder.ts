import { definedFields } from '../core/objects.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { attentionFlops, attentionSpecs } from './attention-parts.js';
import { looksAhead } from './attention-steps.js';
import type { CallContext } from './composition.js';
import type { LayerConfig, ParameterSpecs, RowShape } from './layer.js';
import { registerLayer } from './registry.js';
import { sequenceIn } from './sequences.js';
import { inGroups, TransformerLayer, type TransformerOptions, transformerSpecs } from './transformer-parts.js';

/** Options of `TransformerEncoderLayer`. */
export interface TransformerEncoderOptions extends TransformerOptions {
  /** Whether step i looks at steps 0 to i only; default false. */
  readonly causal?: boolean | undefined;
}

/**
 * One layer of a Transformer's encoder (Vaswani et al. 2017): x ← norm1(x + attention(x)), then
 * x ← norm2(x + feedForward2(activation(feedForward1(x)))). With `normFirst` x ← x + attention(norm1(x)), then
 * x ← x + feedForward2(activation(feedForward1(norm2(x)))). Rows are [steps, features]; steps that a mask counts out are not
 * looked at. Parameters are `attention.queryW` …, `norm1.gamma`, `norm1.beta`, `feedForward1.W`, `feedForward1.B` and so on.
 * @example
 * ```ts
 * import { input, TransformerEncoderLayer } from 'blasnet';
 *
 * const layer = new TransformerEncoderLayer({ heads: 4, feedForward: 128, activation: 'gelu' });
 * layer.apply(input([50, 64])).rowShape; // → [ 50, 64 ]
 * layer.weights['feedForward1.W']?.shape; // → [ 64, 128 ]
 * ```
 */
export class TransformerEncoderLayer extends TransformerLayer {
  override readonly kind = 'transformer encoder';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option */
  constructor(options: TransformerEncoderOptions) {
    super(options, false);
  }

  override get config(): LayerConfig {
    return { type: 'TransformerEncoderLayer', ...definedFields(this.options) };
  }

  override stepRefusal(): string | undefined {
    return this.isStepwise ? undefined : looksAhead;
  }

  override build(rows: readonly RowShape[]): ParameterSpecs {
    const attention = attentionSpecs(this.settings.parts, rows);
    const { norm, feedForward1, feedForward2 } = transformerSpecs(this.settings, rows[0]![1]!);
    return inGroups({ attention, norm1: norm, feedForward1, feedForward2, norm2: norm });
  }

  override call(
    ops: Ops,
    [x]: readonly Value[],
    parameters: Readonly<Record<string, Value>>,
    context: CallContext,
  ): Value {
    const blocks = this.blocks(ops, parameters, context);
    const attention = (y: Value) => {
      y.mask ??= x!.mask; // of the norm's result
      return blocks.attention([y], 'attention', 0);
    };
    if (this.normFirst) {
      const sum = ops.add(x!, attention(blocks.norm(x!, 'norm1')));
      return ops.add(sum, blocks.feed(blocks.norm(sum, 'norm2')));
    }
    const first = blocks.norm(ops.add(x!, attention(x!)), 'norm1');
    return blocks.norm(ops.add(first, blocks.feed(first)), 'norm2');
  }

  override flopsPerRow(row: RowShape): number {
    const [steps, features] = sequenceIn(row);
    return attentionFlops(this.settings.parts, [row]) + 4 * steps * features * this.feedForward;
  }
}

registerLayer(
  'TransformerEncoderLayer',
  (fields) => new TransformerEncoderLayer(fields as unknown as TransformerEncoderOptions),
);
