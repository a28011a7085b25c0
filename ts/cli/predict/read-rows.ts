import { BlasnetError } from '../../core/errors.js';
import type { PredictOptions } from '../../data/preparation/predict-options.js';
import { formatOf } from '../../data/read-files.js';
import { type NeuralNet, Tensor } from '../../index.js';
import { NpzFile, toTensor } from '../../npz/npz.js';
import { csvRows } from './csv-rows.js';
import { jsonRows } from './json-rows.js';
import type { PredictFlags } from './options.js';
import { RawRows } from './raw-rows.js';

const chunkRows = 4096;

/** A piece of the rows. */
export interface RowPiece {
  /** Encoded for `net.predict`. */
  readonly raw: Tensor;
  /** The names of all columns, those included that the net does not need; undefined for npz. */
  readonly names?: readonly string[];
  /** The cells of each row by column name. */
  readonly cells?: readonly Readonly<Record<string, unknown>>[];
}

/** Tells whether rows come as JSON: from the standard input, or a file of that name. */
export const isJson = (path: string) => path === '-' || /\.(json|jsonl|ndjson)$/i.test(path);

/**
 * Reads the raw rows of a file in pieces.
 * @param path - CSV, npz or JSON by its name; `-`: JSON from the standard input
 * @throws BlasnetError that names the file, the row and the column of a cell that cannot be read
 */
export async function* readRows(path: string, net: NeuralNet, flags: PredictFlags): AsyncGenerator<RowPiece> {
  if (isJson(path)) {
    yield* jsonPieces(path, net, { unseen: flags.unseen });
  } else if (formatOf(path) === 'csv') {
    const raw = new RawRows(net, `'${path}'`, { unseen: flags.unseen });
    let names: readonly string[] = [];
    let at = 0;
    const onHeader = (header: readonly string[]) => {
      names = header;
      raw.requireColumns(header);
    };
    for await (const cells of csvRows(path, flags, chunkRows, onHeader)) {
      yield { raw: raw.encode(cells, at), names, cells };
      at += cells.length;
    }
  } else {
    for await (const raw of npzRows(path)) yield { raw };
  }
}

async function* jsonPieces(path: string, net: NeuralNet, options: PredictOptions): AsyncGenerator<RowPiece> {
  const rows = await jsonRows(path);
  const raw = new RawRows(net, path === '-' ? 'the standard input' : `'${path}'`, options);
  const names = new Set<string>();
  for (let at = 0; at < rows.length; at += chunkRows) {
    for (const row of raw.cellsOf(rows.slice(at, at + chunkRows), at)) for (const name in row) names.add(name);
  }
  for (let at = 0; at < rows.length; at += chunkRows) {
    const cells = raw.cellsOf(rows.slice(at, at + chunkRows), at);
    yield { raw: raw.encode(cells, at), names: [...names], cells };
  }
}

async function* npzRows(path: string): AsyncGenerator<Tensor> {
  const file = await NpzFile.open(path);
  const array = await file.read('data');
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
