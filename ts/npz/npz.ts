// @internal
import { BlasnetError, badArgument, clipped } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { badFile, readFileBytes, writeFileAtomic } from '../core/files.js';
import { type AnyTensor, arrayOf, type DType, type FloatArray, Tensor } from '../tensor/tensor.js';
import { checkNpyStart, decodeNpy, encodeNpy, NPY_START, type NpyArray } from './npy.js';
import { ZipArchive } from './zip.js';
import { storedZip } from './zip-writer.js';

/** Node reads no larger file at once. */
const MAX_BYTES = 2 ** 31 - 1;

/** Options of `readNpz`. */
export interface NpzOptions {
  /** Names of the arrays to read; by default all, each of which must be readable. Whatever else is in the file is neither unpacked nor checked. */
  readonly arrays?: readonly string[] | undefined;
}

/**
 * Reads an `.npz` file that NumPy's `savez` or `savez_compressed` has written.
 * @returns the arrays by name, without `.npy`; the object has no prototype
 * @throws BlasnetError `ERR_BAD_FILE` if the file is missing, damaged or hostile, has none of that name, or holds anything
 *   but numbers in an array that is read (objects, strings, 64-bit integers beyond ±(2^53 − 1))
 */
export async function readNpz(path: string, options: NpzOptions = {}): Promise<Record<string, NpyArray>> {
  checkOptions(options, ['arrays']);
  const { arrays } = options;
  if (arrays !== undefined && !(Array.isArray(arrays) && arrays.every((name) => typeof name === 'string'))) {
    throw badArgument('arrays', 'a list of names', arrays);
  }
  return (await NpzFile.open(path)).readAll(arrays);
}

const ending = '.npy';

/** An npz file in memory, whose arrays are unpacked on demand. */
export class NpzFile {
  readonly #archive: ZipArchive;
  /** The file's name for error messages. */
  readonly where: string;
  /** The names of its arrays, without `.npy`. */
  readonly names: readonly string[];

  /** @throws BlasnetError `ERR_BAD_FILE` for anything but a zip archive */
  constructor(bytes: Uint8Array, where: string) {
    this.#archive = new ZipArchive(bytes, where);
    this.where = where;
    const members = this.#archive.names.filter((name) => name.endsWith(ending) && isPlainName(name));
    this.names = members.map((name) => name.slice(0, -ending.length));
  }

  /** @throws BlasnetError `ERR_BAD_FILE` for a file that cannot be read or is no zip archive */
  static async open(path: string): Promise<NpzFile> {
    return new NpzFile(await readFileBytes(path, 'npz'), `'${path}'`);
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the file has no array of that name */
  require(name: string): void {
    if (!this.names.includes(name)) {
      throw badFile(this.where, `an array '${clipped(name, 60)}'`, this.names.join(', ') || 'no arrays');
    }
  }

  /**
   * Reads the header of an array.
   * @returns its shape
   */
  async shapeOf(name: string): Promise<readonly number[]> {
    this.require(name);
    const member = `${name}${ending}`;
    const start = await this.#archive.start(member, NPY_START);
    return checkNpyStart(start, this.#archive.sizeOf(member), this.#whereOf(member)).shape;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` for an array that is missing, damaged or not of numbers */
  async read(name: string): Promise<NpyArray> {
    this.require(name);
    const member = `${name}${ending}`;
    const data = await this.#archive.unpack(member, { bytes: NPY_START, check: checkNpyStart });
    return decodeNpy(data, this.#whereOf(member));
  }

  /** Reads the arrays of those names, or by default all; then the file may hold nothing else. */
  async readAll(wanted?: readonly string[]): Promise<Record<string, NpyArray>> {
    const other = this.#archive.names.find((name) => !name.endsWith(ending) || !isPlainName(name));
    if (wanted === undefined && other !== undefined) {
      throw badFile(this.where, "members named like 'weights.npy', without folders", `'${other}'`);
    }
    const names = wanted ?? this.names;
    for (const name of names) this.require(name);
    const advise = wanted === undefined && names.length > 1 ? adviseNames : undefined;
    const arrays: Record<string, NpyArray> = Object.create(null);
    for (const name of names) arrays[name] = await this.read(name).catch(advise);
    return arrays;
  }

  #whereOf(member: string): string {
    return `'${clipped(member, 60)}' of ${this.where}`;
  }
}

/** Adds the way to read a file's other arrays to an error. */
function adviseNames(cause: unknown): never {
  if (!(cause instanceof BlasnetError)) throw cause;
  throw new BlasnetError(cause.code, `${cause.message}; the option arrays names those to read`, { cause });
}

/**
 * Writes tensors as NumPy's `savez` does, uncompressed, in one atomic step.
 * @param arrays - tensors by name; names may not hold `/`, `\` or `..`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for such a name or more than 2 GiB, `ERR_BAD_FILE` if the file cannot be written
 */
export async function writeNpz(path: string, arrays: Readonly<Record<string, AnyTensor>>): Promise<void> {
  if (typeof arrays !== 'object' || arrays === null) throw badArgument('arrays', 'tensors by name', arrays);
  const entries = Object.entries(arrays);
  for (const [name, array] of entries) requireArray(name, array);
  const total = entries.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  if (total > MAX_BYTES - 2 ** 20) throw badArgument('arrays', 'under 2 GiB in one npz file', `${total} bytes`);
  const members: Record<string, Uint8Array> = {};
  for (const [name, tensor] of entries) {
    if (!isPlainName(name)) throw badArgument('array name', "a name without '/', '\\' and '..'", name);
    members[`${name}.npy`] = encodeNpy(tensor.shape, tensor.data);
  }
  await writeFileAtomic(path, await storedZip(members));
}

/** Refuses what is neither a tensor nor an array as `readNpz` returns it. */
function requireArray(name: string, array: unknown): void {
  const { shape, data } = (array ?? {}) as Partial<NpyArray>;
  const isArray = Array.isArray(shape) && ArrayBuffer.isView(data) && !(data instanceof DataView);
  if (!isArray) throw badArgument(`array '${clipped(name, 60)}'`, 'a Tensor', array);
}

/** Makes a tensor of an array; shares memory if the numbers have that dtype already. */
export function toTensor(array: NpyArray, dtype: DType): Tensor {
  const Wanted = arrayOf(dtype);
  const data: FloatArray = array.data instanceof Wanted ? array.data : new Wanted(array.data);
  return new Tensor(array.shape, dtype, { data });
}

function isPlainName(name: string): boolean {
  return !/[/\\]|\.\./.test(name);
}
