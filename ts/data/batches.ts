// @internal
import { badArgument, shapeMismatch } from '../core/errors.js';
import { type AnyTensor, isFloats } from '../tensor/tensor.js';
import { labelOf, mapNamed, namedTensorsOf } from './by-name.js';
import type { NamedBatch, NamedTensors } from './named-tensors.js';
import type { NamedRows, Part } from './part.js';
import type { BatchSource, NamedRowBatch, RankShare } from './row-stream.js';
import { requireFinite, rowsOf, rowType } from './rows.js';

/** The names, shapes and count that the rows of a source must have, as far as they are known. */
export interface BatchLimits {
  /** Rows of an epoch; those behind them are not asked for where `isCut`, and an error where not. */
  readonly count?: number | undefined;
  readonly isCut: boolean;
  /** Rows of these names, shapes and types; by default those of the first batch. */
  readonly like?: Part | undefined;
  /** The part of the rows that this rank reads, for the source. */
  readonly share: RankShare;
}

/** A batch whose tensors have been checked. */
export interface CheckedBatch extends NamedBatch {
  readonly firstRow: number;
  readonly rows: number;
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
): AsyncGenerator<CheckedBatch> {
  const batches = source(limits.share);
  if (!isIterable(batches)) throw badArgument('what the source gives', 'an iterable of { x, y }', batches);
  let { like } = limits;
  let rows = 0;
  let index = 0;
  for await (const batch of batches) {
    const name = `batch ${index++} of ${epoch}`;
    const { inputs, targets, count } = tensorsOf(batch, name);
    like ??= { inputs: likeOf(inputs), targets: likeOf(targets) };
    requireLike('x', name, inputs, like.inputs);
    requireLike('y', name, targets, like.targets);
    requireFiniteIn('x', inputs, epoch, rows);
    requireFiniteIn('y', targets, epoch, rows);
    const left = (limits.count ?? Number.POSITIVE_INFINITY) - rows;
    if (count > left && !limits.isCut) throw shapeMismatch(epoch, `${limits.count} rows`, 'more');
    const kept = Math.min(left, count);
    const keep = (tensor: AnyTensor) => tensor.slice(0, kept);
    if (kept > 0) {
      yield { inputs: mapNamed(inputs, keep), targets: mapNamed(targets, keep), firstRow: rows, rows: kept };
    }
    rows += kept;
    if (limits.isCut && rows === limits.count) return;
  }
  if (limits.count !== undefined && rows !== limits.count)
    throw shapeMismatch(epoch, `${limits.count} rows`, `${rows}`);
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** No rows, of those names, shapes and types. */
export function likeOf(tensors: NamedTensors): NamedRows {
  return mapNamed(tensors, (tensor) => rowsOf(tensor.slice(0, 0)));
}

function tensorsOf(batch: NamedRowBatch, name: string): NamedBatch & { readonly count: number } {
  if (typeof batch !== 'object' || batch === null) throw badArgument(name, '{ x: Tensor, y: Tensor }', batch);
  const { x, y } = batch;
  if (x === undefined || y === undefined) throw badArgument(name, '{ x: Tensor, y: Tensor }', batch);
  const [inputs, targets] = [namedTensorsOf('x', x, ` in ${name}`), namedTensorsOf('y', y, ` in ${name}`)];
  const count = Object.values(inputs)[0]!.rows;
  for (const [side, tensors] of [['x', inputs] as const, ['y', targets] as const]) {
    for (const [key, tensor] of Object.entries(tensors)) {
      if (tensor.rows !== count) {
        throw shapeMismatch(`${labelOf(side, key)} in ${name}`, `${count} rows`, `${tensor.rows}`);
      }
      if (tensor.data.length !== tensor.size) {
        throw badArgument(name, 'tensors with their memory', 'a detached buffer');
      }
    }
  }
  return { inputs, targets, count };
}

function requireLike(side: string, name: string, tensors: NamedTensors, like: NamedRows): void {
  const listed = (names: object) => Object.keys(names).sort().join(', ') || 'a tensor without a name';
  if (listed(tensors) !== listed(like)) throw badArgument(`${side} in ${name}`, listed(like), listed(tensors));
  for (const [key, tensor] of Object.entries(tensors)) {
    const { rowShape } = like[key]!;
    const own = tensor.shape.slice(1);
    const where = `${labelOf(side, key)} in ${name}`;
    if (own.join() !== rowShape.join()) {
      throw shapeMismatch(where, `rows of shape [${rowShape.join(', ')}]`, `[${own.join(', ')}]`);
    }
    const isIndices = rowType(like[key]!) === 'int32';
    if (isIndices === isFloats(tensor)) {
      throw badArgument(where, isIndices ? 'int32' : 'float32 or float64', tensor.dtype);
    }
  }
}

function requireFiniteIn(side: string, tensors: NamedTensors, epoch: string, firstRow: number): void {
  for (const [key, tensor] of Object.entries(tensors)) {
    requireFinite(`${labelOf(side, key)} in ${epoch}`, rowsOf(tensor), firstRow);
  }
}
