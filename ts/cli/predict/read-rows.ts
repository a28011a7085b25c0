import { BlasnetError, shapeMismatch } from '../../core/errors.js';
import type { PredictOptions } from '../../data/preparation/predict-options.js';
import { formatOf } from '../../data/read-files.js';
import { type NeuralNet, Tensor } from '../../index.js';
import { NpzFile, toTensor } from '../../npz/npz.js';
import { csvRows } from './csv-rows.js';
import { isJson, jsonRows } from './json-rows.js';
import { lastWindow } from './last-window.js';
import type { PredictFlags } from './options.js';
import { RawRows } from './raw-rows.js';
import type { RowPiece } from './row-piece.js';

const chunkRows = 4096;

/**
 * Reads the raw rows of a file in pieces.
 * @param path - CSV, npz or JSON by its name; `-`: JSON from the standard input
 * @throws BlasnetError that names the file, the row and the column of a cell that cannot be read
 */
export async function* readRows(path: string, net: NeuralNet, flags: PredictFlags): AsyncGenerator<RowPiece> {
  if (net.preparation?.window && (isJson(path) || formatOf(path) === 'csv')) {
    yield await lastWindow(path, net, flags);
  } else if (isJson(path)) {
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
      yield { raw: raw.encode(cells, at), rows: cells.length, names, cells };
      at += cells.length;
    }
  } else {
    const names = net.inputs.length > 1 ? net.inputs.map(({ name }) => name) : undefined;
    for await (const raw of names ? namedNpzRows(path, names) : npzRows(path)) yield raw;
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
    yield { raw: raw.encode(cells, at), rows: cells.length, names: [...names], cells };
  }
}

async function* npzRows(path: string): AsyncGenerator<RowPiece> {
  const rows = await tensorIn(await NpzFile.open(path), 'data', path);
  for (let at = 0; at < rows.rows; at += chunkRows) {
    const raw = rowsFrom(rows, at);
    yield { raw, rows: raw.rows };
  }
}

/** Rows of several inputs, in arrays of their names. */
async function* namedNpzRows(path: string, names: readonly string[]): AsyncGenerator<RowPiece> {
  const file = await NpzFile.open(path);
  const inputs: [string, Tensor][] = [];
  for (const name of names) inputs.push([name, await tensorIn(file, name, path)]);
  const count = inputs[0]![1].rows;
  for (const [name, { rows }] of inputs) {
    if (rows !== count) throw shapeMismatch(`'${name}' of '${path}'`, `${count} rows`, `${rows}`);
  }
  for (let at = 0; at < count; at += chunkRows) {
    const raw = Object.fromEntries(inputs.map(([name, rows]) => [name, rowsFrom(rows, at)]));
    yield { raw, rows: Math.min(chunkRows, count - at) };
  }
}

/** Some thousand rows, copied. */
function rowsFrom(rows: Tensor, at: number): Tensor {
  const end = Math.min(rows.rows, at + chunkRows);
  const data = rows.data.slice(at * rows.rowSize, end * rows.rowSize);
  return Tensor.from(data, [end - at, ...rows.shape.slice(1)]);
}

/** An array of finite numbers as rows. */
async function tensorIn(file: NpzFile, name: string, path: string): Promise<Tensor> {
  const array = await file.read(name);
  const tensor = toTensor(array, array.data instanceof Float64Array ? 'float64' : 'float32');
  const rows = tensor.shape.length === 1 ? tensor.reshape([tensor.size, 1]) : tensor;
  const bad = rows.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const message = `Expected finite numbers in row ${Math.floor(bad / rows.rowSize)} of '${path}' but received ${rows.data[bad]}`;
    throw new BlasnetError('ERR_NOT_FINITE', message);
  }
  return rows;
}
