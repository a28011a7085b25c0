import { badArgument } from '../core/errors.js';
import { isFields } from '../core/fields.js';
import { replaceFile } from '../core/files.js';
import { littleEndianBytes } from '../core/number-formats.js';
import type { NpyArray } from '../npz/npy.js';
import { type AnyTensor, Tensor, type TensorType } from '../tensor/tensor.js';
import { checksumTexts, headerKey, modelFormat, signHeader } from './checksums.js';
import { maxHeader, SafetensorsFile } from './file.js';
import { metadataKey } from './header.js';
import { Int8Numbers } from './int8-numbers.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  /** The tensors by name; the object has no prototype. */
  readonly tensors: Record<string, NpyArray>;
  /** Texts by name; the object has no prototype. */
  readonly metadata: Record<string, string>;
}

/**
 * Reads a safetensors file with numbers of any dtype except float8. `F16` and `BF16` become `Float32Array`, `I64` and `U64`
 * `Float64Array`, `BOOL` a `Uint8Array` of 0 and 1. Header, sizes and offsets are checked before memory is taken for a
 * tensor; where blasnet has written the file, so are its checksums.
 * @param names - the tensors to read, by default all
 * @throws BlasnetError `ERR_BAD_FILE` if the file is missing, damaged or hostile, `ERR_BAD_ARGUMENT` for an unknown name
 */
export async function readSafetensors(path: string, names?: readonly string[]): Promise<Safetensors> {
  if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === 'string'))) {
    throw badArgument('names', 'a list of names', names);
  }
  const file = await SafetensorsFile.open(path);
  try {
    const tensors: Record<string, NpyArray> = Object.create(null);
    for (const name of names ?? file.tensors.keys()) tensors[name] = await file.read(name);
    return { tensors, metadata: Object.assign(Object.create(null), Object.fromEntries(file.metadata)) };
  } finally {
    await file.close();
  }
}

/**
 * Writes tensors as Python's safetensors does, in one atomic step. The tensors must not change until the promise resolves.
 * @param metadata - texts to keep with them; those of a model get new checksums
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what the format cannot hold, `ERR_BAD_FILE` if the file cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, AnyTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (!isFields(tensors)) throw badArgument('tensors', 'tensors by name', tensors);
  if (!isFields(metadata)) throw badArgument('metadata', 'texts by name', metadata);
  const named = new Map(Object.entries(tensors));
  const isModel = metadata.format === modelFormat && metadata[headerKey] !== undefined;
  await replaceFile(path, isModel ? await signedWriter(named, metadata) : safetensorsWriter(named, metadata));
}

/** Takes the bytes of a file: a `FileHandle`, whose own type would ask users for Node's types. */
export interface ByteSink {
  writeFile(bytes: Uint8Array): Promise<void>;
}

/** Numbers that a file can hold. */
export type Storable = AnyTensor | Int8Numbers;

/**
 * Makes the header of a file with those tensors and texts.
 * @returns a function that writes the file
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for what the format cannot hold
 */
export function safetensorsWriter(
  tensors: ReadonlyMap<string, Storable>,
  metadata: Readonly<Record<string, string>>,
): (file: ByteSink) => Promise<void> {
  requireValid(tensors, metadata);
  const { header, sorted } = layOut(tensors, metadata);
  return (file) => writeParts(file, header, sorted);
}

/** Does what {@link safetensorsWriter} does, with checksums in the metadata. */
export async function signedWriter(
  tensors: ReadonlyMap<string, Storable>,
  metadata: Readonly<Record<string, string>>,
): Promise<(file: ByteSink) => Promise<void>> {
  requireValid(tensors, metadata);
  const { header, sorted } = layOut(tensors, { ...metadata, ...(await checksumTexts(tensors)) });
  await signHeader(header);
  return (file) => writeParts(file, header, sorted);
}

type Named = readonly (readonly [string, Storable])[];

const names: Readonly<Record<TensorType | 'int8', string>> = {
  ...{ float32: 'F32', float64: 'F64', int32: 'I32', int8: 'I8' },
};

async function writeParts(file: ByteSink, header: Uint8Array, tensors: Named): Promise<void> {
  await file.writeFile(header);
  for (const [, { data }] of tensors) await file.writeFile(littleEndianBytes(data));
}

function requireValid(tensors: ReadonlyMap<string, Storable>, metadata: Readonly<Record<string, string>>): void {
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') throw badArgument(`metadata.${key}`, 'a string', text);
  }
  for (const [name, tensor] of tensors) {
    if (name === metadataKey) throw badArgument('tensors', `names other than ${metadataKey}`, name);
    if (tensor instanceof Int8Numbers) continue;
    if (!(tensor instanceof Tensor)) throw badArgument(name, 'a Tensor', tensor);
    if (tensor.data.length !== tensor.size) throw badArgument(name, 'a tensor with its memory', 'a detached buffer');
  }
}

function layOut(tensors: ReadonlyMap<string, Storable>, metadata: Readonly<Record<string, string>>) {
  // The larger numbers first, so that all lie at multiples of their size.
  const sorted: Named = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  return { header: headerOf(sorted, metadata), sorted };
}

function headerOf(tensors: Named, metadata: Readonly<Record<string, string>>): Buffer {
  let next = 0;
  const entries = tensors.map(([name, { dtype, shape, data }]) => {
    const begin = next;
    next += data.byteLength;
    return [name, { dtype: names[dtype], shape, data_offsets: [begin, next] }] as const;
  });
  const texts = Object.keys(metadata).length > 0 ? [[metadataKey, metadata] as const] : [];
  const json = Buffer.from(JSON.stringify(Object.fromEntries([...texts, ...entries])));
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeader) throw badArgument('names and metadata', `at most ${maxHeader} bytes`, `${length}`);
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  json.copy(header, 8);
  return header;
}
