import type { InferTensor, ModelInfo, TensorInfo } from './api.js';

/** The window of a time series that a model takes. */
export interface SeriesWindow {
  readonly steps: number;
  /** The columns whose cells it takes; those of one input of numbers where the model has no columns. */
  readonly columns: readonly string[];
}

/** Returns the window that a model takes; undefined for a model of other rows. */
export function windowOf({ inputs, parameters }: ModelInfo): SeriesWindow | undefined {
  const [first] = inputs;
  if (!parameters.forecast || !first) return undefined;
  if (inputs.length > 1 || first.shape.length === 2) {
    return { steps: first.shape[1]!, columns: inputs.map(({ name }) => name) };
  }
  const [, steps = 0, features = 0] = first.shape;
  const names = parameters.feature_names;
  const isNamed = names?.length === features;
  return { steps, columns: isNamed ? names : Array.from({ length: features }, (_, i) => `column ${i + 1}`) };
}

/**
 * Makes the inputs of a model from the last rows of a series as CSV. The first row may be a header, whose columns may stand in
 * another order and beside others; without one, the columns are those of the model in their order.
 * @throws Error for too few rows, columns that are missing and cells that are no numbers
 */
export function windowInputs(model: ModelInfo, window: SeriesWindow, text: string): readonly InferTensor[] {
  const { steps, columns } = window;
  const rows = rowsOf(text);
  const places = placesOf(columns, rows[0] ?? []);
  const cells = places ? rows.slice(1) : rows;
  if (cells.length < steps) throw new Error(`Expected ${steps} rows but received ${cells.length}`);
  const last = cells.slice(-steps).map((row, i) =>
    columns.map((name, column) => {
      const cell = row[places ? places[column]! : column];
      if (cell !== undefined && (places || row.length === columns.length)) return cell;
      const line = rows.length - steps + i + 1;
      throw new Error(
        places
          ? `Expected a cell of ${name} in row ${line}`
          : `Expected ${columns.length} cells in row ${line} but received ${row.length}`,
      );
    }),
  );
  const first = model.inputs[0]!;
  if (first.shape.length > 2) {
    const data = last.flatMap((row) => row.map((cell, column) => numberIn(cell, columns[column]!)));
    return [{ name: first.name, datatype: first.datatype, shape: [1, ...first.shape.slice(1)], data }];
  }
  return model.inputs.map((input, column) =>
    inputOf(
      input,
      last.map((row) => row[column]!),
    ),
  );
}

/** The input of one column: as texts where some cells are missing. */
function inputOf({ name, datatype, parameters }: TensorInfo, cells: readonly string[]): InferTensor {
  const shape = [1, cells.length];
  const missing = parameters?.missing;
  const filled = missing === undefined ? cells : cells.map((cell) => (cell === '' ? missing : cell));
  const isText = datatype === 'BYTES' || (missing !== undefined && filled.includes(missing));
  if (isText) return { name, datatype: 'BYTES', shape, data: filled };
  return { name, datatype, shape, data: filled.map((cell) => numberIn(cell, name)) };
}

/** The places of columns in a header; undefined for a row that is none. */
function placesOf(columns: readonly string[], row: readonly string[]): readonly number[] | undefined {
  const places = columns.map((name) => row.indexOf(name));
  if (places.every((place) => place >= 0)) return places;
  const missing = columns.find((_, i) => places[i]! < 0);
  // A row of names, of which some are others, is a header that does not fit.
  if (places.some((place) => place >= 0) && row.every((cell) => !isNumber(cell))) {
    throw new Error(`Expected a column ${missing} in the first row`);
  }
  return undefined;
}

const isNumber = (cell: string) => cell !== '' && Number.isFinite(Number(cell));

function numberIn(cell: string, name: string): number {
  if (isNumber(cell)) return Number(cell);
  throw new Error(`Expected a number for ${name} but received '${cell}'`);
}

/** The cells of lines; a separator is what the first line has most of. */
function rowsOf(text: string): string[][] {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  const counts = [',', ';', '\t'].map((mark) => ({ mark, count: (lines[0] ?? '').split(mark).length }));
  const { mark } = counts.reduce((most, one) => (one.count > most.count ? one : most));
  return lines.map((line) => cellsOf(line, mark));
}

/** The cells of a line. Quotes around a cell are left out; within, two stand for one. */
function cellsOf(line: string, mark: string): string[] {
  const cells = [''];
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const sign = line[i]!;
    if (sign === '"' && isQuoted && line[i + 1] === '"') cells[cells.length - 1] += line[i++]!;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (sign === mark && !isQuoted) cells.push('');
    else cells[cells.length - 1] += sign;
  }
  return cells.map((cell) => cell.trim());
}
