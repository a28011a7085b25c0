import { setImmediate as nextTurn } from 'node:timers/promises';
import { shapeMismatch } from '../../core/errors.js';
import { type AnyTensor, type DType, type FloatArray, sizeOf, Tensor, type TensorData } from '../../tensor/tensor.js';
import { scalePixels } from '../pixels.js';
import type { FeatureScaling, InputPreparation, LabelScaling } from './preparation.js';

/** About so many numbers are scaled in the time that an event loop may be kept waiting. */
const chunkNumbers = 1 << 20;

/**
 * Raw rows as a net gets them, in its dtype, or in int32; between chunks, others have their turn.
 * @throws BlasnetError `ERR_SHAPE_MISMATCH` for rows of another size, `ERR_BAD_ARGUMENT` for numbers that int32 does not hold
 */
export async function prepareRows(preparation: InputPreparation, raw: AnyTensor, dtype: DType): Promise<AnyTensor> {
  if (preparation.dtype) return indicesOf(preparation, raw);
  const prepared = preparedFor(preparation, raw, dtype);
  const rows = Math.max(1, Math.floor(chunkNumbers / Math.max(1, raw.rowSize)));
  for (let row = 0; row < raw.rows; row += rows) {
    if (row > 0) await nextTurn();
    prepareRange(preparation, raw, prepared, row, Math.min(raw.rows, row + rows));
  }
  return prepared;
}

/** The same at once. */
export function prepareRowsSync(preparation: InputPreparation, raw: AnyTensor, dtype: DType): AnyTensor {
  if (preparation.dtype) return indicesOf(preparation, raw);
  const prepared = preparedFor(preparation, raw, dtype);
  prepareRange(preparation, raw, prepared, 0, raw.rows);
  return prepared;
}

function indicesOf({ inputShape }: InputPreparation, raw: AnyTensor): AnyTensor {
  requireSize(inputShape, raw);
  return raw.clone('int32').reshape([raw.rows, ...inputShape]);
}

/** A tensor for raw rows when they are prepared. */
function preparedFor({ inputShape }: InputPreparation, raw: AnyTensor, dtype: DType): Tensor {
  requireSize(inputShape, raw);
  return Tensor.zeros([raw.rows, ...inputShape], dtype);
}

function requireSize(inputShape: readonly number[], raw: AnyTensor): void {
  const size = sizeOf(inputShape);
  if (raw.rowSize !== size) throw shapeMismatch('raw rows', `${size} numbers`, `${raw.rowSize}`);
}

function prepareRange({ x }: InputPreparation, raw: AnyTensor, prepared: Tensor, first: number, end: number): void {
  const size = raw.rowSize;
  const range = [first * size, end * size] as const;
  const [source, target] = [raw.data.subarray(...range), prepared.data.subarray(...range)];
  if (x) scale(source, size, x, target);
  else target.set(source);
}

/** Scales rows, in double; those of images as batches do, which round at each operation. */
function scale(source: TensorData, size: number, { per, divisor, offset, scale }: FeatureScaling, target: FloatArray) {
  if (per === 'channel') {
    scalePixels(source, size, divisor, { mean: Float64Array.from(offset), factor: Float64Array.from(scale) }, target);
    return;
  }
  for (let i = 0, column = 0; i < source.length; i++, column = column + 1 === size ? 0 : column + 1) {
    target[i] = (source[i]! / divisor - offset[column]!) * scale[column]!;
  }
}

/** A net's outputs for fitting as labels as they were in the file; a new tensor. */
export function restoreLabels({ offset, scale }: LabelScaling, outputs: Tensor): Tensor {
  const labels = outputs.clone();
  const width = offset.length;
  if (labels.rowSize !== width) throw shapeMismatch('outputs', `${width} columns`, `${labels.rowSize}`);
  for (let i = 0; i < labels.size; i++) labels.data[i] = outputs.data[i]! * scale[i % width]! + offset[i % width]!;
  return labels;
}
