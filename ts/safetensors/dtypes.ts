import { hostOrder } from '../core/number-formats.js';
import { type ElementType, elementTypeOf } from '../npz/npy-elements.js';

/** The dtypes of the format: bytes of a number, and how to read them if blasnet does. Little-endian. */
export const dtypes = {
  BOOL: { bytes: 1, type: elementTypeOf('|b1', '') },
  U8: { bytes: 1, type: elementTypeOf('|u1', '') },
  I8: { bytes: 1, type: elementTypeOf('|i1', '') },
  F8_E5M2: { bytes: 1, type: undefined },
  F8_E4M3: { bytes: 1, type: undefined },
  I16: { bytes: 2, type: elementTypeOf('<i2', '') },
  U16: { bytes: 2, type: elementTypeOf('<u2', '') },
  F16: { bytes: 2, type: elementTypeOf('<f2', '') },
  BF16: { bytes: 2, type: { bytes: 2, swapped: hostOrder !== '<', view: fromBfloat16 } },
  I32: { bytes: 4, type: elementTypeOf('<i4', '') },
  U32: { bytes: 4, type: elementTypeOf('<u4', '') },
  F32: { bytes: 4, type: elementTypeOf('<f4', '') },
  I64: { bytes: 8, type: elementTypeOf('<i8', '') },
  U64: { bytes: 8, type: elementTypeOf('<u8', '') },
  F64: { bytes: 8, type: elementTypeOf('<f8', '') },
} as const satisfies Record<string, { readonly bytes: number; readonly type: ElementType | undefined }>;

export type DTypeName = keyof typeof dtypes;

/** Makes float32 numbers of their upper halves. */
function fromBfloat16(buffer: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}
