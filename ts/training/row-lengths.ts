// @internal
import { badArgument } from '../core/errors.js';
import type { NamedRows } from '../data/part.js';
import type { Rows } from '../data/rows.js';
import type { LayerStack } from '../net/layer-stack.js';

/**
 * The steps that count of each row: up to the last one that does.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` where no layer takes lengths or a mask from an input
 */
export function rowLengths(stack: LayerStack, inputs: NamedRows, names: readonly string[]): Int32Array {
  const source = stack.stepsSource;
  if (!source) {
    const expected = "true or false for a net without lengths: 'byLength' is for one with a MaskLayer on an input";
    throw badArgument('shuffle', `${expected}, or an EmbeddingLayer with maskZero`, 'byLength');
  }
  const rows = inputs[names[source.input]!]!;
  return source.kind === 'length' ? Int32Array.from(rows.data) : lastNonZero(rows);
}

function lastNonZero({ data, count, rowShape: [steps = 1] }: Rows): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    let length = steps;
    while (length > 0 && data[i * steps + length - 1] === 0) length--;
    return length;
  });
}
