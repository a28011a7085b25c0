// @internal
import { type Activation, ActivationLayer } from '../../layers/index.js';
import { giveBack } from './aligned.js';
import type { GraphImport } from './graph-import.js';
import { layoutOf, withoutLayout } from './layout.js';
import { activate } from './nodes/activate.js';
import type { Pattern } from './patterns.js';

/** Gives the output of the last node of a pattern that is an activation. */
export function addPatternLayer(state: GraphImport, { result, root, input }: Pattern): void {
  const value = state.value(input);
  if (!value) throw root.bad('values that an earlier node gives', input);
  const name = result as Activation;
  activate(
    state,
    root,
    value.kind === 'rows' ? withoutLayout(value) : value,
    () => new ActivationLayer(name),
    (ops, x) => ops[name as 'gelu'](x),
  );
  if (value.kind === 'rows') giveBack(state, root, layoutOf(value));
}
