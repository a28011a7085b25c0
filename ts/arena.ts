import { BlasnetError } from './errors.js';
import { keepInPlace } from './keep-in-place.js';
import { native } from './native.js';
import { arrayOf, type DType, type FloatArray, type Storage, sizeOf, Tensor } from './tensor.js';

const alignment = 64; // a cache line, and the widest vector

/**
 * One `ArrayBuffer` for many tensors, each at a 64-byte aligned address. Tensors are handed out first; the memory is
 * allocated when one of them is first looked at, and no more can be handed out then.
 */
export class Arena {
  readonly dtype: DType;
  #next = 0; // bytes handed out since the last rewind
  #bytes = 0; // the most that were ever handed out
  #memory?: { buffer: ArrayBuffer; base: number };

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  /** A tensor of that shape; zeros until written. */
  tensor(shape: readonly number[]): Tensor {
    return new Tensor(shape, this.dtype, this.reserve(sizeOf(shape)));
  }

  /** Memory for `size` numbers. */
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

  /** Starts again at the beginning: what is handed out from now on shares memory with what was before. */
  rewind(): void {
    this.#next = 0;
  }

  /** All of the arena as one tensor of one row, with the padding between tensors, which is zero. */
  whole(): Tensor {
    return Tensor.from(this.#view(0, this.#bytes / arrayOf(this.dtype).BYTES_PER_ELEMENT));
  }

  /** Size in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  #view(offset: number, size: number): FloatArray {
    this.#memory ??= allocate(this.#bytes);
    return new (arrayOf(this.dtype))(this.#memory.buffer, this.#memory.base + offset, size);
  }
}

/** V8 aligns buffers to 16 bytes only, so the first tensor is moved up to the next boundary. */
function allocate(bytes: number): { buffer: ArrayBuffer; base: number } {
  const buffer = bufferOf(bytes + alignment);
  keepInPlace(buffer); // a thread of C++ may be at work on it
  return { buffer, base: (alignment - native.misalignment(buffer)) % alignment };
}

/** @throws BlasnetError `ERR_BAD_ARGUMENT` where there is not so much memory */
function bufferOf(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `Expected layers and batches that fit into memory but received some that take ${bytes} bytes`;
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
