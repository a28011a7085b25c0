import { shapeMismatch } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import { CellProblem } from '../../data/preparation/cells.js';
import type { WindowPreparation } from '../../data/preparation/preparation.js';
import { notAscending, RowTimes } from '../../data/series/row-times.js';
import type { NeuralNet, RowCells, Tensor } from '../../index.js';
import { csvRows } from './csv-rows.js';
import { isJson, jsonRows } from './json-rows.js';
import type { PredictFlags } from './options.js';
import { RawRows } from './raw-rows.js';
import type { RowPiece } from './row-piece.js';

const chunkRows = 4096;

/**
 * Reads the last rows of a file, CSV or JSON, as the window of a net for a time series.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for fewer rows than a window has, `ERR_BAD_FILE` for times that do not ascend
 */
export async function lastWindow(path: string, net: NeuralNet, flags: PredictFlags): Promise<RowPiece> {
  const window = net.preparation!.window!;
  const where = path === '-' ? 'the standard input' : `'${path}'`;
  const raw = new RawRows(net, where, { unseen: flags.unseen });
  const { cells, before } = isJson(path)
    ? await lastOfJson(path, raw, window.length)
    : await lastOfCsv(path, raw, flags, window.length);
  if (cells.length < window.length) {
    throw shapeMismatch(where, `at least ${window.length} rows, which are a window,`, `${cells.length}`);
  }
  requireAscending(cells, before, window, where);
  const encoded = raw.encode(cells, before) as Tensor;
  const shape = net.preparation!.inputShape!;
  return { raw: encoded.reshape([1, ...shape]), rows: 1 };
}

interface LastRows {
  readonly cells: readonly RowCells[];
  /** The number of rows in front of them. */
  readonly before: number;
}

async function lastOfCsv(path: string, raw: RawRows, flags: PredictFlags, length: number): Promise<LastRows> {
  let cells: readonly RowCells[] = [];
  let count = 0;
  for await (const rows of csvRows(path, flags, chunkRows, (names) => raw.requireColumns(names))) {
    cells = [...cells, ...rows].slice(-length);
    count += rows.length;
  }
  return { cells, before: count - cells.length };
}

async function lastOfJson(path: string, raw: RawRows, length: number): Promise<LastRows> {
  const rows = await jsonRows(path);
  const before = Math.max(0, rows.length - length);
  return { cells: raw.cellsOf(rows.slice(before), before), before };
}

/** Sees that the times of rows ascend, where they have times. */
function requireAscending(
  cells: readonly RowCells[],
  before: number,
  { order }: WindowPreparation,
  where: string,
): void {
  if (!order || !cells.every((row) => Object.hasOwn(row, order.column))) return;
  const times = new RowTimes(order.format);
  let last: { readonly time: number; readonly cell: string } | undefined;
  for (const [i, row] of cells.entries()) {
    const place = `row ${before + i + 1} of ${where}`;
    const cell = String(row[order.column] ?? '').trim();
    const time = timeOf(times, cell, `${place}, column '${order.column}'`);
    if (last && time <= last.time) throw notAscending(place, cell, last.cell, 'sort the rows by time');
    last = { time, cell };
  }
}

function timeOf(times: RowTimes, cell: string, place: string): number {
  try {
    return times.read(cell);
  } catch (cause) {
    if (!(cause instanceof CellProblem)) throw cause;
    throw badFile(place, cause.expected, cause.received, cause);
  }
}
