// @internal
import { badArgument } from '../../core/errors.js';
import type { OnnxAttributes } from '../../layers/index.js';
import type { GruWeights, RecurrentOptions, RecurrentWeights, SimpleRnnOptions } from '../../ops/operations/index.js';
import type { Value } from '../../ops/value.js';
import { arrayOf, type FloatArray } from '../../tensor/tensor.js';
import { elementTypes } from '../messages.js';
import type { Emission } from './emission.js';

/** How ONNX has a recurrent operation. */
interface RecurrentForm {
  readonly operator: 'LSTM' | 'GRU' | 'RNN';
  /** For each gate of ONNX, which of ours it is. */
  readonly gates: readonly number[];
  readonly attributes?: OnnxAttributes;
}

/** Gates i, f, g, o, of which ONNX has the order i, o, f, c. */
export function lstm(e: Emission): string {
  return recurrent(e, { operator: 'LSTM', gates: [0, 3, 1, 2] });
}

/** Gates r, z, n, of which ONNX has the order z, r, h. */
export function gru(e: Emission): string {
  return recurrent(e, { operator: 'GRU', gates: [1, 0, 2], attributes: { linear_before_reset: 1 } });
}

export function simpleRnn(e: Emission): string {
  const { activation = 'tanh' } = (e.call.args[2] ?? {}) as SimpleRnnOptions;
  return recurrent(e, {
    operator: 'RNN',
    gates: [0],
    ...(activation === 'relu' && { attributes: { activations: ['Relu'] } }),
  });
}

function recurrent(e: Emission, form: RecurrentForm): string {
  const [x, weights, options = {}] = e.call.args as [Value, RecurrentWeights & GruWeights, RecurrentOptions?];
  const { returnSequences = false, reverse = false, mask, initialState = [], stateFactors } = options;
  if (stateFactors) throw badArgument('call', 'no stateFactors outside of training', e.call.operation);
  const { W, U, B, recurrentB } = weights;
  const order = mask && orderOf(e, mask);
  const sorted = order ? e.node('GatherND', [e.nameOf(x), order.there], { batch_dims: 1 }) : e.nameOf(x);
  const states = initialState.map((state) => e.node('Unsqueeze', [e.nameOf(state), e.integers([0])]));
  const inputs = [
    e.node('Transpose', [sorted], { perm: [1, 0, 2] }),
    matrix(e, 'W', W, form),
    matrix(e, 'U', U, form),
    biases(e, [B, recurrentB], U, form),
    mask ? lengthsOf(e, mask) : '',
    ...states,
  ];
  while (inputs.at(-1) === '') inputs.pop();
  const [y, ...last] = e.nodes(
    form.operator,
    inputs,
    {
      hidden_size: U.shape[0]!,
      direction: reverse ? 'reverse' : 'forward',
      ...form.attributes,
    },
    ['output', 'last-h', ...(form.operator === 'LSTM' ? ['last-c'] : [])],
  );
  const lastOf = (i: number) => () => {
    const state = e.node('Squeeze', [last[i]!, e.integers([0])]);
    const first = initialState[i];
    return mask && first ? e.node('Where', [isEmpty(e, inputs[4]!), e.nameOf(first), state]) : state;
  };
  for (const [i, state] of (e.call.result.states ?? []).entries()) e.setState(state, lastOf(i));
  if (!returnSequences) return lastOf(0)();
  const steps = e.node('Transpose', [e.node('Squeeze', [y!, e.integers([1])])], { perm: [1, 0, 2] });
  return order ? e.node('GatherND', [steps, order.back], { batch_dims: 1 }) : steps;
}

/** For each row and column of the operator's weights, or bias, the column of ours. */
function columnsOf({ gates }: RecurrentForm, units: number): number[] {
  return gates.flatMap((gate) => Array.from({ length: units }, (_, j) => gate * units + j));
}

