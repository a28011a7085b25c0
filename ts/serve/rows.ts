import { reasonOf } from '../core/errors.js';
import { requireRange } from '../core/ranges.js';
import type { RowCells } from '../data/csv-options.js';
import { limits } from '../data/preparation/cells.js';
import { NamedPreparer } from '../data/preparation/named-preparer.js';
import type { InputPreparation } from '../data/preparation/preparation.js';
import { type DType, type FloatArray, sizeOf } from '../tensor/tensor.js';
import { checkedNumber, isNumeric, numbersOf, textsOf } from './datatypes.js';
import type { InferRequest, InputTensor } from './infer-request.js';
import { NumberList } from './number-lists.js';
import { badRequest, Problem, wrong } from './problem.js';
import type { ServedNet } from './served-net.js';

/** The greatest class number that int32 holds. */
const maxIndex = 2 ** 31 - 1;

/** A request's rows, ready to be written into a batch. */
export interface RequestRows {
  readonly count: number;
  /** @throws Problem 400 for elements that are not numbers of their datatype */
  writeTo(target: FloatArray): void;
}

/**
 * Returns the rows of a request: numbers in one input, or in several by the names of the net's; or the cells of columns with
 * an input for each.
 * @throws Problem 400 for inputs that do not fit, 413 for too many rows
 */
export function requestRowsOf(net: ServedNet, { inputs }: InferRequest, maxRows: number): RequestRows {
  const { preparer } = net;
  if (preparer instanceof NamedPreparer) return namedRows(net, preparer, inputs, maxRows);
  const columns = preparer.preparation?.columns;
  const [input] = inputs as readonly [InputTensor];
  const isEncoded = inputs.length === 1 && input.name === 'input';
  if (!columns || (isEncoded && !columns.some(({ name }) => name === 'input')))
    return encodedRows(net, inputs, maxRows);
  return rowsOfCells(
    net,
    inputs,
    columns.map(({ name }) => name),
    maxRows,
  );
}

function encodedRows({ width, dtype }: ServedNet, inputs: readonly InputTensor[], maxRows: number): RequestRows {
  const [input] = inputs as readonly [InputTensor];
  if (inputs.length > 1 || input.name !== 'input')
    throw wrong('inputs', "one input 'input'", inputs.length > 1 ? inputs : input.name);
  if (!isNumeric(input.datatype)) throw wrong("the datatype of input 'input'", 'a datatype of numbers', input.datatype);
  const { shape, size } = input;
  // A lone row may leave out that it is one.
  const count = size === width ? 1 : shape[0]!;
  if (size !== count * width)
    throw badRequest("the shape of input 'input'", `rows of ${width} numbers`, `[${shape.join(', ')}]`);
  requireFew(count, maxRows);
  return { count, writeTo: (target) => writeNumbers(input, target, limits[dtype]) };
}

/** Rows by the names of the net's inputs, or cells by the names of its columns. */
function namedRows(
  net: ServedNet,
  preparer: NamedPreparer,
  inputs: readonly InputTensor[],
  maxRows: number,
): RequestRows {
  const columns = preparer.columns?.map(({ name }) => name);
  const expected = Object.entries(preparer.inputs).map(([name, input]) => [name || 'input', input] as const);
  const isByInput = expected.every(([name]) => inputs.some((input) => input.name === name));
  if (columns && !(isByInput && inputs.some(({ name }) => !columns.includes(name)))) {
    return rowsOfCells(net, inputs, columns, maxRows);
  }
  const other = inputs.find(({ name }) => !expected.some(([one]) => one === name));
  if (other) throw wrong('inputs', `inputs among ${expected.map(([name]) => name).join(', ')}`, other.name);
  const count = inputs[0]!.shape[0]!;
  requireFew(count, maxRows);
  const parts = expected.map(([name, like]) => {
    const input = inputs.find((one) => one.name === name);
    if (!input) throw badRequest('inputs', `an input '${name}'`, 'none');
    const numbers = numbersOfInput(input, like, count, net.dtype);
    requireNumbersIn(net, name, numbers, count);
    return numbers;
  });
  return { count, writeTo: (target) => interleave(parts, count, target) };
}

