// @internal
import { zipSync } from 'fflate';
import { badArgument, clipped } from '../errors.js';
import { badFile, readFileBytes, writeFileAtomic } from '../files.js';
import { arrayOf, type DType, type FloatArray, Tensor } from '../tensor.js';
import { checkNpyStart, decodeNpy, encodeNpy, NPY_START, type NpyArray } from './npy.js';
import { type MemberChecks, unzipMembers } from './zip.js';

/** Node reads no larger file at once. */
const MAX_BYTES = 2 ** 31 - 1;
/** The zip format's first day, as NumPy writes it: equal arrays make equal files. */
const TIMESTAMP = new Date(1980, 0, 1);

/**
 * Reads an `.npz` file of NumPy's `savez` or `savez_compressed`.
 * @returns the arrays by name, without `.npy`; the object has no prototype
 * @throws BlasnetError `ERR_BAD_FILE` if the file is missing, damaged or hostile, or holds more than numeric arrays
 */
export async function readNpz(path: string): Promise<Record<string, NpyArray>> {
  return decodeNpz(await readFileBytes(path, 'npz'), `'${path}'`);
}

/**
 * As {@link readNpz}, from bytes.
 * @param where - what error messages call the file
 */
export async function decodeNpz(bytes: Uint8Array, where: string): Promise<Record<string, NpyArray>> {
  const arrays: Record<string, NpyArray> = Object.create(null);
  const checks: MemberChecks = {
    name(name) {
      if (!name.endsWith('.npy') || !isPlainName(name)) {
        throw badFile(where, "members named like 'weights.npy', without folders", `'${name}'`);
      }
    },
    start: { bytes: NPY_START, check: checkNpyStart },
  };
  for await (const { name, data } of unzipMembers(bytes, where, checks)) {
    arrays[name.slice(0, -'.npy'.length)] = decodeNpy(data, `'${clipped(name, 60)}' of ${where}`);
  }
  return arrays;
}

/**
 * Writes tensors as NumPy's `savez` does, uncompressed, in one atomic step.
 * @param arrays - tensors by name; names may not hold `/`, `\` or `..`
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for such a name or more than 2 GiB, `ERR_BAD_FILE` if it cannot be written
 */
export async function writeNpz(path: string, arrays: Readonly<Record<string, Tensor>>): Promise<void> {
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
  await writeFileAtomic(path, zipSync(members, { level: 0, mtime: TIMESTAMP }));
}

/** Refuses what is neither a tensor nor an array as `readNpz` gives it. */
function requireArray(name: string, array: unknown): void {
  const { shape, data } = (array ?? {}) as Partial<NpyArray>;
  const isArray = Array.isArray(shape) && ArrayBuffer.isView(data) && !(data instanceof DataView);
  if (!isArray) throw badArgument(`array '${clipped(name, 60)}'`, 'a Tensor', array);
}

/** The array's numbers as a tensor; shares memory where the dtype is already the one wanted. */
export function toTensor(array: NpyArray, dtype: DType): Tensor {
  const Wanted = arrayOf(dtype);
  const data: FloatArray = array.data instanceof Wanted ? array.data : new Wanted(array.data);
  return new Tensor(array.shape, dtype, { data });
}

function isPlainName(name: string): boolean {
  return !/[/\\]|\.\./.test(name);
}
