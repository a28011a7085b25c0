// @internal
import type { TensorMessage } from '../messages.js';
import type { Budget } from './budget.js';
import { integersOf } from './compose.js';
import { constantOf } from './constant.js';
import type { Graph } from './graph.js';
import type { GraphValue } from './graph-values.js';
import type { Branch, OnnxNode } from './node.js';
import { quote } from './quote.js';

/** Limit on the integers of one tensor: shapes have a few, indices some more. */
const mostIntegers = 2 ** 20;

/** The values of a model by their names, as far as they are known: constants, and what nodes have given so far. */
export class ModelValues {
  readonly #graph: Graph;
  readonly #where: string;
  readonly #budget: Budget;
  readonly #values = new Map<string, GraphValue>();
  /** Constants of branches, and names that their nodes read. */
  readonly #constants = new Map<string, TensorMessage>();
  readonly #reads = new Set<string>();
  /** How many names have been lent. */
  #lent = 0;

  constructor(graph: Graph, where: string, budget: Budget) {
    this.#graph = graph;
    this.#where = where;
    this.#budget = budget;
  }

  /** The value of that name; undefined where no earlier node gives it. */
  get(name: string): GraphValue | undefined {
    const known = this.#values.get(name);
    if (known) return known;
    const tensor = this.#graph.constants.get(name) ?? this.#constants.get(name);
    if (!tensor) return undefined;
    const where = `tensor ${quote(name)} of ${this.#where}`;
    const constant = constantOf(tensor, where, this.#budget, { mostIntegers });
    // Infinite numbers are those of a mask, which is not trained.
    const value: GraphValue = constant.isFloat
      ? { ...constant, isWeight: Array.prototype.every.call(constant.values, Number.isFinite) }
      : integersOf(constant, tensor.dataType);
    this.#values.set(name, value);
    return value;
  }

  set(name: string, value: GraphValue): void {
    this.#values.set(name, value);
  }

  /** Calls a function with names under which a node finds values as its inputs. */
  lend(values: readonly GraphValue[], use: (names: readonly string[]) => void): void {
    const names = values.map((_, i) => `\0${this.#lent + i}`);
    this.#lent += values.length;
    for (const [i, name] of names.entries()) this.#values.set(name, values[i]!);
    use(names);
    for (const name of names) this.#values.delete(name);
  }

  /** Whether a node or the model's caller reads the value of that name. */
  isRead(name: string): boolean {
    return name !== '' && (this.#graph.uses.has(name) || this.#reads.has(name) || this.#graph.outputs.includes(name));
  }

  /**
   * Adds what a branch brings with it, before its nodes are imported.
   * @throws BlasnetError `ERR_BAD_FILE` for names that are taken
   */
  addBranch(node: OnnxNode, { nodes, constants, outputs }: Branch): void {
    for (const tensor of constants) {
      const name = tensor.name ?? '';
      if (name === '' || this.get(name)) throw node.bad('a unique name for each value', quote(name));
      this.#constants.set(name, tensor);
    }
    for (const name of [...nodes.flatMap(({ reads }) => reads), ...outputs]) this.#reads.add(name);
    for (const name of nodes.flatMap((one) => one.outputs)) {
      if (name !== '' && this.get(name)) throw node.bad('a unique name for each value', quote(name));
    }
  }
}
