import { badArgument } from '../core/errors.js';
import { checkOptions, oneOf } from '../core/fields.js';
import type { Pass } from '../graph/pass.js';
import type { Value } from '../ops/value.js';
import { BlockLayer } from './block.js';
import { configOf } from './config-of.js';
import type { LayerConfig, RowShape } from './layer.js';
import { RecurrentLayer } from './recurrent.js';
import { createLayer, registerLayer } from './registry.js';

const merges = ['concatenate', 'sum', 'average', 'multiply'] as const;

/** Options of `BidirectionalLayer`. */
export interface BidirectionalOptions {
  /** How the outputs of both directions become one; 'concatenate' (default) puts them one behind the other. */
  readonly merge?: (typeof merges)[number] | undefined;
}

/**
 * A recurrent layer in both directions: the given layer, and one with the same options that goes from the last step to the
 * first. Parameters are `forward.W` and so on, and `backward.W`. Further inputs are the initial states of the forward
 * layer, then those of the backward one.
 * @example
 * ```ts
 * import { BidirectionalLayer, GruLayer } from 'blasnet';
 *
 * const layer = new BidirectionalLayer(new GruLayer(16, { returnSequences: true }));
 * layer.outputShape([50, 4]); // → [ 50, 32 ]
 * new BidirectionalLayer(new GruLayer(16), { merge: 'average' }).outputShape([50, 4]); // → [ 16 ]
 * ```
 */
export class BidirectionalLayer extends BlockLayer {
  override readonly kind = 'bidirectional';
  readonly forwardLayer: RecurrentLayer;
  readonly backwardLayer: RecurrentLayer;
  readonly merge: (typeof merges)[number];

  /** @throws BlasnetError `ERR_BAD_ARGUMENT` for a layer that is not recurrent, and for a bad option */
  constructor(layer: RecurrentLayer, options: BidirectionalOptions = {}) {
    if (!(layer instanceof RecurrentLayer) || !layer.config) {
      throw badArgument('layer', 'a recurrent layer, such as new LstmLayer(64)', layer);
    }
    checkOptions(options, ['merge']);
    const backward = createLayer({ ...layer.config, reverse: !layer.reverse }) as RecurrentLayer;
    super([
      { name: 'forward', layer },
      { name: 'backward', layer: backward },
    ]);
    this.forwardLayer = layer;
    this.backwardLayer = backward;
    this.merge = options.merge === undefined ? 'concatenate' : oneOf('merge', merges, options.merge);
  }

  override get config(): LayerConfig | undefined {
    const layer = configOf(this.forwardLayer);
    return layer && { type: 'BidirectionalLayer', layer, merge: this.merge };
  }

  override get inputCount(): readonly [least: number, most: number] {
    return [1, 1 + 2 * this.forwardLayer.stateCount];
  }

  override get inputShape(): RowShape | undefined {
    return undefined; // any number of steps
  }

  /** The inputs of each direction. */
  #divided<Input>([x, ...states]: readonly Input[]): readonly [Input[], Input[]] {
    const { stateCount } = this.forwardLayer;
    if (states.length !== 0 && states.length !== 2 * stateCount) {
      throw badArgument('the inputs of bidirectional', `1 or ${1 + 2 * stateCount}`, 1 + states.length);
    }
    return [
      [x!, ...states.slice(0, stateCount)],
      [x!, ...states.slice(stateCount)],
    ];
  }

  override outputShape(...inputs: readonly RowShape[]): RowShape {
    if (inputs.length === 0) throw badArgument('the inputs of bidirectional', 'one or more', 0);
    const [there, back] = this.#divided(inputs);
    const shape = this.forwardLayer.outputShape(...there);
    this.backwardLayer.outputShape(...back);
    return this.merge === 'concatenate' ? [...shape.slice(0, -1), 2 * shape.at(-1)!] : shape;
  }

  override record(pass: Pass, inputs: readonly Value[]): Value {
    const [there, back] = this.#divided(inputs);
    const outputs = [this.forwardLayer.record(pass, there), this.backwardLayer.record(pass, back)] as const;
    const merged = this.#merged(pass, outputs);
    merged.mask = outputs[0].mask;
    return merged;
  }

  #merged({ ops }: Pass, [a, b]: readonly [Value, Value]): Value {
    switch (this.merge) {
      case 'concatenate':
        return ops.concatenate([a, b], -1);
      case 'multiply':
        return ops.multiply(a, b);
      case 'sum':
        return ops.add(a, b);
      case 'average':
        return ops.multiply(ops.add(a, b), 0.5);
    }
  }

  override flopsPerRow(...inputs: readonly RowShape[]): number {
    const [there, back] = this.#divided(inputs);
    return this.forwardLayer.flopsPerRow(there[0]!) + this.backwardLayer.flopsPerRow(back[0]!);
  }
}

registerLayer(
  'BidirectionalLayer',
  ({ layer, ...options }) =>
    new BidirectionalLayer(createLayer(layer as LayerConfig) as RecurrentLayer, options as BidirectionalOptions),
);
