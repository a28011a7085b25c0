// @internal
import type { ActivationLayer } from '../../../layers/index.js';
import type { Value } from '../../../ops/value.js';
import type { GraphImport } from '../graph-import.js';
import type { GraphValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { RowOps } from '../recorder.js';

/** The kernels of activations take tensors of at most four dimensions. */
const mostDimensions = 4;

/** Gives an activation: its layer where the net computes the input, its operation otherwise. */
export function activate(
  state: GraphImport,
  node: OnnxNode,
  x: GraphValue,
  layer: () => ActivationLayer,
  operation: (ops: RowOps, x: Value) => Value,
): void {
  if (x.kind === 'rows' && x.node.rowShape.length < mostDimensions) {
    state.layer(node, node.naming(layer), [x]);
    return;
  }
  state.operation(node, [x], (form, [value]) => form.flat(value!, (one) => operation(form.ops, one)));
}