/** Weights, in × gates·units, as 1 × gates·units × in. */
function matrix(e: Emission, name: string, w: Value, form: RecurrentForm): string {
  const [count, width] = w.shape as readonly [number, number];
  const columns = columnsOf(form, width / form.gates.length);
  const shape = [1, width, count];
  const values = ([data]: readonly FloatArray[]) => {
    const turned = new (arrayOf(data instanceof Float64Array ? 'float64' : 'float32'))(data!.length);
    columns.forEach((column, row) => {
      for (let i = 0; i < count; i++) turned[row * count + i] = data![i * width + column]!;
    });
    return turned;
  };
  const constant = e.derived([w], { key: `${name}-of-${form.operator}`, shape, values });
  if (constant !== undefined) return constant;
  const gathered = e.node('Gather', [e.nameOf(w), e.integers(columns)], { axis: 1 });
  return e.node('Unsqueeze', [e.node('Transpose', [gathered], { perm: [1, 0] }), e.integers([0])]);
}

/** Both biases one behind the other, zeros for one that there is not, as 1 × 2·gates·units; none where there are none. */
function biases(e: Emission, both: readonly (Value | undefined)[], u: Value, form: RecurrentForm): string {
  const width = u.shape[1]!;
  const columns = columnsOf(form, u.shape[0]!);
  const given = both.filter((one) => one !== undefined);
  if (given.length === 0) return '';
  const values = (data: readonly FloatArray[]) => {
    const all = new (arrayOf(data[0] instanceof Float64Array ? 'float64' : 'float32'))(2 * width);
    let next = 0;
    for (const [half, one] of both.entries()) {
      if (!one) continue;
      const numbers = data[next++]!;
      columns.forEach((column, i) => {
        all[half * width + i] = numbers[column]!;
      });
    }
    return all;
  };
  const key = `${both[0] ? 'B' : ''}${both[1] ? 'recurrentB' : ''}-of-${form.operator}`;
  const constant = e.derived(given, { key, shape: [1, 2 * width], values });
  if (constant !== undefined) return constant;
  const halves = [0, 1].map((i) => {
    const one = both[i];
    if (!one) return e.floats(columns.map(() => 0));
    return e.node('Gather', [e.nameAs(one, [width]), e.integers(columns)], { axis: 0 });
  });
  return e.node('Unsqueeze', [e.node('Concat', halves, { axis: 0 }), e.integers([0])]);
}

/** Rows without a step that counts: there runtimes give zeros in place of the first state. */
function isEmpty(e: Emission, lengths: string): string {
  const none = e.node('Equal', [e.node('Cast', [lengths], { to: elementTypes.int64 }), e.integers([0])]);
  return e.node('Unsqueeze', [none, e.integers([1])]);
}

/** How many steps of each row count. */
function lengthsOf(e: Emission, mask: Value): string {
  const known = e.lengthsOf(e.nameOf(mask));
  const lengths = known ?? e.node('ReduceSum', [e.nameOf(mask), e.integers([1])], { keepdims: 0 });
  return e.node('Cast', [lengths], { to: elementTypes.int32 });
}

/**
 * The operators take lengths only. So steps that count come first, in their order, and go back behind the operator.
 * @returns places of steps as GatherND takes them; undefined for a mask of lengths, whose steps are in place
 */
function orderOf(e: Emission, mask: Value): { readonly there: string; readonly back: string } | undefined {
  const name = e.nameOf(mask);
  if (e.lengthsOf(name) !== undefined) return undefined;
  const steps = mask.shape[1]!;
  const late = e.floats(Array.from({ length: steps }, (_, t) => -t));
  const ranks = e.node('Add', [e.node('Mul', [name, e.scalar(steps)]), late]);
  const places = (key: string, largest: number) =>
    e.nodes('TopK', [key, e.integers([steps])], { axis: 1, largest, sorted: 1 }, ['values', 'places'])[1]!;
  const there = places(ranks, 1);
  const back = places(there, 0);
  const asIndices = (found: string) => e.node('Unsqueeze', [found, e.integers([2])]);
  return { there: asIndices(there), back: asIndices(back) };
}
