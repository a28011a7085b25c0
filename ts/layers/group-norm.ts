import { shapeMismatch } from '../core/errors.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import type { LayerConfig, ParameterSpecs, RowShape } from './layer.js';
import { NormLayer, type NormOptions } from './norm-layer.js';
import { registerLayer } from './registry.js';

/** Options of `GroupNormLayer`. */
export interface GroupNormOptions extends NormOptions {}

/**
 * Group normalisation (Wu and He 2018): y = gamma · (x − mean)/√(variance + epsilon) + beta, with the mean and the (biased)
 * variance of each group of channels of a row. Channels are the last dimension of `[channels]` and of `[steps, channels]`, all
 * of whose steps count together, and the first one of images, `[channels, height, width]`. gamma and beta have a number for each
 * channel. As many groups as channels make it instance normalisation.
 */
export class GroupNormLayer extends NormLayer {
  override readonly kind = 'group norm';
  readonly groups: number;

  /**
   * @param groups - divides the number of channels
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for groups that are not a whole number above 0, an epsilon that is not above 0,
   *   and for an unknown option
   */
  constructor(groups: number, options: GroupNormOptions = {}) {
    super(options);
    this.groups = checkedSize('groups', groups);
  }

  protected get type(): string {
    return 'GroupNormLayer';
  }

  override get config(): LayerConfig {
    const { type, ...options } = super.config;
    return { type, groups: this.groups, ...options };
  }

  override build([row]: readonly RowShape[]): ParameterSpecs {
    const channels = row!.length > 2 ? row![0]! : (row!.at(-1) ?? 0);
    if (channels < 1 || channels % this.groups !== 0) {
      const received = `rows of shape [${row!.join(', ')}]`;
      throw shapeMismatch('input', `rows whose channels are a multiple of ${this.groups}`, received);
    }
    const shape = [channels];
    return { gamma: { shape, init: 1 }, beta: { shape, init: 0 } };
  }

  override call(ops: Ops, [x]: readonly Value[], { gamma, beta }: Readonly<Record<string, Value>>): Value {
    return ops.groupNorm(x!, gamma!, beta!, this.groups, this.epsilon);
  }
}

registerLayer('GroupNormLayer', ({ groups, ...options }) => new GroupNormLayer(groups as number, options));
