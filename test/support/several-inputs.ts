import type { Layer, Tensor } from 'blasnet';
import { Pass } from '#blasnet/graph/pass';
import { Value } from '#blasnet/ops/value';
import { EagerRunner } from '#blasnet/runtime/runner';

/** The gradients of Σ delta · layer(inputs) by all inputs; `layer.backward` returns the first one's only. */
export function gradientsOf(layer: Layer, inputs: readonly Tensor[], delta: Tensor): Tensor[] {
  const pass = new Pass(new EagerRunner(delta.dtype), true);
  const values = inputs.map((x) => new Value(x));
  const output = layer.record(pass, values);
  return pass.backward([{ value: output, gradient: delta }], values);
}
