import { BlasnetError } from './errors.js';
import { keepInPlace } from './keep-in-place.js';
import { native } from './native.js';
import { arrayOf, type DType, type FloatArray, type Storage, sizeOf, Tensor } from './tensor.js';

const alignment = 64; // a cache line, and the widest vector

/**
 * One `ArrayBuffer` for many tensors, each at a 64-byte aligned address. Tensors are handed out first. The memory is
 * allocated when one of them is first used; from then on no more can be handed out.
 */
export class Arena {
  readonly dtype: DType;
  #next = 0; // bytes handed out since the last rewind
  #bytes = 0; // the most that were ever handed out
  #memory?: { buffer: ArrayBuffer; base: number };

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  /** Hands out a tensor of that shape, filled with zeros. */
  tensor(shape: readonly number[]): Tensor {
    return new Tensor(shape, this.dtype, this.reserve(sizeOf(shape)));
  }

  /** Hands out memory for `size` numbers. */
  reserve(size: number): Storage {
    if (this.#memory) throw new Error('the arena is laid out already');
    const offset = this.#next;
    this.#next += Math.ceil((size * arrayOf(this.dtype).BYTES_PER_ELEMENT) / alignment) * alignment;
    this.#bytes = Math.max(this.#bytes, this.#next);
    return new Slice(
      () => this.#view(offset, size),
      () => this.#memory !== undefined,
    );
  }

  /** Starts again at the beginning: tensors handed out from now on share memory with earlier ones. */
  rewind(): void {
    this.#next = 0;
  }

  /** Returns the whole arena as a tensor of one row. The padding between tensors is zero. */
  whole(): Tensor {
    return Tensor.from(this.#view(0, this.#bytes / arrayOf(this.dtype).BYTES_PER_ELEMENT));
  }

  /** The size in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  #view(offset: number, size: number): FloatArray {
    this.#memory ??= allocate(this.#bytes);
    return new (arrayOf(this.dtype))(this.#memory.buffer, this.#memory.base + offset, size);
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

class Slice implements Storage {
  readonly #view: () => FloatArray;
  readonly #isLaidOut: () => boolean;
  #data?: FloatArray;

  constructor(view: () => FloatArray, isLaidOut: () => boolean) {
    this.#view = view;
    this.#isLaidOut = isLaidOut;
  }

  get isLaidOut(): boolean {
    return this.#isLaidOut();
  }

  get data(): FloatArray {
    this.#data ??= this.#view();
    return this.#data;
  }
}
