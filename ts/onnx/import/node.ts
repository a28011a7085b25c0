// @internal
import { BlasnetError } from '../../errors.js';
import { badFile } from '../../files.js';
import { shortestDecimal } from '../../number-formats.js';
import { type AttributeMessage, attributeTypes, type NodeMessage, type TensorMessage } from '../messages.js';
import { wholeNumber } from './constant.js';
import { plain, quote } from './quote.js';

/** One node of a graph: its names, and its attributes, each of which someone must read. */
export class OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What messages call it. */
  readonly where: string;
  readonly #attributes = new Map<string, AttributeMessage>();
  readonly #unread = new Set<string>();

  /**
   * @param place - in the graph, for a node without a name
   * @throws BlasnetError `ERR_BAD_FILE` for two attributes of one name
   */
  constructor(message: NodeMessage, place: number, file: string) {
    this.name = message.name;
    this.operator = message.opType;
    this.domain = message.domain ?? '';
    this.inputs = message.input;
    this.outputs = message.output;
    const title = message.name === '' ? `node ${place + 1}` : `node ${quote(message.name)}`;
    this.where = `${title} (${plain(this.operator)}) of ${file}`;
    for (const attribute of message.attribute) {
      if (this.#attributes.has(attribute.name))
        throw this.bad('one attribute of a name', `two ${quote(attribute.name)}`);
      this.#attributes.set(attribute.name, attribute);
      this.#unread.add(attribute.name);
    }
  }

  /** The error for something in this node that is not as it should be. */
  bad(expected: string, received: string, cause?: unknown): BlasnetError {
    return badFile(this.where, expected, received, cause);
  }

  /** What `make` makes; errors of what it calls are told as errors of this node. */
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

  /** Only these values are what we compute. */
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

  tensor(name: string): TensorMessage | undefined {
    return this.#attribute(name, 'tensor')?.t ?? undefined;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` if there are attributes that nobody has read: they may change what it computes */
  requireAllRead(): void {
    for (const name of this.#unread) throw this.bad('only known attributes', quote(name));
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
