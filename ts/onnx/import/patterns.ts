// @internal
import type { Activation } from '../../layers/index.js';
import type { Graph } from './graph.js';
import type { OnnxNode } from './node.js';

/** Nodes that together are one activation. */
export interface Pattern {
  readonly activation: Activation;
  /** Its last node, whose output is the activation's. */
  readonly root: OnnxNode;
  /** The value that it takes. */
  readonly input: string;
  readonly members: ReadonlySet<OnnxNode>;
}

/** What is asked of a graph while one looks for patterns. */
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

  /** The one node that takes what this one gives; undefined where there are more, or the graph gives it to the outside. */
  user(node: OnnxNode | undefined): OnnxNode | undefined {
    const output = node?.outputs[0];
    if (node?.outputs.length !== 1 || output === undefined || output === this.#graph.output) return undefined;
    const users = this.#graph.uses.get(output);
    return users?.length === 1 ? users[0] : undefined;
  }

  /** For a product or quotient of a value and a number: that value, and the factor. */
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
 * Activations that are written as several nodes, by each of their nodes: x·σ(x), and x·½·(1 + erf(x/√2)) with its
 * factors in any order.
 * @param scalarOf - the number that a name stands for, where it is one
 */
export function findPatterns(graph: Graph, scalarOf: (name: string) => number | undefined): Map<OnnxNode, Pattern> {
  const lookup = new Lookup(graph, scalarOf);
  const found = new Map<OnnxNode, Pattern>();
  for (const node of graph.nodes) {
    const pattern =
      node.operator === 'Sigmoid' ? silu(lookup, node) : node.operator === 'Erf' ? gelu(lookup, node) : undefined;
    for (const member of pattern?.members ?? []) found.set(member, pattern!);
  }
  return found;
}

function silu(lookup: Lookup, sigmoid: OnnxNode): Pattern | undefined {
  const root = lookup.user(sigmoid);
  const input = sigmoid.inputs[0]!;
  const isProduct = root?.operator === 'Mul' && root.inputs.length === 2 && root.inputs.includes(input);
  return isProduct ? { activation: 'silu', root, input, members: new Set([sigmoid, root]) } : undefined;
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
    if (hasInput && isNear(factor, 0.5)) return { activation: 'gelu', root: next, input, members };
    last = next;
  }
}
