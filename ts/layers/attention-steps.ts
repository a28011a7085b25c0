// @internal
import type { StepMemory } from '../graph/step-memory.js';
import { type Ops, tapeOf } from '../ops/ops.js';
import type { Value } from '../ops/value.js';
import type { Tensor } from '../tensor/tensor.js';
import type { AttentionParts } from './attention-parts.js';
import { keysAndValues, queries } from './attention-projections.js';

/** A layer, and the memory that it has from one step of a stream to the next. */
export interface StepsOfLayer {
  readonly layer: object;
  readonly memory: StepMemory;
}

/** Why a stream cannot take attention that is not causal. */
export const looksAhead =
  'without causal: true its steps look at later ones, and each further step would change the answers before it';

/** The keys that a step looks at: features × places for each row, and their values, places × features. */
interface Seen {
  readonly keys: Tensor;
  readonly values: Tensor;
  /** Which keys count; all where there is none. */
  readonly mask: Tensor | undefined;
  /** Whether only the places up to the step are looked at. */
  readonly causal: boolean;
}

/** Attention of one step to those before it and itself, or to a whole sequence, before the last product. */
export function attendToSteps(
  ops: Ops,
  inputs: readonly Value[],
  parameters: Readonly<Record<string, Value>>,
  parts: AttentionParts,
  steps: StepsOfLayer,
): Value {
  const tape = tapeOf(ops);
  const [query, value = query!] = inputs;
  const q = queries(ops, inputs, parameters);
  const seen = steps.memory.isWhole(value)
    ? { ...wholeSequence(inputs, parameters, steps), causal: parts.causal }
    : { ...stepsSoFar(ops, inputs, parameters, steps), causal: true };
  const { keys, values, mask, causal }: Seen = seen;
  const position = steps.memory.position.tensor;
  const scale = 1 / Math.sqrt(q.shape[2]! / parts.heads);
  const shared = { q: q.tensor, keys, values, position, heads: parts.heads, causal: Number(causal), scale };
  return tape.operation([q.shape[0]!, 1, values.shape[2]!], [q], (y) => {
    if (mask) tape.run('attention_step_masked', { ...shared, mask, y });
    else tape.run('attention_step', { ...shared, y });
  });
}

/** Keeps the keys and values of the step beside those of the steps before it. */
function stepsSoFar(
  ops: Ops,
  inputs: readonly Value[],
  parameters: Readonly<Record<string, Value>>,
  { layer, memory }: StepsOfLayer,
): Omit<Seen, 'causal'> {
  const tape = tapeOf(ops);
  const { k, v, mask } = keysAndValues(ops, inputs, parameters);
  const [rows, , size] = k.shape as [number, number, number];
  const { maxSteps } = memory;
  const shapes = [[rows, size, maxSteps], [rows, maxSteps, v.shape[2]!], ...(mask ? [[rows, maxSteps]] : [])];
  const [keys, values, counting] = memory.of(layer, shapes, k.tensor.dtype, [2, 1, 1]) as [Tensor, Tensor, Tensor?];
  const position = memory.position.tensor;
  const keep = (x: Value, kept: Tensor, last: 0 | 1) =>
    tape.run('keep_step', { x: x.tensor.reshape([rows, x.size / rows]), position, kept, last });
  keep(k, keys, 1);
  keep(v, values, 0);
  if (counting) keep(mask!, counting.reshape([rows, maxSteps, 1]), 0);
  return { keys, values, mask: counting };
}

/** The keys and values of a whole sequence, which are computed once. */
function wholeSequence(
  inputs: readonly Value[],
  parameters: Readonly<Record<string, Value>>,
  { layer, memory }: StepsOfLayer,
): Omit<Seen, 'causal'> {
  const [keys, values, mask] = memory.once(layer, inputs[1]!.tensor.dtype, (ops) => {
    const { k, v, mask: counting } = keysAndValues(ops, inputs, parameters);
    return [ops.transpose(k), v, ...(counting ? [counting] : [])];
  }) as [Tensor, Tensor, Tensor?];
  return { keys, values, mask };
}
