import { readNpz, toTensor } from '../../data/npz.js';
import { formatOf } from '../../data/read-files.js';
import { BlasnetError } from '../../errors.js';
import { badFile } from '../../files.js';
import { type NeuralNet, Tensor } from '../../index.js';
import { csvRows } from './csv-rows.js';
import { jsonRows } from './json-rows.js';
import { RawRows } from './raw-rows.js';

/** So many rows are held and predicted at once. */
const chunkRows = 4096;

/** How CSV files are read. */
export interface ReadOptions {
  readonly header: boolean;
  readonly delimiter?: string;
}

/** Whether rows come as JSON: from the standard input, or a file of that name. */
export const isJson = (path: string) => path === '-' || /\.(json|jsonl|ndjson)$/i.test(path);

/**
 * The raw rows of a file, encoded for `net.predict`, in pieces.
 * @param path - CSV, npz or JSON by its name; `-`: JSON from the standard input
 * @throws BlasnetError that names the file, the row and the column of what cannot be read
 */
export async function* readRows(path: string, net: NeuralNet, options: ReadOptions): AsyncGenerator<Tensor> {
  if (isJson(path)) {
    const rows = await jsonRows(path);
    const raw = new RawRows(net, path === '-' ? 'the standard input' : `'${path}'`);
    for (let at = 0; at < rows.length; at += chunkRows) yield raw.encode(rows.slice(at, at + chunkRows), at);
  } else if (formatOf(path) === 'csv') {
    const raw = new RawRows(net, `'${path}'`);
    let at = 0;
    for await (const rows of csvRows(path, options, chunkRows, (names) => raw.requireColumns(names))) {
      yield raw.encode(rows, at);
      at += rows.length;
    }
  } else {
    yield* npzRows(path);
  }
}

async function* npzRows(path: string): AsyncGenerator<Tensor> {
  const arrays = await readNpz(path);
  const array = arrays.data;
  if (!array) throw badFile(`'${path}'`, "an array 'data'", Object.keys(arrays).join(', ') || 'nothing');
  const tensor = toTensor(array, array.data instanceof Float64Array ? 'float64' : 'float32');
  const rows = tensor.shape.length === 1 ? tensor.reshape([tensor.size, 1]) : tensor;
  const bad = rows.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const message = `Expected finite numbers in row ${Math.floor(bad / rows.rowSize)} of '${path}' but received ${rows.data[bad]}`;
    throw new BlasnetError('ERR_NOT_FINITE', message);
  }
  const [, ...rowShape] = rows.shape;
  for (let at = 0; at < rows.rows; at += chunkRows) {
    const end = Math.min(rows.rows, at + chunkRows);
    yield Tensor.from(rows.data.slice(at * rows.rowSize, end * rows.rowSize), [end - at, ...rowShape]);
  }
}
