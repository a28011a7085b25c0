// @internal
import { badArgument, shapeMismatch } from '../errors.js';
import type { RowShape } from '../layers/layer.js';
import { type AnyTensor, Tensor } from '../tensor.js';
import type { BatchSource, RowBatch } from './row-stream.js';
import { requireFinite, rowsOf } from './rows.js';

/** The shape and count that the rows of a source must have, as far as they are known. */
export interface BatchLimits {
  /** Rows of an epoch; those behind them are not asked for where `isCut`, and an error where not. */
  readonly count?: number | undefined;
  readonly isCut: boolean;
  readonly xShape?: RowShape;
  readonly yShape?: RowShape;
}

/**
 * The batches of one epoch, checked. Ends the source's iterator however it is left.
 * @param epoch - what messages call it
 * @throws BlasnetError for anything but tensors of finite numbers in rows of one shape; what the source throws passes
 */
export async function* checkedBatches(
  source: BatchSource,
  epoch: string,
  limits: BatchLimits,
): AsyncGenerator<RowBatch & { readonly firstRow: number }> {
  const batches = source();
  if (!isIterable(batches)) throw badArgument('what the source gives', 'an iterable of { x, y }', batches);
  let [xShape, yShape] = [limits.xShape, limits.yShape];
  let rows = 0;
  let index = 0;
  for await (const batch of batches) {
    const name = `batch ${index++} of ${epoch}`;
    requireTensors(batch, name);
    xShape ??= batch.x.shape.slice(1);
    yShape ??= batch.y.shape.slice(1);
    requireShape(`x in ${name}`, xShape, batch.x);
    requireShape(`y in ${name}`, yShape, batch.y);
    requireFinite(`x in ${epoch}`, rowsOf(batch.x), rows);
    requireFinite(`y in ${epoch}`, rowsOf(batch.y), rows);
    const left = (limits.count ?? Number.POSITIVE_INFINITY) - rows;
    if (batch.x.rows > left && !limits.isCut) throw shapeMismatch(epoch, `${limits.count} rows`, 'more');
    const kept = Math.min(left, batch.x.rows);
    if (kept > 0) yield { x: batch.x.slice(0, kept), y: batch.y.slice(0, kept), firstRow: rows };
    rows += kept;
    if (limits.isCut && rows === limits.count) return;
  }
  if (limits.count !== undefined && rows !== limits.count)
    throw shapeMismatch(epoch, `${limits.count} rows`, `${rows}`);
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

function requireTensors(batch: RowBatch, name: string): void {
  const isBatch = typeof batch === 'object' && batch !== null && batch.x instanceof Tensor && batch.y instanceof Tensor;
  if (!isBatch) throw badArgument(name, '{ x: Tensor, y: Tensor }', batch);
  const { x, y } = batch;
  if (x.rows !== y.rows) throw shapeMismatch(`y in ${name}`, `${x.rows} rows`, `${y.rows}`);
  if (x.data.length !== x.size || y.data.length !== y.size) {
    throw badArgument(name, 'tensors with their memory', 'a detached buffer');
  }
}

function requireShape(name: string, shape: RowShape, tensor: AnyTensor): void {
  const own = tensor.shape.slice(1);
  if (own.join() !== shape.join()) {
    throw shapeMismatch(name, `rows of shape [${shape.join(', ')}]`, `[${own.join(', ')}]`);
  }
}