/** Answers 400 for class numbers that the net does not have. */
function requireNumbersIn({ net }: ServedNet, name: string, data: ArrayLike<number>, count: number): void {
  const { inputs } = net;
  const input = inputs.length === 1 ? inputs[0]! : inputs.find((one) => (one.name || 'input') === name);
  if (input?.dtype !== 'int32') return;
  try {
    requireRange(`input '${name}'`, { data, rows: count }, input.range);
  } catch (error) {
    throw new Problem(400, reasonOf(error));
  }
}

/** The numbers of an input, row by row, as precise as the net's. */
function numbersOfInput(
  input: InputTensor,
  { inputShape, dtype }: InputPreparation,
  count: number,
  netType: DType,
): FloatArray {
  const { name, shape, size } = input;
  const width = sizeOf(inputShape);
  if (shape[0] !== count || size !== count * width) {
    throw badRequest(`the shape of input '${name}'`, `[${[count, ...inputShape].join(', ')}]`, `[${shape.join(', ')}]`);
  }
  return numbersOfRows(input, dtype, netType);
}

/**
 * Returns all numbers of an input, as precise as the net's.
 * @throws Problem 400 for elements that are not numbers of their datatype, and for fractions where the net takes whole numbers
 */
export function numbersOfRows(input: InputTensor, dtype: InputPreparation['dtype'], netType: DType): FloatArray {
  const { name, datatype, size } = input;
  if (!isNumeric(datatype)) throw wrong(`the datatype of input '${name}'`, 'a datatype of numbers', datatype);
  const numbers = netType === 'float32' && !dtype ? new Float32Array(size) : new Float64Array(size);
  writeNumbers(input, numbers, dtype ? maxIndex : limits[netType]);
  const fraction = dtype ? numbers.findIndex((number) => !Number.isInteger(number)) : -1;
  if (fraction >= 0)
    throw badRequest(`number ${fraction} of input '${name}'`, 'a whole number', `${numbers[fraction]}`);
  return numbers;
}

