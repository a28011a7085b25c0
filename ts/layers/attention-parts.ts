// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import type { InitMethodOptions } from '../initializers/index.js';
import { checkedRate } from '../ops/dropout-draw.js';
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import { checkedSize } from '../ops/windows.js';
import { projected } from './attention-projections.js';
import { attendToSteps, type StepsOfLayer } from './attention-steps.js';
import type { ParameterSpecs, RowShape } from './layer.js';

/** Options of attention with learned projections, as layers take them. */
export interface AttentionParts {
  readonly heads: number;
  readonly keySize?: number | undefined;
  readonly valueSize?: number | undefined;
  readonly causal: boolean;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly initMethod?: InitMethodOptions | undefined;
}

/** Which random numbers dropout draws; undefined outside of training. */
export type Draws = { readonly seed: number; readonly stream: number } | undefined;

/** Random numbers of the places of one layer that drop numbers are those of streams so far apart. */
const streamsPerPlace = 2 ** 16;

/** The draws of one of several places in a layer. */
export const drawsAt = (draws: Draws, place: number): Draws =>
  draws && { seed: draws.seed, stream: draws.stream + place * streamsPerPlace };

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for an option out of range */
export function checkedParts(options: {
  readonly heads: number;
  readonly keySize?: number | undefined;
  readonly valueSize?: number | undefined;
  readonly causal?: boolean | undefined;
  readonly dropout?: number | undefined;
  readonly useBias?: boolean | undefined;
}): AttentionParts {
  const { heads, keySize, valueSize, causal = false, dropout = 0, useBias = true } = options;
  checkedSize('heads', heads);
  for (const [name, size] of Object.entries({ keySize, valueSize })) if (size !== undefined) checkedSize(name, size);
  for (const [name, flag] of Object.entries({ causal, useBias })) {
    if (typeof flag !== 'boolean') throw badArgument(name, 'true or false', flag);
  }
  checkedRate('dropout', dropout);
  return { heads, keySize, valueSize, causal, dropout, useBias };
}

/** The parameters for rows of queries, values and keys. @throws BlasnetError `ERR_SHAPE_MISMATCH` */
export function attentionSpecs(parts: AttentionParts, rows: readonly RowShape[]): ParameterSpecs {
  const [query, value = query!, key = value] = rows;
  const wrong = [query!, value, key].find((row) => row.length !== 2 || row.includes(0));
  if (wrong) throw shapeMismatch('input', 'rows of shape [steps, features]', `[${wrong.join(', ')}]`);
  if (key[0] !== value[0]) throw shapeMismatch('key', `${value[0]} steps, as many as value has,`, `${key[0]} steps`);
  const { heads, initMethod, useBias } = parts;
  const features = query![1]!;
  if (parts.keySize === undefined && features % heads !== 0) {
    throw shapeMismatch('input', `features that ${heads} heads divide, or a keySize,`, `${features} features`);
  }
  const keys = heads * (parts.keySize ?? features / heads);
  const values = heads * (parts.valueSize ?? parts.keySize ?? features / heads);
  const sizes = {
    query: [features, keys],
    key: [key[1]!, keys],
    value: [value[1]!, values],
    output: [values, features],
  } as const;
  const specs = Object.entries(sizes).flatMap(([name, shape]) => [
    [`${name}W`, { shape, init: initMethod }] as const,
    ...(useBias ? [[`${name}B`, { shape: [1, shape[1]], init: 0, penalized: false }] as const] : []),
  ]);
  return Object.fromEntries(specs);
}

/**
 * The layer's result for inputs `[query, value, key]`, of which the last two may be left out.
 * @param steps - in a stream, whose inputs are one step
 */
export function attend(
  ops: Ops,
  inputs: readonly Value[],
  parameters: Readonly<Record<string, Value>>,
  parts: AttentionParts,
  draws: Draws,
  steps?: StepsOfLayer,
): Value {
  const { heads, causal, dropout } = parts;
  if (steps) {
    const y = attendToSteps(ops, inputs, parameters, parts, steps);
    return ops.affine(y, parameters.outputW!, parameters.outputB);
  }
  const { q, k, v, mask } = projected(ops, inputs, parameters);
  const drops = draws && dropout > 0 ? { rate: dropout, ...draws } : undefined;
  const y = ops.attention(q, k, v, { heads, causal, mask, dropout: drops });
  return ops.affine(y, parameters.outputW!, parameters.outputB);
}

/** Additions and multiplications for one row of `attend`. */
export function attentionFlops(parts: AttentionParts, rows: readonly RowShape[]): number {
  const [query, value = query!, key = value] = rows as readonly (readonly [number, number])[];
  const size = (name: string) => attentionSpecs(parts, rows)[`${name}W`]!.shape as readonly [number, number];
  const [features, keys] = size('query');
  const values = size('value')[1];
  const products = query![0] * features * (keys + values) + key[0] * key[1] * keys + value[0] * value[1] * values;
  return 2 * (products + query![0] * key[0] * (keys + values));
}
