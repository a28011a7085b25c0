// @internal
import { plain } from '../aligned.js';
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { IntegersValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';

/** A constant of any number of rows as one of a single row. */
export const plainOf = (value: ConstantValue): ConstantValue => plain(value);

/** Makes a dimension of length 1 of a node's output stand for as many rows as one of a constant does. */
export function asRepeated(
  state: GraphImport,
  node: OnnxNode,
  { rowsTimes }: { readonly rowsTimes?: number | undefined },
  rowsAt: number,
): void {
  const value = state.value(node.outputs[0] ?? '');
  if (value?.kind === 'constant') state.give(node, { ...value, rowsAt, ...(rowsTimes !== undefined && { rowsTimes }) });
  else if (value?.kind === 'integers') state.give(node, { ...value, rowsAt } satisfies IntegersValue);
}
