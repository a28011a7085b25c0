import type { FileHandle } from 'node:fs/promises';
import { badArgument, shapeMismatch } from '../core/errors.js';
import { checkOptions } from '../core/fields.js';
import { badFile, openForReading, readFully } from '../core/files.js';
import { checkNpyStart, NPY_START } from '../npz/npy.js';
import { adoptElements } from '../npz/npy-elements.js';
import { toTensor } from '../npz/npz.js';
import type { Tensor } from '../tensor/tensor.js';
import type { BatchSource, RankShare, RowBatch } from './row-stream.js';

/** Files and options of `npyBatches`. */
export interface NpyBatchesOptions {
  /** The `.npy` files of features and of labels, with as many rows. */
  readonly x: string;
  readonly y: string;
  /** The number of rows that are read at once; default 1024. */
  readonly rows?: number | undefined;
}

const defaultRows = 1024;

/**
 * Returns a source for `DataReader.fromBatches` that reads rows of `.npy` files, as NumPy's `save` writes them, a piece at a
 * time: the files may be larger than memory. Where ranks share the rows, each reads its own only.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for wrong options. Reading throws `ERR_BAD_FILE` for files that are no arrays of
 *   numbers in row-major order, and `ERR_SHAPE_MISMATCH` where they have different numbers of rows.
 */
export function npyBatches(options: NpyBatchesOptions): BatchSource {
  checkOptions(options, ['x', 'y', 'rows']);
  const { x, y, rows = defaultRows } = options;
  for (const [name, path] of Object.entries({ x, y })) {
    if (typeof path !== 'string') throw badArgument(name, 'the name of a file', path);
  }
  if (!(Number.isSafeInteger(rows) && rows > 0)) throw badArgument('rows', 'a whole number above 0', rows);
  return (share) => batchesOf(x, y, rows, share);
}

async function* batchesOf(x: string, y: string, rows: number, { ranges }: RankShare): AsyncGenerator<RowBatch> {
  const features = await NpyRows.open(x);
  try {
    const labels = await NpyRows.open(y);
    try {
      const { count } = features;
      if (labels.count !== count) throw shapeMismatch(`'${y}'`, `${count} rows, as in '${x}',`, `${labels.count}`);
      for (const [from, to] of ranges(count)) {
        for (let at = from; at < to; at += rows) {
          const end = Math.min(to, at + rows);
          yield { x: await features.read(at, end), y: await labels.read(at, end) };
        }
      }
    } finally {
      await labels.close();
    }
  } finally {
    await features.close();
  }
}

/** The rows of an array in a file that is open. */
class NpyRows {
  readonly #file: FileHandle;
  readonly #where: string;
  readonly #head: ReturnType<typeof checkNpyStart>;

  private constructor(file: FileHandle, where: string, head: ReturnType<typeof checkNpyStart>) {
    this.#file = file;
    this.#where = where;
    this.#head = head;
  }

  static async open(path: string): Promise<NpyRows> {
    const file = await openForReading(path, 'npy');
    try {
      const where = `'${path}'`;
      const { size } = await file.stat();
      const start = new Uint8Array(Math.min(size, NPY_START));
      await readFully(file, start, 0, where);
      const head = checkNpyStart(start, size, where);
      if (head.fortran && head.shape.length > 1)
        throw badFile(where, 'an array in row-major order', 'column-major order');
      if (head.shape.length === 0) throw badFile(where, 'rows', 'a single number');
      return new NpyRows(file, where, head);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get count(): number {
    return this.#head.shape[0]!;
  }

  async read(from: number, to: number): Promise<Tensor> {
    const { type, shape, dataStart } = this.#head;
    const width = shape.slice(1).reduce((product, length) => product * length, 1);
    const bytes = new Uint8Array((to - from) * width * type.bytes);
    await readFully(this.#file, bytes, dataStart + from * width * type.bytes, this.#where);
    const data = adoptElements(bytes, type, this.#where);
    const rowShape = shape.length === 1 ? [1] : shape.slice(1);
    return toTensor({ shape: [to - from, ...rowShape], data }, data instanceof Float64Array ? 'float64' : 'float32');
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
