// @internal
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { formatOf } from '../../core/file-formats.js';
import { badFile, openForReading, readFully, unreadable } from '../../core/files.js';
import { type EntryMessage, externalLocation, type ModelMessage, type TensorMessage } from '../messages.js';
import type { Budget } from './budget.js';
import { plain, quote } from './quote.js';

/** A part of a file; without a length, it goes to the end of the file. */
interface Range {
  readonly offset?: number;
  readonly length?: number;
}

/**
 * Reads a model file, after a check of its size.
 * @throws BlasnetError `ERR_BAD_FILE` if it is missing, unreadable, not a plain file, or too large
 */
export async function readModelFile(file: string, budget: Budget): Promise<Uint8Array> {
  const bytes = await readPart(file, {}, budget);
  const other = formatOf(bytes, 'ONNX');
  if (other !== undefined) throw badFile(`'${file}'`, 'an ONNX model', other);
  return bytes;
}

/**
 * Reads the tensors that lie in other files than the model, and returns the model with their numbers as `rawData`.
 * @param file - path of the model
 * @throws BlasnetError `ERR_BAD_FILE` for files outside the folder of the model, also through symbolic links, and for parts
 *   beyond the end of a file
 */
export async function withExternalData(model: ModelMessage, file: string, budget: Budget): Promise<ModelMessage> {
  const { graph } = model;
  if (!graph) return model;
  const folder = await realpath(dirname(file));
  const inside = async (tensor: TensorMessage): Promise<TensorMessage> => {
    if (tensor.dataLocation !== externalLocation) return tensor;
    return copyOf(tensor, { rawData: await readExternal(tensor, { folder, file, budget }), dataLocation: 0 });
  };
  // One after another: the budget must count each before the next is read.
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

/** A copy of a message with some fields changed; its prototype holds the defaults of fields that are absent. */
function copyOf<Message extends object>(message: Message, changes: Partial<Message>): Message {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message, changes);
}
