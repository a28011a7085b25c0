// @internal
import { BlasnetError } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { shortestDecimal } from '../../core/number-formats.js';
import {
  type AttributeMessage,
  attributeTypes,
  type GraphMessage,
  type NodeMessage,
  type TensorMessage,
} from '../messages.js';
import { wholeNumber } from './constant.js';
import { plain, quote } from './quote.js';

/** A graph in an attribute: a branch of If. */
export interface Branch {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly TensorMessage[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** One node of a graph: its names, and its attributes, each of which an operator must read. */
export class OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The node in error messages: its name, its operator and the file. */
  readonly where: string;
  /** The same without operator and file: `node 'fc1'`. */
  readonly title: string;
  /** The names that it takes: its inputs, and what its branches take from around them. */
  readonly reads: readonly string[];
  /** How many nodes it is, with those of its branches. */
  readonly size: number;
  readonly #branches = new Map<string, Branch>();
  readonly #attributes = new Map<string, AttributeMessage>();
  readonly #unread = new Set<string>();
  readonly #given: readonly [message: NodeMessage, place: number, file: string];

  /**
   * @param place - position in the graph, which names a node without a name
   * @throws BlasnetError `ERR_BAD_FILE` for two attributes of one name
   */
  constructor(message: NodeMessage, place: number, file: string) {
    this.#given = [message, place, file];
    this.name = message.name;
    this.operator = message.opType;
    this.domain = message.domain ?? '';
    this.inputs = message.input;
    this.outputs = message.output;
    this.title = message.name === '' ? `node ${place + 1}` : `node ${quote(message.name)}`;
    this.where = `${this.title} (${plain(this.operator)}) of ${file}`;
    for (const attribute of message.attribute) {
      if (this.#attributes.has(attribute.name)) throw this.bad('each attribute once', `${quote(attribute.name)} twice`);
      this.#attributes.set(attribute.name, attribute);
      this.#unread.add(attribute.name);
      if (attribute.g) this.#branches.set(attribute.name, branchOf(attribute.g, file));
    }
    const branches = [...this.#branches.values()];
    this.reads = [...this.inputs, ...branches.flatMap((branch) => freeNames(branch))];
    this.size = branches.reduce((sum, { nodes }) => nodes.reduce((all, { size }) => all + size, sum), 1);
  }

  /** The same node with other inputs, and attributes of whole numbers in place of its own; its own count as read. */
  variant(inputs: readonly string[], ints: Readonly<Record<string, number | readonly number[]>> = {}): OnnxNode {
    const [message, place, file] = this.#given;
    const attribute = message.attribute.filter(({ name }) => !Object.hasOwn(ints, name));
    for (const [name, value] of Object.entries(ints)) {
      const given = typeof value === 'number' ? { type: attributeTypes.int, i: value } : { ints: value };
      attribute.push({ name, type: attributeTypes.ints, ...given } as AttributeMessage);
    }
    this.#unread.clear();
    const { name, opType, domain = '', output } = message; // defaults are inherited, which a copy would leave out
    return new OnnxNode({ name, opType, domain, input: inputs, output, attribute }, place, file);
  }

  /** An `ERR_BAD_FILE` that names this node. */
  bad(expected: string, received: string, cause?: unknown): BlasnetError {
    return badFile(this.where, expected, received, cause);
  }

  /** Calls `make` and returns its result; adds the name of this node to the message of an error. */
  naming<Result>(make: () => Result): Result {
    try {
      return make();
    } catch (cause) {
      if (!(cause instanceof BlasnetError) || cause.code === 'ERR_BAD_FILE') throw cause;
      throw new BlasnetError('ERR_BAD_FILE', `${cause.message} at ${this.where}`, { cause });
    }
  }

  int(name: string, fallback: number): number {
    const found = this.#attribute(name, 'int');
    return found ? wholeNumber(found.i, this.where) : fallback;
  }

  /** Checks that an attribute has one of the values that the importer supports. */
  requireInt(name: string, fallback: number, allowed: readonly number[]): void {
    const value = this.int(name, fallback);
    if (!allowed.includes(value)) throw this.bad(`${name} = ${allowed.join(' or ')}`, `${value}`);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'ints')?.ints?.map((value) => wholeNumber(value, this.where));
  }

  float(name: string, fallback: number): number {
    const found = this.#attribute(name, 'float');
    if (!found) return fallback;
    const value = found.f ?? 0;
    if (!Number.isFinite(value)) throw this.bad(`a finite ${name}`, `${value}`);
    return shortestDecimal(value);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'floats')?.floats;
  }

  string(name: string, fallback: string): string {
    const found = this.#attribute(name, 'string');
    return found ? Buffer.from(found.s ?? []).toString('utf8', 0, 60) : fallback;
  }

  strings(name: string): readonly Uint8Array[] | undefined {
    return this.#attribute(name, 'strings')?.strings;
  }

  tensor(name: string): TensorMessage | undefined {
    return this.#attribute(name, 'tensor')?.t ?? undefined;
  }

  branch(name: string): Branch | undefined {
    return this.#attribute(name, 'graph') && this.#branches.get(name);
  }

  /** @throws BlasnetError `ERR_BAD_FILE` for an attribute that no operator has read, which may change the result */
  requireAllRead(): void {
    for (const name of this.#unread) throw this.bad('only attributes that blasnet supports', quote(name));
  }

  #attribute(name: string, type: keyof typeof attributeTypes): AttributeMessage | undefined {
    const found = this.#attributes.get(name);
    this.#unread.delete(name);
    if (found && found.type !== attributeTypes[type]) {
      throw this.bad(`${name} of attribute type ${attributeTypes[type]}`, `${found.type}`);
    }
    return found;
  }
}

function branchOf({ node, initializer, input, output }: GraphMessage, file: string): Branch {
  return {
    nodes: node.map((message, i) => new OnnxNode(message, i, file)),
    constants: initializer,
    inputs: input.map(({ name }) => name),
    outputs: output.map(({ name }) => name),
  };
}

/** The names that a branch takes from around it. */
function freeNames({ nodes, constants, inputs, outputs }: Branch): string[] {
  const own = new Set([
    ...inputs,
    ...constants.map(({ name }) => name ?? ''),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  return [...nodes.flatMap(({ reads }) => reads), ...outputs].filter((name) => name !== '' && !own.has(name));
}
