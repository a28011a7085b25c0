// @internal
import { littleEndianBytes } from '../../core/number-formats.js';
import { arrayOf, type DType } from '../../tensor/tensor.js';

/** Encodes numbers for TensorProto.raw_data, little-endian; a view where they already have the type. */
export function rawDataOf(type: DType | 'int64', values: ArrayLike<number>): Uint8Array {
  if (type === 'int64') return littleEndianBytes(BigInt64Array.from(values as readonly number[], BigInt));
  const Wanted = arrayOf(type);
  return littleEndianBytes(values instanceof Wanted ? values : Wanted.from(values));
}