/** Writes rows: in each, the numbers of all inputs. */
function interleave(parts: readonly FloatArray[], count: number, target: FloatArray): void {
  const widths = parts.map(({ length }) => length / count);
  let at = 0;
  for (let row = 0; row < count; row++) {
    for (const [i, part] of parts.entries()) {
      const width = widths[i]!;
      target.set(part.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
  }
}

/** Writes an input's numbers. */
function writeNumbers(input: InputTensor, target: FloatArray, limit: number): void {
  const { name, data, datatype, size } = input;
  const source = data instanceof Uint8Array ? numbersOf(data, datatype, size, name) : elementsOf(input, data);
  // The datatypes that most requests have take a shorter way.
  const isFloat = datatype === 'FP32' || datatype === 'FP64';
  const most = Math.min(limit, limits[datatype === 'FP32' ? 'float32' : 'float64']);
  let i = isFloat ? copyUpTo(source, target, size, most) : 0;
  for (; i < size; i++) target[i] = checkedNumber(source[i], datatype, `number ${i}`, name, limit);
}

/** Copies elements up to the first that is no number within ±most; returns how many it copied. */
function copyUpTo(source: ArrayLike<unknown>, target: FloatArray, size: number, most: number): number {
  for (let i = 0; i < size; i++) {
    const number = source[i];
    if (!(typeof number === 'number' && number <= most && number >= -most)) return i;
    target[i] = number;
  }
  return size;
}

/**
 * Returns a tensor's elements in order. Its list may be flat, or nested as its shape.
 * @throws Problem 400 for lists of other lengths
 */
function elementsOf({ name, shape, size }: InputTensor, data: readonly unknown[] | NumberList): ArrayLike<unknown> {
  const expected = (length: number, depth: number, received: string) =>
    badRequest(`data of input '${name}'`, `lists of ${length} at depth ${depth}`, received);
  if (data instanceof NumberList) {
    const { lengths, numbers } = data;
    if (lengths.length === 1 && lengths[0] === size) return numbers;
    const isNested = lengths.length > 1 && lengths.length === shape.length;
    const wrong = isNested ? lengths.findIndex((length, i) => length !== shape[i]) : 0;
    if (wrong < 0) return numbers;
    throw expected(isNested ? shape[wrong]! : size, wrong + 1, `lists of ${lengths[wrong]}`);
  }
  const isNested = Array.isArray(data[0]);
  let elements: readonly unknown[] = [data];
  for (const [i, length] of (isNested ? shape : [size]).entries()) {
    for (const list of elements) {
      if (!Array.isArray(list)) throw expected(length, i + 1, 'another value');
      if (list.length !== length) throw expected(length, i + 1, `a list of ${list.length}`);
    }
    elements = elements.flat();
  }
  return elements;
}

function rowsOfCells(
  net: ServedNet,
  inputs: readonly InputTensor[],
  names: readonly string[],
  maxRows: number,
): RequestRows {
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const missing = names.find((name) => !byName.has(name));
  if (missing !== undefined) throw badRequest('inputs', `an input '${missing}'`, 'none');
  const { preparer, dtype } = net;
  // The cells of a window are those of its time steps.
  const { length: steps = 1 } = (preparer instanceof NamedPreparer ? undefined : preparer.window) ?? {};
  const count = inputs[0]!.size;
  requireFew(count / steps, maxRows);
  const rows: Record<string, string | number>[] = Array.from({ length: count }, () => Object.create(null));
  for (const input of inputs) {
    const { name, shape } = input;
    if (!names.includes(name)) throw wrong('inputs', 'the columns of the model', name);
    if (steps > 1) requireSteps(input, steps, count);
    else if (shape[0] !== count || input.size !== count)
      throw badRequest(`the shape of input '${name}'`, `[${count}] or [${count}, 1]`, `[${shape.join(', ')}]`);
    for (const [i, cell] of cellsOf(input).entries()) rows[i]![name] = cell;
  }
  const cells = rows as readonly RowCells[];
  if (!(preparer instanceof NamedPreparer)) {
    const { data } = preparer.encodeCells(cells, dtype);
    return { count: count / steps, writeTo: (target) => target.set(data) };
  }
  const tensors = preparer.encodeCells(cells, dtype);
  for (const [name, { data }] of Object.entries(tensors)) requireNumbersIn(net, name || 'input', data, count);
  const encoded = preparer.flatten(tensors);
  return { count, writeTo: (target) => target.set(encoded) };
}

/** Refuses a column that has not a cell for each time step of as many windows as the others. */
function requireSteps({ name, shape, size }: InputTensor, steps: number, count: number): void {
  const windows = Math.max(1, Math.floor(count / steps));
  const isOne = shape.length === 1 && windows === 1;
  if (size === windows * steps && (isOne || (shape.length > 1 && shape[0] === windows && shape[1] === steps))) return;
  const expected = `[${windows}, ${steps}]${windows === 1 ? ` or [${steps}]` : ''}`;
  throw badRequest(`the shape of input '${name}'`, expected, `[${shape.join(', ')}]`);
}

/** Returns a column's cells: strings or numbers, by its datatype; booleans are 0 and 1. */
export function cellsOf(input: InputTensor): readonly (string | number)[] {
  const { name, datatype, data, size } = input;
  const isText = datatype === 'BYTES';
  if (isText && data instanceof Uint8Array) return textsOf(data, size, name);
  const cells = data instanceof Uint8Array ? numbersOf(data, datatype, size, name) : elementsOf(input, data);
  return Array.from(cells as ArrayLike<unknown>, (cell, i) => {
    if (!isText) return checkedNumber(cell, datatype, `element ${i}`, name);
    if (typeof cell !== 'string') throw wrong(`element ${i} of input '${name}' (BYTES)`, 'a string', cell);
    return cell;
  });
}

/** @throws Problem 413 for too many */
export function requireFew(rows: number, most: number, what = 'rows'): void {
  if (rows > most) throw new Problem(413, `Expected at most ${most} ${what} for a request but received ${rows}`);
}
