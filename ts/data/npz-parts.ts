// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { type Fields, fieldsOf, isFields, oneOf } from '../core/fields.js';
import { badFile } from '../core/files.js';
import type { NpyArray } from '../npz/npy.js';
import { NpzFile, toTensor } from '../npz/npz.js';
import { arrayOf, sizeOf, Tensor } from '../tensor/tensor.js';
import { mapNamed } from './by-name.js';
import type { NpzArrays, NpzInput, NpzNames } from './data-files.js';
import type { NamedRows, Part } from './part.js';
import { type Rows, rowsOf } from './rows.js';

/** The arrays of features and labels in an npz file. */
type Names = readonly [x: NpzArrays, y: NpzArrays];

const trainNames: readonly Names[] = [
  ['data', 'label'],
  ['x_train', 'y_train'],
  ['X_train', 'y_train'],
];
const testNames: readonly Names[] = [
  ['data', 'label'],
  ['x_test', 'y_test'],
  ['X_test', 'y_test'],
];

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for anything but names by part of the data set */
export function checkNpzNames(names: NpzNames): void {
  const fields = fieldsOf('arrays', names, ['x', 'y', 'xTrain', 'yTrain', 'xTest', 'yTest']);
  for (const [key, name] of Object.entries(fields)) {
    if (isFields(name)) checkNamedArrays(`arrays.${key}`, name, key.startsWith('x'));
    else if (name !== undefined && typeof name !== 'string')
      throw badArgument(`arrays.${key}`, 'the name of an array', name);
  }
}

function checkNamedArrays(where: string, arrays: Fields, areInputs: boolean): void {
  const entries = Object.entries(arrays);
  if (entries.length === 0) throw badArgument(where, 'at least one array', 'none');
  for (const [name, value] of entries) {
    if (name === '') throw badArgument(where, 'names that are not empty', name);
    if (typeof value === 'string') continue;
    if (!areInputs || !isFields(value)) throw badArgument(`${where}.${name}`, 'the name of an array', value);
    const { array, as } = fieldsOf(`${where}.${name}`, value, ['array', 'as']);
    if (typeof array !== 'string') throw badArgument(`${where}.${name}.array`, 'the name of an array', array);
    if (as !== undefined) oneOf(`${where}.${name}.as`, ['numbers', 'index'], as);
  }
}

/**
 * Reads the training set and the test set, if there is one, from npz files. Reads no other arrays of the files.
 * @param hasSplit - true if the test set is to be split off the training set
 * @throws BlasnetError `ERR_BAD_FILE` for files without such arrays, `ERR_SHAPE_MISMATCH` if features and labels have other
 *   numbers of rows, `ERR_BAD_ARGUMENT` for names that name half a set, or a second test set
 */
export async function readNpzParts(
  {
    train,
    test,
    arrays = {},
  }: { readonly train: string; readonly test?: string | undefined; readonly arrays?: NpzNames | undefined },
  hasSplit: boolean,
): Promise<{ train: Part; test: Part | undefined }> {
  const file = await NpzFile.open(train);
  const given = pairOf('xTrain and yTrain', arrays.xTrain ?? arrays.x, arrays.yTrain ?? arrays.y);
  const names = given ?? namesIn(file, trainNames);
  const givenTest = pairOf('xTest and yTest', arrays.xTest ?? (test && arrays.x), arrays.yTest ?? (test && arrays.y));
  if (test !== undefined) {
    const testFile = await NpzFile.open(test);
    const part = await readPart('train', file, names);
    return { train: part, test: await readPart('test', testFile, givenTest ?? namesIn(testFile, testNames)) };
  }
  // As in Keras's files: both sets in one file. Given names mean that there is no other set.
  const own = givenTest ?? (given ? undefined : testNames.slice(1).find((pair) => hasAll(file, pair)));
  if (own && hasSplit) {
    throw badArgument(
      'split',
      `no test set in '${train}' (leave split out to use that set, on the command line by --split 0; name the training set's arrays to ignore it)`,
      listed(own),
    );
  }
  const part = await readPart('train', file, names);
  return { train: part, test: own && (await readPart('test', file, own)) };
}

function pairOf(what: string, x: NpzArrays | undefined, y: NpzArrays | undefined): Names | undefined {
  if (x === undefined && y === undefined) return undefined;
  if (x === undefined || y === undefined) throw badArgument('arrays', `both ${what}`, listed([x ?? y!]));
  return [x, y];
}

const hasAll = (file: NpzFile, names: Names) => namesOf(names).every((name) => file.names.includes(name));

