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

/** Options of `TransformerDecoderLayer`. */
export interface TransformerDecoderOptions extends TransformerOptions {
  /** Whether step i of the sequence looks at its steps 0 to i only; default true. */
  readonly causal?: boolean | undefined;
}

/**
 * One layer of a Transformer's decoder (Vaswani et al. 2017), for a sequence x and another one that it looks at, such as the
 * result of an encoder: x ← norm1(x + selfAttention(x)), x ← norm2(x + crossAttention(x, other)), then
 * x ← norm3(x + feedForward2(activation(feedForward1(x)))). With `normFirst` x ← x + selfAttention(norm1(x)),
 * x ← x + crossAttention(norm2(x), other), then x ← x + feedForward2(activation(feedForward1(norm3(x)))). Rows are
 * [steps, features]; steps of either that its mask counts out are not looked at, and the output has the mask of x. Parameters are
 * `selfAttention.queryW` …, `crossAttention.queryW` …, `norm1.gamma` and so on, as those of `TransformerEncoderLayer`.
 * @example
 * ```ts
 * import { input, TransformerDecoderLayer } from 'blasnet';
 *
 * const layer = new TransformerDecoderLayer({ heads: 4, feedForward: 128, activation: 'gelu' });
 * layer.apply([input([10, 64]), input([50, 32])]).rowShape; // → [ 10, 64 ]
 * layer.weights['crossAttention.keyW']?.shape; // → [ 32, 64 ]
 * ```
 */
export class TransformerDecoderLayer extends TransformerLayer {
  override readonly kind = 'transformer decoder';

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad option */
  constructor(options: TransformerDecoderOptions) {
    super(options, true);
  }

  override get config(): LayerConfig {
    return { type: 'TransformerDecoderLayer', ...definedFields(this.options) };
  }

  override get inputCount(): number {
    return 2;
  }

  override get wholeInputs(): readonly number[] {
    return [1];
  }

  override stepRefusal([, other = false]: readonly boolean[]): string | undefined {
    if (!this.isStepwise) return looksAhead;
    return other ? undefined : 'the sequence that it looks at must not depend on the one that comes step by step';
  }

  override build([row, other]: readonly RowShape[]): ParameterSpecs {
    const { parts } = this.settings;
    const { norm, feedForward1, feedForward2 } = transformerSpecs(this.settings, row![1]!);
    return inGroups({
      selfAttention: attentionSpecs(parts, [row!]),
      norm1: norm,
      crossAttention: attentionSpecs(parts, [row!, other!]),
      norm2: norm,
      ...{ feedForward1, feedForward2 },
      norm3: norm,
    });
  }

  override call(
    ops: Ops,
    [x, other]: readonly Value[],
    parameters: Readonly<Record<string, Value>>,
    context: CallContext,
  ): Value {
    const blocks = this.blocks(ops, parameters, context);
    const toItself = (y: Value) => {
      y.mask ??= x!.mask; // of the norm's result
      return blocks.attention([y], 'selfAttention', 0);
    };
    const toOther = (y: Value) => blocks.attention([y, other!], 'crossAttention', 4, false);
    const behind = (y: Value, part: (y: Value) => Value, name: string) => blocks.norm(ops.add(y, part(y)), name);
    const inFront = (y: Value, part: (y: Value) => Value, name: string) => ops.add(y, part(blocks.norm(y, name)));
    const step = this.normFirst ? inFront : behind;
    const first = step(x!, toItself, 'norm1');
    const second = step(first, toOther, 'norm2');
    return step(second, (y) => blocks.feed(y), 'norm3');
  }

  /** The mask of the sequence. */
  protected override maskOf(_ops: Ops, [x]: readonly Value[]): Value | undefined {
    return x!.mask;
  }

  override flopsPerRow(row: RowShape, other: RowShape): number {
    const [steps, features] = sequenceIn(row);
    const { parts } = this.settings;
    const attention = attentionFlops(parts, [row]) + attentionFlops(parts, [row, sequenceIn(other)]);
    return attention + 4 * steps * features * this.feedForward;
  }
}

registerLayer(
  'TransformerDecoderLayer',
  (fields) => new TransformerDecoderLayer(fields as unknown as TransformerDecoderOptions),
);
