// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { fieldsOf } from '../core/fields.js';
import { badFile } from '../core/files.js';
import type { NpyArray } from '../npz/npy.js';
import { NpzFile, toTensor } from '../npz/npz.js';
import { arrayOf, sizeOf } from '../tensor/tensor.js';
import type { NpzNames } from './data-files.js';
import { type Part, partOf } from './part.js';
import { type Rows, rowsOf } from './rows.js';

/** The names of features and labels in an npz file. */
type Names = readonly [x: string, y: string];

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
    if (name !== undefined && typeof name !== 'string')
      throw badArgument(`arrays.${key}`, 'the name of an array', name);
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
      own.join(', '),
    );
  }
  const part = await readPart('train', file, names);
  return { train: part, test: own && (await readPart('test', file, own)) };
}

function pairOf(what: string, x: string | undefined, y: string | undefined): Names | undefined {
  if (x === undefined && y === undefined) return undefined;
  if (x === undefined || y === undefined) throw badArgument('arrays', `both ${what}`, x ?? y);
  return [x, y];
}

const hasAll = (file: NpzFile, names: Names) => names.every((name) => file.names.includes(name));

function namesIn(file: NpzFile, known: readonly Names[]): Names {
  const found = known.find((pair) => hasAll(file, pair));
  if (found) return found;
  const pairs = known.map((pair) => pair.map((name) => `'${name}'`).join(' and '));
  const received = file.names.join(', ') || 'no arrays';
  throw badFile(file.where, `arrays ${pairs.join(', or ')}, or names for them in the option arrays,`, received);
}

/** Reads features and labels, once the headers of both have shown that they have as many rows. */
async function readPart(set: 'train' | 'test', file: NpzFile, [x, y]: Names): Promise<Part> {
  const [xShape, yShape] = [await file.shapeOf(x), await file.shapeOf(y)];
  const [xRows, yRows] = [xShape, yShape].map(([rows = 1]) => rows);
  if (xRows !== yRows) throw shapeMismatch(`the ${set} labels`, `${xRows} rows`, `${yRows}`);
  const labels = rowsOfArray(await file.read(y));
  return partOf(featuresOf(await file.read(x)), labels);
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
