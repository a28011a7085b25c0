// @internal
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { Weights } from '../limits.js';
import type { OnnxNode } from '../node.js';

/** How a recurrent operator differs from the others. */
export interface RecurrentKind {
  /** For each gate of ours, which of ONNX's it is. */
  readonly gates: readonly number[];
  /** The functions that blasnet's layer has. */
  readonly activations: readonly string[];
}

/** One direction of a recurrent operator, as a layer has it. */
export interface Direction {
  readonly units: number;
  readonly features: number;
  readonly reverse: boolean;
  readonly activation: string;
  readonly hasBias: boolean;
  readonly weights: Readonly<Record<string, Weights>>;
}

/**
 * The directions of an operator with their weights.
 * @throws BlasnetError `ERR_BAD_FILE` for what no layer computes: clip, peepholes, other activations, coupled gates
 */
export function directionsOf(state: GraphImport, node: OnnxNode, kind: RecurrentKind): readonly Direction[] {
  const name = node.string('direction', 'forward');
  const reverses = { forward: [false], reverse: [true], bidirectional: [false, true] }[name];
  if (!reverses) throw node.bad("direction 'forward', 'reverse' or 'bidirectional'", name);
  if (node.has('clip')) throw node.bad('no clip', 'one');
  if (node.operator === 'LSTM') node.requireInt('input_forget', 0, [0]);
  if (node.operator === 'LSTM' && state.has(node, 7)) throw node.bad('no peepholes', 'some');
  const [w, r] = [state.constant(node, 1), state.constant(node, 2)];
  const [count, rows, features] = w.shape as readonly [number, number, number];
  const units = r.shape[2] ?? 0;
  const width = kind.gates.length * units;
  const isShape = count === reverses.length && rows === width && w.shape.length === 3 && units > 0 && features > 0;
  if (!isShape || r.shape.join() !== [count, width, units].join()) {
    const received = `[${w.shape.join(', ')}] and [${r.shape.join(', ')}]`;
    throw node.bad(`weights of ${reverses.length} × ${kind.gates.length}·units × features and × units`, received);
  }
  node.requireInt('hidden_size', units, [units]);
  const b = state.has(node, 3) ? state.vector(node, 3, 2 * count * width) : undefined;
  const activations = activationsOf(node, kind, reverses.length);
  return reverses.map((reverse, i) => ({
    units,
    features,
    reverse,
    activation: activations[i]!,
    hasBias: b !== undefined,
    weights: {
      W: matrix(state, w, i, kind, units),
      U: matrix(state, r, i, kind, units),
      ...(b && biases(state, node, b.values, 2 * i * width, kind, units)),
    },
  }));
}

/** The function of each direction's RNN. */
function activationsOf(node: OnnxNode, { activations }: RecurrentKind, directions: number): readonly string[] {
  const given = node.strings('activations')?.map((one) => Buffer.from(one).toString('utf8', 0, 60));
  for (const name of ['activation_alpha', 'activation_beta']) {
    const values = node.floats(name);
    if (values && values.length > 0) throw node.bad(`no ${name}`, `[${values.slice(0, 9).join(', ')}]`);
  }
  const isRnn = node.operator === 'RNN';
  return Array.from({ length: directions }, (_, i) => {
    const own = given?.slice(i * activations.length, (i + 1) * activations.length).map((one) => one.toLowerCase());
    if (!own || own.join() === activations.join()) return activations[0]!;
    if (isRnn && own.join() === 'relu') return 'relu';
    const expected = isRnn ? 'Tanh or Relu' : activations.map((one) => one[0]!.toUpperCase() + one.slice(1)).join(', ');
    throw node.bad(`activations ${expected} for each direction`, given!.slice(0, 9).join(', '));
  });
}

/** Weights of one direction, gates·units × in, as in × gates·units with the gates in our order. */
function matrix(
  state: GraphImport,
  { shape, values }: ConstantValue,
  direction: number,
  { gates }: RecurrentKind,
  units: number,
): Weights {
  const [, width, count] = shape as readonly [number, number, number];
  const turned = state.array(width * count);
  const from = direction * width * count;
  gates.forEach((gate, own) => {
    for (let j = 0; j < units; j++) {
      const row = from + (gate * units + j) * count;
      for (let i = 0; i < count; i++) turned[i * width + own * units + j] = values[row + i]!;
    }
  });
  return { shape: [count, width], values: turned };
}

/** Biases of one direction: both as one, but for the GRU, whose reset gate stands between them. */
function biases(
  state: GraphImport,
  node: OnnxNode,
  values: ArrayLike<number>,
  from: number,
  { gates }: RecurrentKind,
  units: number,
): Readonly<Record<string, Weights>> {
  const width = gates.length * units;
  const [outer, inner] = [state.array(width), state.array(width)];
  const isGru = node.operator === 'GRU';
  gates.forEach((gate, own) => {
    for (let j = 0; j < units; j++) {
      const [to, place] = [own * units + j, from + gate * units + j];
      outer[to] = values[place]! + (isGru ? 0 : values[place + width]!);
      inner[to] = values[place + width]!;
    }
  });
  const shape = [1, width];
  return { B: { shape, values: outer }, ...(isGru && { recurrentB: { shape, values: inner } }) };
}
