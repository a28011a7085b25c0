import { clipped } from '../core/errors.js';
import { badFile } from '../core/files.js';
import { sizeOf } from '../tensor/tensor.js';
import { type DTypeName, dtypes } from './dtypes.js';
import { JsonCursor } from './json-cursor.js';

/** Dtype, shape and position of a tensor in a file. */
export interface TensorEntry {
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  /** In bytes from the start of the data, which follows the header. */
  readonly begin: number;
  readonly end: number;
}

/** The header of a file: its tensors in the order of their data, and texts. */
export interface Header {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

export const metadataKey = '__metadata__';
const maxRank = 64;

/**
 * Reads a header and checks all of it against the size of the data, so that reading a tensor later takes no more memory
 * than the file has bytes.
 * @param text - the JSON; https://github.com/huggingface/safetensors#format says what it holds
 * @param dataBytes - bytes of the file behind the header
 * @param where - the file's name for error messages
 * @throws BlasnetError `ERR_BAD_FILE` for anything but the published format: other JSON, repeated keys, unknown
 *   dtypes, bytes that are not those of dtype and shape, holes, overlaps, data that is missing or left over
 */
export function parseHeader(text: string, dataBytes: number, where: string): Header {
  const tensors = new Map<string, TensorEntry>();
  const metadata = new Map<string, string>();
  const json = new JsonCursor(text, where);
  json.object((name) => {
    if (name === metadataKey) json.object((key) => metadata.set(key, json.string()));
    else tensors.set(name, readEntry(json, `'${clipped(name, 60)}' of ${where}`));
  });
  json.end();
  return { tensors: inOrder(tensors, dataBytes, where), metadata };
}

function readEntry(json: JsonCursor, where: string): TensorEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object((field) => {
    if (field === 'dtype') dtype = json.string();
    else if (field === 'shape') shape = json.integers(maxRank);
    else if (field === 'data_offsets') offsets = json.integers(2);
    else throw badFile(where, 'dtype, shape and data_offsets', `'${clipped(field, 60)}'`);
  });
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    throw badFile(where, 'dtype, shape and two data_offsets', 'fewer fields');
  }
  if (!Object.hasOwn(dtypes, dtype)) {
    throw badFile(where, `a dtype of ${Object.keys(dtypes).join(', ')}`, `'${clipped(dtype, 60)}'`);
  }
  const [begin, end] = offsets as [number, number];
  const entry: TensorEntry = { dtype: dtype as DTypeName, shape, begin, end };
  // Zeros aside, so that an empty tensor's other lengths are numbers to count with, too.
  const most = sizeOf(shape.filter((length) => length > 0)) * dtypes[entry.dtype].bytes;
  if (!Number.isSafeInteger(most)) throw badFile(where, 'a shape of fewer than 2^53 bytes', `[${shape.join(', ')}]`);
  const bytes = shape.includes(0) ? 0 : most;
  if (end - begin !== bytes) {
    throw badFile(where, `${bytes} bytes for ${dtype} of shape [${shape.join(', ')}]`, `${end - begin}`);
  }
  return entry;
}

/** Sorts the tensors by their data, and checks that together they fill the file. */
function inOrder(tensors: Map<string, TensorEntry>, dataBytes: number, where: string): Map<string, TensorEntry> {
  const sorted = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let next = 0;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== next)
      throw badFile(`'${clipped(name, 60)}' of ${where}`, `data from byte ${next} on`, `from ${begin} on`);
    next = end;
  }
  if (next !== dataBytes) throw badFile(where, `${next} bytes of data behind the header`, `${dataBytes}`);
  return new Map(sorted);
}
