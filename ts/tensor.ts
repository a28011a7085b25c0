import { BlasnetError, badArgument, describe, shapeMismatch } from './errors.js';
import { copyNested, type NestedNumbers, nestedFrom, shapeOfNested } from './nested-numbers.js';
import { headOf, numbersText } from './tensor-text.js';

export type DType = 'float32' | 'float64';
export type FloatArray = Float32Array | Float64Array;

/** Where a tensor's numbers lie: given at once, or by an arena when it is laid out. */
export interface Storage {
  readonly data: FloatArray;
  /** False as long as the numbers have no memory, which reading `data` would give them; else true, or absent. */
  readonly isLaidOut?: boolean;
}

/** Node.js asks objects for a method of this name when it prints them. */
const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/**
 * Numbers in row-major order with a shape; rows are samples, so the first dimension counts them.
 * A tensor is a view: two tensors may share memory, and writing to `data` writes to that memory. What compares objects by
 * their properties, such as `deepEqual` of test libraries, sees shape and dtype alone: compare `data` or `toArray()`.
 * @example
 * ```ts
 * import { Tensor } from 'blasnet';
 *
 * const x = Tensor.from([[1, 2, 3], [4, 5, 6]]);
 * x.shape; // → [ 2, 3 ]
 * x.dtype; // → 'float32'
 * console.log(x.slice(0, 1)); // → Tensor(1×3, float32) [[1, 2, 3]]
 * x.reshape([3, 2]).toArray(); // → [ [ 1, 2 ], [ 3, 4 ], [ 5, 6 ] ]
 * Tensor.from(new Float64Array(6), [2, 3]).dtype; // → 'float64'
 * x.reshape([4, 2]); // throws ERR_SHAPE_MISMATCH
 * ```
 */
