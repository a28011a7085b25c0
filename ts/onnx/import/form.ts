// @internal
import type { Value } from '../../ops/value.js';
import { sizeOf } from '../../tensor/tensor.js';
import type { OnnxNode } from './node.js';
import type { Length, RowOps } from './recorder.js';

/**
 * The meaning of the first dimension of a model's values: the rows of the net, one of the dimensions of a row ('whole': each row of
 * the net is all that the model takes), or one of a constant.
 */
export type Batching = 'rows' | 'whole' | 'constant';

/** The operations that a node becomes, and the dimensions of its values as the model counts them. */
export class Form {
  readonly ops: RowOps;
  readonly batching: Batching;
  readonly #node: OnnxNode;
  readonly #constants: ReadonlySet<Value>;
  /** A value that has rows; undefined among constants. */
  readonly #rows: Value | undefined;

  constructor(
    node: OnnxNode,
    ops: RowOps,
    batching: Batching,
    values: { readonly constants: ReadonlySet<Value>; readonly rows: Value | undefined },
  ) {
    this.#node = node;
    this.ops = ops;
    this.batching = batching;
    this.#constants = values.constants;
    this.#rows = values.rows;
  }

  isConstant(x: Value): boolean {
    return this.#constants.has(x);
  }

  /** The lengths of a value's dimensions as the model has them. */
  dims(x: Value): Length[] {
    if (this.isConstant(x) || this.batching === 'constant') return [...x.shape];
    return this.batching === 'whole' ? x.shape.slice(1) : ['rows', ...x.shape.slice(1)];
  }

  rank(x: Value): number {
    return this.dims(x).length;
  }

  /** Those lengths where none of them may be the rows. */
  length(x: Value, axis: number): number {
    const length = this.dims(x)[axis];
    if (typeof length !== 'number') throw this.#node.bad('a dimension that does not count the rows', `axis ${axis}`);
    return length;
  }

  reshape(x: Value, dims: readonly Length[]): Value {
    if (this.dims(x).join() === dims.join()) return x;
    const lead: Length[] = this.batching === 'whole' && !this.isConstant(x) ? ['rows'] : [];
    return this.ops.reshape(x, [...lead, ...dims]);
  }

  /** A result of operations on `like`, as the model has its dimensions. */
  reshapeResult(like: Value, y: Value, dims: readonly Length[]): Value {
    return this.ops.reshape(y, [...(this.lead(like) === 1 ? (['rows'] as const) : []), ...dims]);
  }

  /**
   * The dimension of the operations for one of the model's, which may be negative.
   * @throws BlasnetError `ERR_BAD_FILE` for one that there is not, and for that of the rows
   */
  axis(x: Value, axis: number): number {
    const place = this.place(x, axis);
    this.length(x, place);
    return place + this.lead(x);
  }

  /** How many dimensions a value has in front of those of the model. */
  lead(x: Value): number {
    return this.batching === 'whole' && !this.isConstant(x) ? 1 : 0;
  }

  /** A dimension of the model from 0. */
  place(x: Value, axis: number, rank: number = this.rank(x)): number {
    const place = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(place) || place < 0 || place >= rank) {
      throw this.#node.bad(`an axis of ${rank} dimensions`, `${axis}`);
    }
    return place;
  }

  /** The value with its dimensions in another order, as the model counts them. */
  transpose(x: Value, order: readonly number[]): Value {
    if (order.every((place, i) => place === i)) return x;
    const lead = this.lead(x);
    if (this.dims(x)[0] === 'rows' && order[0] !== 0) {
      throw this.#node.bad('the rows as first dimension', `an order of [${order.join(', ')}]`);
    }
    return this.ops.transpose(x, lead === 1 ? [0, ...order.map((place) => place + 1)] : order);
  }

  /** The value with one dimension as the last one, and a function that puts it back. */
  last(x: Value, place: number): readonly [moved: Value, back: (y: Value) => Value] {
    const rank = this.rank(x);
    const order = Array.from({ length: rank }, (_, i) => i);
    [order[place], order[rank - 1]] = [rank - 1, place];
    return [this.transpose(x, order), (y) => this.transpose(y, order)];
  }

  /** Part of one dimension. */
  slice(x: Value, place: number, from: number, to: number, step = 1): Value {
    if (from === 0 && step === 1 && to === this.dims(x)[place]) return x;
    const ranges = Array.from({ length: place + this.lead(x) }, () => null);
    return this.ops.slice(x, ...ranges, { from, to, step });
  }

  /** Picks of one dimension. */
  gather(x: Value, place: number, indices: readonly number[]): Value {
    return this.ops.gather(x, indices, place + this.lead(x));
  }

  /** Applies an operation that takes two to four dimensions, number by number. */
  flat(x: Value, apply: (x: Value) => Value): Value {
    const { ops } = this;
    if (this.isConstant(x) || this.batching === 'constant') {
      return ops.reshape(apply(ops.reshape(x, [1, sizeOf(x.shape)])), x.shape);
    }
    if (x.rank >= 2 && x.rank <= 4) return apply(x);
    const y = apply(ops.reshape(x, ['rows', sizeOf(x.shape.slice(1))]));
    return ops.reshape(y, ['rows', ...x.shape.slice(1)]);
  }

  /** A constant that is the same for each row, as a value with rows. */
  spread(x: Value): Value {
    if (!this.isConstant(x) || !this.#rows) return x;
    const { ops } = this;
    const inRows = this.batching === 'rows' && x.shape[0] === 1 ? this.#withoutFirst(x) : x;
    const first = this.#rows.shape.slice(1).map(() => ({ from: 0, to: 1 }));
    const one = ops.slice(this.#rows, null, ...first);
    const rows = ops.reshape(one, ['rows', ...inRows.shape.map(() => 1)]);
    return ops.where(1, inRows, rows);
  }

  #withoutFirst(x: Value): Value {
    return this.ops.reshape(x, x.shape.slice(1));
  }

  /**
   * Operands that broadcast as the model has it, once the rows stand in front of all of them.
   * @throws BlasnetError `ERR_BAD_FILE` where the rows of one would meet another dimension of the other
   */
  aligned(values: readonly Value[]): Value[] {
    if (this.batching === 'constant') return [...values];
    const rank = Math.max(...values.map((value) => this.rank(value)));
    return values.map((value) => {
      const dims = this.dims(value);
      if (this.isConstant(value)) {
        const meetsRows = this.batching === 'rows' && dims.length === rank && rank > 0 && dims[0] !== 1;
        if (!meetsRows) return value;
      } else {
        if (dims.length === rank) return value;
        const ones = Array.from({ length: rank - dims.length }, () => 1);
        if (this.batching === 'whole') return this.reshape(value, [...ones, ...dims]);
      }
      const shapes = values.map((one) => `[${this.dims(one).join(', ')}]`);
      throw this.#node.bad('operands whose first dimension counts the rows', shapes.join(' and '));
    });
  }
}
