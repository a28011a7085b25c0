import { BlasnetError } from '../core/errors.js';
import {
  arrayOf,
  type DType,
  type Extent,
  type Storage,
  sizeOf,
  Tensor,
  type TensorData,
  type TensorType,
  tensorArrayOf,
} from '../tensor/tensor.js';
import { keepInPlace } from './keep-in-place.js';
import { native } from './native.js';

const alignment = native.sizes.alignment!; // a cache line, and the widest vector

/**
 * One `ArrayBuffer` for many tensors, each at a 64-byte aligned address. Tensors are handed out first. The memory is
 * allocated when one of them is first used; from then on no more can be handed out.
 */
export class Arena {
  readonly dtype: DType;
  #next = 0; // bytes handed out since the last rewind
  #bytes = 0; // the most that were handed out before the last rewind
  #slices: Slice<TensorType>[] = []; // handed out since the last rewind
  #memory?: { buffer: ArrayBuffer; base: number };

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  /** Hands out a tensor of that shape, filled with zeros; of another type than the arena's if one is given. */
  tensor(shape: readonly number[]): Tensor;
  tensor<Type extends TensorType>(shape: readonly number[], type: Type): Tensor<Type>;
  tensor(shape: readonly number[], type: TensorType = this.dtype): Tensor<TensorType> {
    return new Tensor(shape, type, this.reserve(sizeOf(shape), type));
  }

  /** Hands out memory for `size` numbers. */
  reserve(size: number): Storage;
  reserve<Type extends TensorType>(size: number, type: Type): Storage<Type>;
  reserve(size: number, type: TensorType = this.dtype): Storage<TensorType> {
    if (this.#memory) throw new Error('the arena is laid out already');
    const bytes = Math.ceil((size * tensorArrayOf(type).BYTES_PER_ELEMENT) / alignment) * alignment;
    const slice = new Slice(this, { type, size, bytes, offset: this.#next });
    this.#slices.push(slice);
    this.#next += bytes;
    return slice;
  }

  /** Starts again at the beginning: tensors handed out from now on share memory with earlier ones. */
  rewind(): void {
    this.#bytes = this.bytes;
    this.#next = 0;
    this.#slices = [];
  }

  /** The memory that was handed out since the last rewind, in order. */
  get slices(): readonly ArenaSlice[] {
    return this.#slices;
  }

  /**
   * Moves what was handed out since the last rewind to other offsets, before the arena is laid out.
   * @param placed - returns the new offset of a slice, a multiple of the alignment
   */
  arrange(placed: (slice: ArenaSlice) => number): void {
    if (this.#memory) throw new Error('the arena is laid out already');
    this.#next = 0;
    for (const slice of this.#slices) {
      slice.offset = placed(slice);
      this.#next = Math.max(this.#next, slice.offset + slice.bytes);
    }
  }

  /** Returns the whole arena, whose tensors are all of its type, as a tensor of one row. The padding between is zero. */
  whole(): Tensor {
    const size = this.bytes / arrayOf(this.dtype).BYTES_PER_ELEMENT;
    return new Tensor([1, size], this.dtype, { data: this.view(0, size, this.dtype) });
  }

  /** The size in bytes. */
  get bytes(): number {
    return Math.max(this.#bytes, this.#next);
  }

  /** Whether it has memory, so that offsets are final. */
  get isLaidOut(): boolean {
    return this.#memory !== undefined;
  }

  /** Numbers at an offset; lays the arena out. */
  view<Type extends TensorType>(offset: number, size: number, type: Type): TensorData<Type> {
    this.#memory ??= allocate(this.bytes);
    const array = new (tensorArrayOf(type))(this.#memory.buffer, this.#memory.base + offset, size);
    return array as TensorData<Type>;
  }
}

/** Allocates a buffer. V8 aligns it to 16 bytes only, so tensors begin at `base`, the first 64-byte boundary. */
function allocate(bytes: number): { buffer: ArrayBuffer; base: number } {
  const buffer = bufferOf(bytes + alignment);
  keepInPlace(buffer); // a C++ thread may be using it
  return { buffer, base: (alignment - native.misalignment(buffer)) % alignment };
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` if there is not enough memory */
function bufferOf(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `Expected layers and batches that fit into memory but received ones that need ${bytes} bytes`;
    throw new BlasnetError('ERR_BAD_ARGUMENT', message, { cause });
  }
}

/** Memory that an arena has handed out: its place, and how many bytes it takes there. */
export interface ArenaSlice {
  offset: number;
  readonly bytes: number;
}

class Slice<Type extends TensorType> implements Storage<Type>, ArenaSlice {
  offset: number;
  readonly bytes: number;
  readonly #arena: Arena;
  readonly #type: Type;
  readonly #size: number;
  #data?: TensorData<Type>;

  constructor(arena: Arena, part: { readonly type: Type; readonly size: number } & ArenaSlice) {
    this.#arena = arena;
    this.#type = part.type;
    this.#size = part.size;
    this.bytes = part.bytes;
    this.offset = part.offset;
  }

  get isLaidOut(): boolean {
    return this.#arena.isLaidOut;
  }

  get place(): Extent | undefined {
    if (this.isLaidOut) return undefined;
    const end = this.offset + this.#size * tensorArrayOf(this.#type).BYTES_PER_ELEMENT;
    return { memory: this.#arena, begin: this.offset, end };
  }

  get data(): TensorData<Type> {
    this.#data ??= this.#arena.view(this.offset, this.#size, this.#type);
    return this.#data;
  }
}