export class Tensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  #storage: Storage;

  /** For the library's own use; users call {@link Tensor.from} or {@link Tensor.zeros}. */
  constructor(shape: readonly number[], dtype: DType, storage: Storage) {
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.#storage = storage;
  }

  /** The numbers, `size` of them; none where the buffer was detached, because it was transferred to another thread. */
  get data(): FloatArray {
    return this.#storage.data;
  }

  /** How many numbers the shape holds. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Length of the first dimension: the number of samples. */
  get rows(): number {
    return this.shape[0] ?? 1;
  }

  /** Numbers in one row: the product of all dimensions but the first. */
  get rowSize(): number {
    return sizeOf(this.shape.slice(1));
  }

  /**
   * A tensor over `values`. A typed array is viewed, not copied; its type gives the dtype. Lists are copied.
   * @param values - a typed array, a list of numbers, or lists of them nested up to 64 deep; rows may be typed arrays
   * @param shape - defaults to `[1, n]` for a flat list and to the lengths of nested ones: rows × columns, and so on
   * @param dtype - defaults to the typed array's own, else `float32`; another one copies
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` for ragged rows or a shape of another size, `ERR_BAD_ARGUMENT` that says
   *   where something is no number; NaN and ±Infinity are numbers
   */
  static from(values: NestedNumbers | FloatArray, shape?: readonly number[], dtype?: DType): Tensor {
    if (values instanceof Float32Array || values instanceof Float64Array) {
      // Another thread may be reading the memory: it must not shrink away under its hands. And Node-API knows no
      // shared memory.
      if (!(values.buffer instanceof ArrayBuffer) || ('resizable' in values.buffer && values.buffer.resizable)) {
        throw badArgument("values' memory", 'an ArrayBuffer, neither shared nor resizable', values.buffer);
      }
      if (isDetached(values)) throw badArgument("values' memory", 'an ArrayBuffer', 'a detached buffer');
      const own = values instanceof Float32Array ? 'float32' : 'float64';
      const data = dtype === undefined || dtype === own ? values : arrayOf(dtype).from(values);
      return Tensor.#checked(data, shape ?? [1, values.length], dtype ?? own);
    }
    if (!Array.isArray(values)) throw badArgument('values', 'an array or a Float32Array or Float64Array', values);
    const natural = shapeOfNested(values);
    const tensor = Tensor.zeros(natural, dtype);
    copyNested(values, natural, tensor.data);
    return shape === undefined ? tensor : tensor.reshape(shape);
  }

  /** A new tensor of zeros. */
  static zeros(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    const array = arrayOf(dtype);
    const size = sizeOf(checkedShape(shape));
    try {
      return Tensor.#checked(new array(size), shape, dtype);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new BlasnetError('ERR_BAD_ARGUMENT', `Expected a shape that fits into memory but received [${shape}]`, {
        cause,
      });
    }
  }

  static #checked(data: FloatArray, shape: readonly number[], dtype: DType): Tensor {
    if (sizeOf(checkedShape(shape)) !== data.length) {
      throw shapeMismatch('shape', `a product of ${data.length}`, `[${shape.join(', ')}]`);
    }
    return new Tensor(shape, dtype, { data });
  }

  /** The same numbers in another shape; shares memory. */
  reshape(shape: readonly number[]): Tensor {
    if (sizeOf(checkedShape(shape)) !== this.size) {
      throw shapeMismatch('shape', `a product of ${this.size}`, `[${shape.join(', ')}]`);
    }
    return new Tensor(shape, this.dtype, this.#storage);
  }

  /**
   * Rows `from` (included) to `to` (excluded); shares memory.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for rows that there are not, or a detached buffer
   */
  slice(from: number, to: number = this.rows): Tensor {
    if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= this.rows)) {
      throw badArgument('rows', `a range within 0 to ${this.rows}`, `${describe(from)} to ${describe(to)}`);
    }
    const width = this.rowSize;
    return Tensor.#checked(
      attachedData('slice', this).subarray(from * width, to * width),
      [to - from, ...this.shape.slice(1)],
      this.dtype,
    );
  }

  /**
   * A copy in memory of its own, in another dtype if one is given.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown dtype or a detached buffer
   */
  clone(dtype: DType = this.dtype): Tensor {
    return new Tensor(this.shape, dtype, { data: arrayOf(dtype).from(attachedData('clone', this)) });
  }

  /**
   * Nested rows for a two-dimensional tensor, else a flat list.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a detached buffer
   */
  toArray(): number[] | number[][] {
    const flat = Array.from(attachedData('toArray', this));
    if (this.shape.length !== 2) return flat;
    const width = this.rowSize;
    return Array.from({ length: this.rows }, (_, i) => flat.slice(i * width, (i + 1) * width));
  }

  /**
   * Returns the lists that `JSON.stringify` writes, nested as deep as the tensor has dimensions. JSON has no NaN and no
   * infinities; they become null.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for a detached buffer
   */
  toJSON(): NestedNumbers {
    return nestedFrom(this.shape, attachedData('toJSON', this));
  }

  /**
   * Returns the text that `console.log` and `util.inspect` print: `Tensor(2×2, float32) [[1, 2], [3, 4]]`, at most 100 numbers of it.
   * @param depth - how many levels of objects may still be shown; below 0 the numbers are left out
   */
  [inspect](depth: number): string {
    const head = headOf(this);
    if (depth < 0 || this.#storage.isLaidOut === false) return head;
    return `${head} ${isAttached(this) ? numbersText(this, this.data) : 'with a detached buffer'}`;
  }

  /** Moves the tensor, with its values, into other memory; those who hold the tensor see the new place. */
  moveTo(storage: Storage): void {
    if (!isAttached(this)) throw badArgument('a tensor', `its ${this.size} numbers`, 'a detached buffer');
    storage.data.set(this.data);
    this.#storage = storage;
  }
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no tensor, or one whose memory was transferred away */
export function requireTensor(name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw badArgument(name, 'a Tensor', value);
  attachedData(name, value);
}

/** The tensor's numbers. @throws BlasnetError `ERR_BAD_ARGUMENT` where the memory was transferred away */
function attachedData(name: string, tensor: Tensor): FloatArray {
  if (!isAttached(tensor)) throw badArgument(name, 'a tensor with its memory', 'a detached buffer');
  return tensor.data;
}

function isAttached({ data, size }: Tensor): boolean {
  return data.length === size && !isDetached(data);
}

/** Tells whether an array's buffer was transferred away, after which it has no elements. Node.js 20 has no property for that. */
function isDetached({ length, buffer }: FloatArray): boolean {
  if (length > 0) return false;
  try {
    new Uint8Array(buffer); // throws a TypeError then
    return false;
  } catch {
    return true;
  }
}

/** The typed-array class of a dtype. */
export function arrayOf(dtype: DType): Float32ArrayConstructor | Float64ArrayConstructor {
  if (dtype === 'float32') return Float32Array;
  if (dtype === 'float64') return Float64Array;
  throw badArgument('dtype', "'float32' or 'float64'", dtype);
}

/** How many numbers a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for a value that is no shape, or one of 2⁵³ numbers or more */
export function checkedShape(shape: readonly number[], name = 'shape'): readonly number[] {
  if (!Array.isArray(shape)) throw badArgument(name, 'an array of whole numbers ≥ 0', shape);
  // findIndex, which looks at holes in the list, too
  if (shape.findIndex((length) => !Number.isSafeInteger(length) || length < 0) >= 0) {
    throw badArgument(name, 'an array of whole numbers ≥ 0', textOf(shape));
  }
  if (!Number.isSafeInteger(sizeOf(shape))) throw badArgument(name, 'a size below 2^53', textOf(shape));
  return shape;
}

/** The first values of a list as text; they may be of any type. */
function textOf(list: readonly unknown[]): string {
  const texts = Array.from(list.slice(0, 8), (value) => describe(value));
  return `[${texts.join(', ')}${list.length > 8 ? ', …' : ''}]`;
}
