// @internal
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import type { Communicator } from '../core/communicator.js';
import { BlasnetError, badArgument, describe, reasonOf } from '../core/errors.js';
import type { NativeMpi } from './addon.js';

type Numbers = number | Float32Array | Float64Array;

/** One process among several. */
export class MpiCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly exchange: number;
  readonly overlaps: boolean;
  readonly #native: NativeMpi;

  constructor(native: NativeMpi, world: Pick<MpiCommunicator, 'rank' | 'size' | 'exchange' | 'overlaps'>) {
    this.#native = native;
    this.rank = world.rank;
    this.size = world.size;
    this.exchange = world.exchange;
    this.overlaps = world.overlaps;
  }

  async barrier(): Promise<void> {
    await this.#done('barrier', this.#native.barrier());
  }

  async broadcast<T>(value: T, root = 0): Promise<T> {
    requireRoot(root, this.size);
    const bytes = this.rank === root ? packed(value) : new Uint8Array(0);
    return deserialize(await this.#done('broadcast', this.#native.broadcast(bytes, root)));
  }

  async allGather<T>(value: T): Promise<T[]> {
    const parts = await this.#done('allGather', this.#native.allGather(packed(value)));
    return parts.map((part) => deserialize(part));
  }

  async allReduce<T extends Numbers>(value: T): Promise<T extends number ? number : T>;
  async allReduce(value: Numbers): Promise<Numbers> {
    const array = requireNumbers(value);
    const isDouble = array instanceof Float64Array;
    await this.agree('kind of numbers', `${array.length} of ${isDouble ? 'float64' : 'float32'}`);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const { buffer } = new Uint8Array(await this.#done('allReduce', this.#native.allReduce(bytes, isDouble)));
    const sum = isDouble ? new Float64Array(buffer) : new Float32Array(buffer);
    return typeof value === 'number' ? sum[0]! : sum;
  }

  async agree(name: string, value: unknown): Promise<void> {
    const values = await this.allGather(value);
    const others = values.flatMap((other, rank) => (isDeepStrictEqual(other, values[0]) ? [] : [rank]));
    if (others.length === 0) return;
    const ranks = `${others.length === 1 ? 'rank' : 'ranks'} ${others.join(', ')}`;
    const received = `${describe(values[others[0]!])} on ${ranks}`;
    throw new BlasnetError(
      'ERR_BAD_ARGUMENT',
      `Expected the same ${name} on all ranks, ${describe(values[0])} as on rank 0, but received ${received}`,
    );
  }

  abort(error: unknown): never {
    process.stderr.write(`blasnet: rank ${this.rank} ends all ranks: ${reasonOf(error)}\n`);
    return this.#native.abort(1);
  }

  async #done<T>(call: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      throw new BlasnetError('ERR_RANK_FAILED', `${call}: ${reasonOf(cause)}`, { cause });
    }
  }
}

/** A process that nobody has started together with others. */
export class SoleCommunicator implements Communicator {
  readonly rank = 0;
  readonly size = 1;
  readonly exchange = undefined;

  async barrier(): Promise<void> {}

  async broadcast<T>(value: T, root = 0): Promise<T> {
    requireRoot(root, 1);
    return deserialize(packed(value));
  }

  async allGather<T>(value: T): Promise<T[]> {
    return [deserialize(packed(value))];
  }

  async allReduce<T extends Numbers>(value: T): Promise<T extends number ? number : T>;
  async allReduce(value: Numbers): Promise<Numbers> {
    const sum = requireNumbers(value);
    return typeof value === 'number' ? value : sum.slice();
  }

  async agree(_name: string, value: unknown): Promise<void> {
    packed(value);
  }

  abort(error: unknown): never {
    process.stderr.write(`blasnet: ${reasonOf(error)}\n`);
    process.exit(1);
  }
}

function packed(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (cause) {
    const error = badArgument('value', 'a value that can be copied, as structuredClone does,', value);
    throw new BlasnetError(error.code, error.message, { cause });
  }
}

function requireRoot(root: unknown, size: number): void {
  if (Number.isInteger(root) && (root as number) >= 0 && (root as number) < size) return;
  throw badArgument('root', `a rank from 0 to ${size - 1}`, root);
}

function requireNumbers(value: unknown): Float32Array | Float64Array {
  if (typeof value === 'number') return Float64Array.of(value);
  if (value instanceof Float32Array || value instanceof Float64Array) return value;
  throw badArgument('value', 'a number, a Float32Array or a Float64Array', value);
}
