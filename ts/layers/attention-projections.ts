// @internal
import type { Ops } from '../ops/ops.js';
import type { Value } from '../ops/value.js';

/** Values by the names of parameters. */
type Parameters = Readonly<Record<string, Value>>;

const project = (ops: Ops, x: Value, parameters: Parameters, name: string) =>
  ops.affine(x, parameters[`${name}W`]!, parameters[`${name}B`]);

/** Queries of the heads. */
export const queries = (ops: Ops, [query]: readonly Value[], parameters: Parameters): Value =>
  project(ops, query!, parameters, 'query');

/** Keys and values of the heads, and which keys count. */
export function keysAndValues(
  ops: Ops,
  [query, value = query!, key = value]: readonly Value[],
  parameters: Parameters,
) {
  return {
    k: project(ops, key, parameters, 'key'),
    v: project(ops, value, parameters, 'value'),
    mask:
      key.mask && value.mask && key.mask !== value.mask ? ops.multiply(key.mask, value.mask) : (key.mask ?? value.mask),
  };
}

/** Queries, keys and values of the heads, and which keys count. */
export function projected(ops: Ops, inputs: readonly Value[], parameters: Parameters) {
  return { q: queries(ops, inputs, parameters), ...keysAndValues(ops, inputs, parameters) };
}