/** The names of all arrays. */
const namesOf = (arrays: readonly NpzArrays[]): readonly string[] =>
  arrays.flatMap((one) => Object.values(byName(one)).map(({ array }) => array));

const listed = (arrays: readonly NpzArrays[]) => namesOf(arrays).join(', ');

/** Arrays by the names of inputs or targets; one without a name is called ''. */
function byName(arrays: NpzArrays): Readonly<Record<string, NpzInput>> {
  if (typeof arrays === 'string') return { '': { array: arrays } };
  return mapNamed(arrays, (one) => (typeof one === 'string' ? { array: one } : one));
}

function namesIn(file: NpzFile, known: readonly Names[]): Names {
  const found = known.find((pair) => hasAll(file, pair));
  if (found) return found;
  const pairs = known.map((pair) =>
    namesOf(pair)
      .map((name) => `'${name}'`)
      .join(' and '),
  );
  const received = file.names.join(', ') || 'no arrays';
  throw badFile(file.where, `arrays ${pairs.join(', or ')}, or names for them in the option arrays,`, received);
}

/** Reads features and labels, once the headers of all have shown that they have as many rows. */
async function readPart(set: 'train' | 'test', file: NpzFile, [x, y]: Names): Promise<Part> {
  const [inputs, labels] = [byName(x), byName(y)];
  let count: number | undefined;
  for (const [side, arrays] of [
    ['x', inputs],
    ['y', labels],
  ] as const) {
    for (const [name, { array }] of Object.entries(arrays)) {
      const [rows = 1] = await file.shapeOf(array);
      count ??= rows;
      const what = side === 'y' ? 'labels' : 'rows';
      if (rows !== count) throw shapeMismatch(`the ${set} ${what}${name && ` '${name}'`}`, `${count} rows`, `${rows}`);
    }
  }
  const targets = await eachOf(labels, async ({ array }) => rowsOfArray(await file.read(array)));
  return { inputs: await eachOf(inputs, (input) => inputOf(file, input)), targets };
}

async function eachOf(
  arrays: Readonly<Record<string, NpzInput>>,
  read: (input: NpzInput) => Promise<Rows>,
): Promise<NamedRows> {
  const entries: [string, Rows][] = [];
  for (const [name, input] of Object.entries(arrays)) entries.push([name, await read(input)]);
  return Object.fromEntries(entries);
}

/** The rows of an input: features, or class numbers. A column of them is one number a row. */
async function inputOf(file: NpzFile, { array, as }: NpzInput): Promise<Rows> {
  const read = await file.read(array);
  if (as !== 'index') return featuresOf(read);
  const { shape, data } = read;
  const wrong = data.findIndex((value) => !(Number.isInteger(value) && Math.abs(value) < 2 ** 31));
  if (wrong >= 0) throw badFile(file.where, `whole numbers in '${array}', as an index`, `${data[wrong]}`);
  const isColumn = shape.length === 2 && shape[1] === 1;
  return rowsOf(Tensor.from(Int32Array.from(data), isColumn ? [shape[0]!] : shape));
}

/** Rows of an array as they are, in float64 if the file has that, else in float32. */
function rowsOfArray(array: NpyArray): Rows {
  const tensor = toTensor(array, array.data instanceof arrayOf('float64') ? 'float64' : 'float32');
  return rowsOf(tensor.shape.length === 1 ? tensor.reshape([tensor.size, 1]) : tensor);
}

/** Rows of features; images stay bytes until a batch is gathered. */
function featuresOf(array: NpyArray): Rows {
  const { shape, data } = array;
  const isImage = data instanceof Uint8Array && (shape.length === 3 || shape.length === 4);
  if (!isImage) return rowsOfArray(array);
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  if (shape.length === 3) return { data, count, rowShape: [1, height, width], divisor: 1 };
  if (![1, 3, 4].includes(channels)) return { data, count, rowShape: shape.slice(1), divisor: 1 };
  return {
    data: withChannelsFirst(data, height * width, channels),
    count,
    rowShape: [channels, height, width],
    divisor: 1,
  };
}

/**
 * Images with the numbers of each channel together.
 * @param pixels - images × plane × channels
 * @returns images × channels × plane
 */
function withChannelsFirst(pixels: Uint8Array, plane: number, channels: number): Uint8Array {
  if (channels === 1) return pixels;
  const result = new Uint8Array(pixels.length);
  const size = sizeOf([plane, channels]);
  for (let image = 0; image < pixels.length; image += size) {
    for (let channel = 0; channel < channels; channel++) {
      const to = image + channel * plane;
      for (let i = 0; i < plane; i++) result[to + i] = pixels[image + i * channels + channel]!;
    }
  }
  return result;
}
