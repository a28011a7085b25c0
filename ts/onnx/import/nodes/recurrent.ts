import { badArgument } from '../../../core/errors.js';
import {
  BidirectionalLayer,
  ConcatenateLayer,
  GruLayer,
  LastStateLayer,
  LstmLayer,
  type RecurrentLayer,
  SimpleRnnLayer,
} from '../../../layers/index.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import type { OnnxNode } from '../node.js';
import type { GraphOperator, Operators } from '../node-table.js';
import { gruBeforeReset } from './gru-before-reset.js';
import { type Direction, directionsOf, type RecurrentKind } from './recurrent-weights.js';
import { joined, type Sequence, sequencesOf } from './sequences.js';

/** Which outputs are read. */
interface Wanted {
  readonly steps: boolean;
  readonly last: boolean;
  readonly cell: boolean;
}

/** The results of a layer for a sequence: all steps, and the last states, of all directions one behind the other. */
interface Outputs {
  readonly steps?: RowsValue | undefined;
  readonly last?: RowsValue | undefined;
  readonly cell?: RowsValue | undefined;
}

function layerOf({ operator }: OnnxNode, { units, reverse, activation, hasBias }: Direction, returnSequences: boolean) {
  const options = { returnSequences, reverse, useBias: hasBias };
  if (operator === 'LSTM') return new LstmLayer(units, options);
  if (operator === 'GRU') return new GruLayer(units, options);
  if (activation !== 'tanh' && activation !== 'relu') throw badArgument('activation', 'tanh or relu', activation);
  return new SimpleRnnLayer(units, { ...options, activation });
}

/** Weights under the names of a layer in another one. */
const prefixed = (name: string, weights: Direction['weights']) =>
  Object.fromEntries(Object.entries(weights).map(([key, value]) => [`${name}.${key}`, value]));

/** Applies the operator as one layer of both directions, where only the steps or only the last h are read. */
function asBidirectional(node: OnnxNode, state: GraphImport, directions: readonly Direction[], wanted: Wanted) {
  const [there, back] = directions as readonly [Direction, Direction];
  const layer = node.naming(() => new BidirectionalLayer(layerOf(node, there, wanted.steps)));
  const weights = { ...prefixed('forward', there.weights), ...prefixed('backward', back.weights) };
  return ({ x, states }: Sequence): Outputs => {
    const output = state.apply(node, layer, [x, ...states.flat()], weights);
    return wanted.steps ? { steps: output } : { last: output };
  };
}

/** Applies the operator as a layer for each direction, with layers behind them that give the last states. */
function asLayers(node: OnnxNode, state: GraphImport, directions: readonly Direction[], wanted: Wanted) {
  const layers: readonly RecurrentLayer[] = directions.map((direction) =>
    node.naming(() => layerOf(node, direction, wanted.steps)),
  );
  const merged = (all: readonly RowsValue[]) =>
    all.length === 1 ? all[0]! : state.apply(node, new ConcatenateLayer(), all);
  return ({ x, states }: Sequence): Outputs => {
    const outputs = layers.map((layer, i) =>
      state.apply(node, layer, [x, ...(states[i] ?? [])], directions[i]!.weights),
    );
    const lasts = (which: 'h' | 'c') =>
      merged(outputs.map((output) => state.apply(node, new LastStateLayer(which), [output])));
    return {
      ...(wanted.steps && { steps: merged(outputs) }),
      ...(wanted.last && { last: wanted.steps ? lasts('h') : merged(outputs) }),
      ...(wanted.cell && { cell: lasts('c') }),
    };
  };
}

const recurrent =
  (kind: RecurrentKind): GraphOperator =>
  (state, node) => {
    const directions = directionsOf(state, node, kind);
    if (node.operator === 'GRU' && node.int('linear_before_reset', 0) === 0) {
      gruBeforeReset(state, node, directions);
      return;
    }
    const [first, second] = directions as readonly [Direction, Direction?];
    const isLstm = node.operator === 'LSTM';
    const wanted = { steps: state.isRead(node, 0), last: state.isRead(node, 1), cell: isLstm && state.isRead(node, 2) };
    const isWhole = wanted.steps !== wanted.last && !wanted.cell && second?.activation === first.activation;
    const apply = (isWhole && second ? asBidirectional : asLayers)(node, state, directions, wanted);
    const sequences = sequencesOf(state, node, directions, isLstm ? 2 : 1);
    const results = sequences.items.map((sequence) => {
      const outputs = apply(sequence);
      const { steps } = outputs;
      if (steps && sequence.lengths) state.maskedBy.set(steps.node, sequence.lengths);
      return outputs;
    });
    for (const [i, name] of (['steps', 'last', 'cell'] as const).entries()) {
      const all = results.flatMap((result) => result[name] ?? []);
      if (all.length > 0) state.give(node, joined(state, node, sequences, all, directions.length), i);
    }
  };

export const recurrentNodes: Operators = {
  LSTM: recurrent({ gates: [0, 2, 3, 1], activations: ['sigmoid', 'tanh', 'tanh'] }),
  GRU: recurrent({ gates: [1, 0, 2], activations: ['sigmoid', 'tanh'] }),
  RNN: recurrent({ gates: [0], activations: ['tanh'] }),
};
