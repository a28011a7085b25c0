// @internal
import type { Value } from '../../../ops/value.js';
import type { Form } from '../form.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';

/** Gives a function of each number of the first input. */
export function elementwise(state: GraphImport, node: OnnxNode, apply: (form: Form, x: Value) => Value): void {
  state.operation(node, [state.floats(node)], (form, [x]) => apply(form, x!));
}
