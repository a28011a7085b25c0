// @internal
import type { Activation } from '../../layers/index.js';
import type { Graph } from './graph.js';
import type { OnnxNode } from './node.js';

/** Nodes that together compute one thing: an activation, or [1 − p, p] of a probability p. */
export interface Pattern {
  readonly result: Activation | 'bothClasses';
  /** The last node, whose output is that of the pattern. */
  readonly root: OnnxNode;
  /** The value that the pattern takes. */
  readonly input: string;
  readonly members: ReadonlySet<OnnxNode>;
}

/** No value of a pattern has more users, so that the search takes no time for those that have thousands. */
const mostUsers = 16;

/** Queries of a graph for the search of patterns. */
class Lookup {
  readonly #graph: Graph;
  readonly #producers = new Map<string, OnnxNode>();
  readonly #scalarOf: (name: string) => number | undefined;

  constructor(graph: Graph, scalarOf: (name: string) => number | undefined) {
    this.#graph = graph;
    this.#scalarOf = scalarOf;
    for (const node of graph.nodes) for (const output of node.outputs) this.#producers.set(output, node);
  }

  scalar(name: string | undefined): number | undefined {
    return name === undefined ? undefined : this.#scalarOf(name);
  }

  producer(name: string | undefined): OnnxNode | undefined {
    return name === undefined ? undefined : this.#producers.get(name);
  }

