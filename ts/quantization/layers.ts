// @internal

import { ConvLayer } from '../layers/conv.js';
import { Conv1dLayer } from '../layers/conv-1d.js';
import { FullyConnectedLayer } from '../layers/fully-connected.js';
import { createLayer, type Layer, type LayerConfig } from '../layers/index.js';
import { mostTerms, type QuantizedLayer } from '../layers/quantized-layer.js';
import { Tensor } from '../tensor/tensor.js';
import { type InputScale, quantizeWeights } from './rounding.js';

/** How a class of layers is quantized. */
interface Rule {
  readonly type: string;
  /** Whether the outputs are the last dimension of W rather than the first. */
  readonly isLast: boolean;
}

/** The classes themselves, not those that extend them, whose output may be another. */
const rules: ReadonlyMap<unknown, Rule> = new Map<unknown, Rule>([
  [FullyConnectedLayer, { type: 'QuantizedFullyConnectedLayer', isLast: true }],
  [ConvLayer, { type: 'QuantizedConvLayer', isLast: false }],
  [Conv1dLayer, { type: 'QuantizedConv1dLayer', isLast: true }],
]);

/** Why a layer stays as it is; undefined for one that can have int8 weights. */
export function reasonToStay(layer: Layer): string | undefined {
  const isBuilt = layer.isBuilt && layer.parameters.length === 0;
  if (isBuilt) return 'no weights';
  if (layer.isQuantized) return 'int8 already';
  const rule = rules.get(layer.constructor);
  if (!rule) return `no int8 form of ${layer.kind}`;
  if ('groups' in layer && layer.groups !== 1) return 'groups';
  const { size } = layer.parameters[0]!.value;
  const outputs = outputsOf(layer, rule);
  return size / outputs > mostTerms ? `more than ${mostTerms} inputs` : undefined;
}

function outputsOf({ parameters }: Layer, { isLast }: Rule): number {
  const { shape } = parameters[0]!.value;
  return shape.at(isLast ? -1 : 0)!;
}

/** The options of a float32 layer that its int8 form has, too; the rows tell how many inputs there are. */
function configFor({ config }: Layer, { type }: Rule): LayerConfig {
  const { inputs: _inputs, groups: _groups, initMethod: _init, dtype: _dtype, seed: _seed, ...own } = config!;
  return { ...own, type };
}

/**
 * The int8 form of a layer, once its input is known.
 * @param rowShape - of a row of its input
 * @throws BlasnetError `ERR_NOT_FINITE` for weights with NaN or infinity
 */
export function quantizedLayer(
  layer: Layer,
  name: string,
  input: InputScale,
  rowShape: readonly number[],
): () => QuantizedLayer {
  const rule = rules.get(layer.constructor)!;
  const { W, B } = layer.weights as { readonly W: Tensor; readonly B?: Tensor };
  const outputs = outputsOf(layer, rule);
  const each = W.size / outputs;
  const outputOf = rule.isLast ? (i: number) => i % outputs : (i: number) => Math.floor(i / each);
  const { weights, scales } = quantizeWeights(W.data, outputs, outputOf, name);
  return () => {
    const made = createLayer(configFor(layer, rule)) as QuantizedLayer;
    made.outputShape(rowShape);
    made.setWeights({
      W: Tensor.from(weights, W.shape),
      scale: Tensor.from(scales, [1, outputs]),
      inputScale: Tensor.from([input.scale], [1]),
      inputZero: Tensor.from([input.zero], [1]),
      ...(B && { B }),
    });
    return made;
  };
}
