import { BlasnetError, badArgument, describe, shapeMismatch } from '../core/errors.js';
import { copyNested, type NestedNumbers, nestedFrom, shapeOfNested } from './nested-numbers.js';
import { headOf, numbersText } from './tensor-text.js';

/** The type of a net's weights and computations. */
export type DType = 'float32' | 'float64';
/** The type of a tensor's numbers; `int32` is for indices, such as class numbers. */
export type TensorType = DType | 'int32';
export type FloatArray = Float32Array | Float64Array;

/** Typed arrays by the type of their numbers. */
interface ArrayTypes {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
}

/** The typed array that holds a tensor's numbers. */
export type TensorData<Type extends TensorType = TensorType> = ArrayTypes[Type];

/** A tensor of any type. `Tensor` alone is one of floats. */
export type AnyTensor = Tensor<TensorType>;

/** The bytes from `begin` to `end` (excluded) of a buffer, or of an arena that has no memory yet. */
export interface Extent {
  readonly memory: object;
  readonly begin: number;
  readonly end: number;
}

/** Where a tensor's numbers lie: given at once, or by an arena when it is laid out. */
export interface Storage<Type extends TensorType = DType> {
  readonly data: TensorData<Type>;
  /** False as long as the numbers have no memory, which reading `data` would give them; else true, or absent. */
  readonly isLaidOut?: boolean;
  /** The place in an arena that is not laid out; else undefined, or absent. */
  readonly place?: Extent | undefined;
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
 * Tensor.from([2, 0, 1], [3], 'int32'); // class numbers, a number each row
 * x.reshape([4, 2]); // throws ERR_SHAPE_MISMATCH
 * ```
 */
export class Tensor<Type extends TensorType = DType> {
  readonly shape: readonly number[];
  readonly dtype: Type;
  #storage: Storage<Type>;

  /** For the library's own use; users call {@link Tensor.from} or {@link Tensor.zeros}. */
  constructor(shape: readonly number[], dtype: Type, storage: Storage<Type>) {
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.#storage = storage;
  }

  /** The numbers, `size` of them; none where the buffer was detached, because it was transferred to another thread. */
  get data(): TensorData<Type> {
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
   *   where something is no number, or none that `int32` holds; NaN and ±Infinity are numbers of the other types
   */
  static from(values: Int32Array, shape?: readonly number[]): Tensor<'int32'>;
  static from(values: NestedNumbers | FloatArray, shape?: readonly number[], dtype?: DType): Tensor;
  static from<Type extends TensorType>(
    values: NestedNumbers | TensorData,
    shape: readonly number[] | undefined,
    dtype: Type,
  ): Tensor<Type>;
  static from(values: TensorData, shape?: readonly number[]): AnyTensor;
  static from(values: NestedNumbers | TensorData, shape?: readonly number[], dtype?: TensorType): AnyTensor {
    if (isTensorData(values)) {
      // Another thread may be reading the memory: it must not shrink away under its hands. And Node-API knows no
      // shared memory.
      if (!(values.buffer instanceof ArrayBuffer) || ('resizable' in values.buffer && values.buffer.resizable)) {
        throw badArgument("values' memory", 'an ArrayBuffer, neither shared nor resizable', values.buffer);
      }
      if (isDetached(values)) throw badArgument("values' memory", 'an ArrayBuffer', 'a detached buffer');
      const own = typeOf(values);
      const data = dtype === undefined || dtype === own ? values : converted(values, dtype);
      return Tensor.#checked(data, shape ?? [1, values.length], dtype ?? own);
    }
    if (!Array.isArray(values)) {
      throw badArgument('values', 'an array or a Float32Array, Float64Array or Int32Array', values);
    }
    const natural = shapeOfNested(values);
    // Whole numbers are checked once they are known to be numbers.
    const tensor = Tensor.zeros(natural, dtype === 'int32' ? 'float64' : dtype);
    copyNested(values, natural, tensor.data);
    const made = dtype === 'int32' ? tensor.clone(dtype) : tensor;
    return shape === undefined ? made : made.reshape(shape);
  }

  /** A new tensor of zeros. */
  static zeros(shape: readonly number[], dtype?: DType): Tensor;
  static zeros<Type extends TensorType>(shape: readonly number[], dtype: Type): Tensor<Type>;
  static zeros(shape: readonly number[], dtype: TensorType = 'float32'): AnyTensor {
    const array = tensorArrayOf(dtype);
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

  static #checked<Type extends TensorType>(
    data: TensorData<Type>,
    shape: readonly number[],
    dtype: Type,
  ): Tensor<Type> {
    if (sizeOf(checkedShape(shape)) !== data.length) {
      throw shapeMismatch('shape', `a product of ${data.length}`, `[${shape.join(', ')}]`);
    }
    return new Tensor(shape, dtype, { data });
  }

  /** The same numbers in another shape; shares memory. */
  reshape(shape: readonly number[]): Tensor<Type> {
    if (sizeOf(checkedShape(shape)) !== this.size) {
      throw shapeMismatch('shape', `a product of ${this.size}`, `[${shape.join(', ')}]`);
    }
    return new Tensor(shape, this.dtype, this.#storage);
  }

  /**
   * Rows `from` (included) to `to` (excluded); shares memory.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for rows that there are not, or a detached buffer
   */
  slice(from: number, to: number = this.rows): Tensor<Type> {
    if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= this.rows)) {
      throw badArgument('rows', `a range within 0 to ${this.rows}`, `${describe(from)} to ${describe(to)}`);
    }
    const width = this.rowSize;
    return Tensor.#checked<Type>(
      attachedData('slice', this).subarray(from * width, to * width) as TensorData<Type>,
      [to - from, ...this.shape.slice(1)],
      this.dtype,
    );
  }

  /**
   * A copy in memory of its own, in another dtype if one is given.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` for an unknown dtype, a detached buffer, or numbers that `int32` does not hold
   */
  clone(): Tensor<Type>;
  clone<Other extends TensorType>(dtype: Other): Tensor<Other>;
  clone(dtype: TensorType = this.dtype): AnyTensor {
    return new Tensor(this.shape, dtype, { data: converted(attachedData('clone', this), dtype) });
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

  /** The bytes that the numbers take; of the arena, before it is laid out. */
  get extent(): Extent {
    const { place } = this.#storage;
    if (place) return place;
    const { buffer, byteOffset, byteLength } = this.#storage.data;
    return { memory: buffer, begin: byteOffset, end: byteOffset + byteLength };
  }

  /** Moves the tensor, with its values, into other memory; those who hold the tensor see the new place. */
  moveTo(storage: Storage<Type>): void {
    if (!isAttached(this)) throw badArgument('a tensor', `its ${this.size} numbers`, 'a detached buffer');
    storage.data.set(this.data);
    this.#storage = storage;
  }
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no tensor, or one whose memory was transferred away */
export function requireAnyTensor(name: string, value: unknown): asserts value is AnyTensor {
  if (!(value instanceof Tensor)) throw badArgument(name, 'a Tensor', value);
  attachedData(name, value);
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` for what is no tensor of floats, or one whose memory was transferred away */
export function requireTensor(name: string, value: unknown): asserts value is Tensor {
  requireAnyTensor(name, value);
  if (!isFloats(value)) throw badArgument(name, 'a float32 or float64 tensor', `an ${value.dtype} one`);
}

/** The type of floats that numbers become when they are scaled: their own, or float32 for int32. */
export function floatTypeOf({ dtype }: AnyTensor): DType {
  return dtype === 'int32' ? 'float32' : dtype;
}

/** Tells whether a tensor holds floats. */
export function isFloats(tensor: AnyTensor): tensor is Tensor {
  return tensor.dtype !== 'int32';
}

/** The tensor's numbers. @throws BlasnetError `ERR_BAD_ARGUMENT` where the memory was transferred away */
function attachedData<Type extends TensorType>(name: string, tensor: Tensor<Type>): TensorData<Type> {
  if (!isAttached(tensor)) throw badArgument(name, 'a tensor with its memory', 'a detached buffer');
  return tensor.data;
}

function isAttached({ data, size }: AnyTensor): boolean {
  return data.length === size && !isDetached(data);
}

/** Tells whether an array's buffer was transferred away, after which it has no elements. Node.js 20 has no property for that. */
function isDetached({ length, buffer }: TensorData): boolean {
  if (length > 0) return false;
  try {
    new Uint8Array(buffer); // throws a TypeError then
    return false;
  } catch {
    return true;
  }
}

function isTensorData(values: unknown): values is TensorData {
  return values instanceof Float32Array || values instanceof Float64Array || values instanceof Int32Array;
}

/** The type of the numbers of a typed array. */
export function typeOf(data: TensorData): TensorType {
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Float32Array ? 'float32' : 'float64';
}

/** A copy of numbers in another type. */
function converted(values: TensorData, type: TensorType): TensorData {
  // Faster than `from`, which asks for one number after the other.
  if (typeOf(values) === type) return values.slice();
  if (type !== 'int32') return tensorArrayOf(type).from(values);
  const bad = values.findIndex((value) => (value | 0) !== value);
  if (bad < 0) return Int32Array.from(values);
  throw badArgument(`values[${bad}] as int32`, 'a whole number from -2147483648 to 2147483647', values[bad]);
}

/** The typed-array class of a tensor's type. */
export function tensorArrayOf(
  type: TensorType,
): Float32ArrayConstructor | Float64ArrayConstructor | Int32ArrayConstructor {
  if (type === 'int32') return Int32Array;
  if (type === 'float32' || type === 'float64') return arrayOf(type);
  throw badArgument('dtype', "'float32', 'float64' or 'int32'", type);
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
