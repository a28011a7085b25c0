// @internal
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { formatOf } from '../../file-formats.js';
import { badFile, openForReading, readFully, unreadable } from '../../files.js';
import { type EntryMessage, externalLocation, type ModelMessage, type TensorMessage } from '../messages.js';
import type { Budget } from './budget.js';
import { plain, quote } from './quote.js';

/** A part of a file; to its end where no length is given. */
interface Range {
  readonly offset?: number;
  readonly length?: number;
}

/**
 * The bytes of a model file, once its size is known to fit.
 * @throws BlasnetError `ERR_BAD_FILE` if it is missing, unreadable, not a plain file, or too large
 */
export async function readModelFile(file: string, budget: Budget): Promise<Uint8Array> {
  const bytes = await readPart(file, {}, budget);
  const other = formatOf(bytes, 'ONNX');
  if (other !== undefined) throw badFile(`'${file}'`, 'an ONNX model', other);
  return bytes;
}

/**
 * Brings the numbers of tensors that lie in files of their own into the model: their `rawData`.
 * @param file - the model's
 * @throws BlasnetError `ERR_BAD_FILE` for files outside the model's folder, also through symbolic links, and for parts that
 *   are not there
 */
export async function withExternalData(model: ModelMessage, file: string, budget: Budget): Promise<ModelMessage> {
  const { graph } = model;
  if (!graph) return model;
  const folder = await realpath(dirname(file));
  const inside = async (tensor: TensorMessage): Promise<TensorMessage> => {
    if (tensor.dataLocation !== externalLocation) return tensor;
    return copyOf(tensor, { rawData: await readExternal(tensor, { folder, file, budget }), dataLocation: 0 });
  };
  // One after the other: the budget must have counted one before the next is read.
  const initializer: TensorMessage[] = [];
  for (const tensor of graph.initializer) initializer.push(await inside(tensor));
  return copyOf(model, { graph: copyOf(graph, { initializer }) });
}

interface Place {
  readonly folder: string;
  readonly file: string;
  readonly budget: Budget;
}

async function readExternal(tensor: TensorMessage, { folder, file, budget }: Place): Promise<Uint8Array> {
  const where = `the external data of tensor ${quote(tensor.name ?? '')} of '${file}'`;
  const entry = (key: string) => tensor.externalData?.find((pair: EntryMessage) => pair.key === key)?.value;
  const location = entry('location');
  if (!location) throw badFile(where, 'a location', 'none');
  const isPlain = !isAbsolute(location) && !/[\\:\0]/.test(location) && !location.split('/').includes('..');
  if (!isPlain) throw badFile(where, "a file in the model's folder", quote(location));
  const target = await realpath(join(folder, location)).catch((cause: unknown) => {
    throw unreadable(join(folder, plain(location)), 'external data', cause);
  });
  const path = relative(folder, target);
  if (path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)) {
    throw badFile(where, "a file in the model's folder", `${quote(location)}, which leads out of it`);
  }
  const [offset, length] = ['offset', 'length'].map((key) => {
    const value = entry(key);
    if (value === undefined) return undefined;
    if (!/^\d{1,15}$/.test(value)) throw badFile(where, `a number of bytes as ${key}`, quote(value));
    return Number(value);
  });
  const range = { ...(offset !== undefined && { offset }), ...(length !== undefined && { length }) };
  return readPart(target, range, budget);
}

async function readPart(path: string, { offset = 0, length }: Range, budget: Budget): Promise<Uint8Array> {
  const handle = await openForReading(path, 'ONNX');
  try {
    const found = await handle.stat();
    const size = length ?? found.size - offset;
    if (size < 0 || offset + size > found.size) {
      throw badFile(`'${path}'`, `${size} bytes at ${offset}`, `a file of ${found.size}`);
    }
    budget.take(size);
    const bytes = new Uint8Array(size);
    await readFully(handle, bytes, offset, `'${path}'`);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** A message with some other fields; its prototype holds the defaults of those that it has not. */
function copyOf<Message extends object>(message: Message, changes: Partial<Message>): Message {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message, changes);
}