  /** The only node that reads a node's output; undefined where there are several, or it is the output of the graph. */
  user(node: OnnxNode | undefined): OnnxNode | undefined {
    const output = node?.outputs[0];
    if (node?.outputs.length !== 1 || output === undefined || this.#graph.outputs.includes(output)) return undefined;
    const users = this.users(output);
    return users.length === 1 ? users[0] : undefined;
  }

  /** All nodes that read the numbers of a value: not those that cast a constant to its type. */
  users(name: string | undefined): readonly OnnxNode[] {
    const users = (name !== undefined && this.#graph.uses.get(name)) || [];
    if (users.length > mostUsers) return users;
    return users.filter(({ operator, inputs }) => operator !== 'CastLike' || this.scalar(inputs[0]) === undefined);
  }

  /** The value and the factor of a product or quotient of a value and a number. */
  scaled(node: OnnxNode | undefined): { readonly value: string; readonly factor: number } | undefined {
    const [first, second] = node?.inputs ?? [];
    if (first === undefined || second === undefined || node?.inputs.length !== 2) return undefined;
    const [a, b] = [this.scalar(first), this.scalar(second)];
    if (node.operator === 'Div') return b === undefined ? undefined : { value: first, factor: 1 / b };
    if (node.operator !== 'Mul') return undefined;
    if (b !== undefined) return { value: first, factor: b };
    return a === undefined ? undefined : { value: second, factor: a };
  }
}

const isNear = (value: number | undefined, expected: number) =>
  value !== undefined && Math.abs(value - expected) < 1e-6 * expected;

/**
 * Finds the patterns of a graph: x·σ(x); x·½·(1 + erf(x/√2)) with its factors in any order; x·tanh(softplus(x)); softplus
 * with a threshold; and [1 − p, p].
 * @param scalarOf - the number that a name stands for; undefined for other values
 * @returns for each node of a pattern, that pattern
 */
export function findPatterns(graph: Graph, scalarOf: (name: string) => number | undefined): Map<OnnxNode, Pattern> {
  const lookup = new Lookup(graph, scalarOf);
  const found = new Map<OnnxNode, Pattern>();
  for (const node of graph.nodes) {
    const pattern =
      node.domain === '' || node.domain === 'ai.onnx' ? finders.get(node.operator)?.(lookup, node) : undefined;
    for (const member of pattern?.members ?? []) found.set(member, pattern!);
  }
  return found;
}

/** By the operator of the node at which each search begins. */
const finders = new Map<string, (lookup: Lookup, node: OnnxNode) => Pattern | undefined>([
  ['Sigmoid', silu],
  ['Erf', gelu],
  ['Softplus', (lookup, node) => mish(lookup, node) ?? softplus(lookup, node)],
  ['Concat', bothClasses],
]);

function silu(lookup: Lookup, sigmoid: OnnxNode): Pattern | undefined {
  const root = lookup.user(sigmoid);
  const input = sigmoid.inputs[0]!;
  const isProduct = root?.operator === 'Mul' && root.inputs.length === 2 && root.inputs.includes(input);
  return isProduct ? { result: 'silu', root, input, members: new Set([sigmoid, root]) } : undefined;
}

function gelu(lookup: Lookup, erf: OnnxNode): Pattern | undefined {
  const inner = lookup.producer(erf.inputs[0]);
  const argument = lookup.scaled(inner);
  const add = lookup.user(erf);
  if (!inner || !argument || !isNear(argument.factor, Math.SQRT1_2) || lookup.user(inner) !== erf) return undefined;
  const isSum = add?.operator === 'Add' && add.inputs.some((name) => isNear(lookup.scalar(name), 1));
  if (!add || !isSum) return undefined;
  const input = argument.value;
  const members = new Set([inner, erf, add]);
  let factor = 1;
  let hasInput = false;
  // Up through the products, until x and ½ are both in.
  for (let last = add; ; ) {
    const next = lookup.user(last);
    if (!next || members.size > 6) return undefined;
    const scaled = lookup.scaled(next);
    const other = next.inputs.find((name) => name !== last.outputs[0]);
    const half = lookup.producer(other);
    const scaledInput = lookup.scaled(half);
    if (scaled && scaled.value === last.outputs[0]) factor *= scaled.factor;
    else if (hasInput || next.operator !== 'Mul') return undefined;
    else if (other === input) hasInput = true;
    else if (half && scaledInput?.value === input && lookup.user(half) === next) {
      factor *= scaledInput.factor;
      hasInput = true;
      members.add(half);
    } else return undefined;
    members.add(next);
    if (hasInput && isNear(factor, 0.5)) return { result: 'gelu', root: next, input, members };
    last = next;
  }
}

/** x · tanh(softplus(x)) */
function mish(lookup: Lookup, node: OnnxNode): Pattern | undefined {
  const input = node.inputs[0]!;
  const tanh = lookup.user(node);
  const root = lookup.user(tanh);
  if (tanh?.operator !== 'Tanh' || root?.operator !== 'Mul' || root.inputs.length !== 2) return undefined;
  return root.inputs.includes(input)
    ? { result: 'mish', root, input, members: new Set([node, tanh, root]) }
    : undefined;
}

/**
 * x > threshold ? x : softplus(x), as PyTorch's newer exporter writes it, with factors of 1 before and behind the softplus:
 * from a threshold of 20 on, both are x in float32.
 */
function softplus(lookup: Lookup, node: OnnxNode): Pattern | undefined {
  const scaledInput = node.inputs[0]!;
  const before = neutral(lookup, lookup.producer(scaledInput));
  const input = before ? lookup.scaled(before)!.value : scaledInput;
  const behind = neutral(lookup, lookup.user(node));
  const root = lookup.user(behind ?? node);
  if (root?.operator !== 'Where' || root.inputs[1] !== input || root.inputs[2] !== (behind ?? node).outputs[0])
    return undefined;
  const greater = lookup.producer(root.inputs[0]);
  if (greater?.operator !== 'Greater' || greater.inputs[0] !== scaledInput || lookup.user(greater) !== root)
    return undefined;
  const threshold = lookup.scalar(greater.inputs[1]);
  if (threshold === undefined || threshold < 20) return undefined;
  const members = [before, node, behind, greater, root].filter((member) => member !== undefined);
  return { result: 'softplus', root, input, members: new Set(members) };
}

/** The node if it multiplies by 1. */
const neutral = (lookup: Lookup, node: OnnxNode | undefined) => (lookup.scaled(node)?.factor === 1 ? node : undefined);

/** [1 − p, p], as scikit-learn's converter writes the probabilities of two classes. */
function bothClasses(lookup: Lookup, root: OnnxNode): Pattern | undefined {
  const [complement, input] = root.inputs;
  const sub = lookup.producer(complement);
  const isComplement = sub?.operator === 'Sub' && sub.inputs[1] === input && lookup.scalar(sub.inputs[0]) === 1;
  const isUsedOnce = lookup.user(sub) === root && lookup.users(input).every((user) => user === sub || user === root);
  const fits = isComplement && isUsedOnce && root.inputs.length === 2 && [1, -1].includes(root.int('axis', 0));
  return fits ? { result: 'bothClasses', root, input: input!, members: new Set([sub, root]) } : undefined;
}
