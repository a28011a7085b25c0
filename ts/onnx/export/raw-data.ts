// @internal
import { hostOrder } from '../../data/npy-elements.js';
import { arrayOf, type DType } from '../../tensor.js';

/** Numbers as TensorProto.raw_data has them: little-endian. Views those that are of the type already. */
export function bytesOf(type: DType | 'int64', values: ArrayLike<number>): Uint8Array {
  const array = type === 'int64' ? BigInt64Array.from(values as readonly number[], BigInt) : floatsOf(type, values);
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  if (hostOrder === '<') return bytes;
  const copy = Buffer.from(bytes);
  return array.BYTES_PER_ELEMENT === 4 ? copy.swap32() : copy.swap64();
}

function floatsOf(dtype: DType, values: ArrayLike<number>): Float32Array | Float64Array {
  const Wanted = arrayOf(dtype);
  return values instanceof Wanted ? values : Wanted.from(values);
}
