// @internal
import { sizeOf } from '../../tensor.js';
import type { Budget } from './budget.js';
import type { ConstantValue } from './constant.js';
import type { OnnxNode } from './node.js';

/** A number for each column of rows that are vectors, or for each channel of rows that are images. */
export type PerColumn = (column: number) => number;

/** How many columns or channels rows of that shape have. */
export const columnsOf = (rowShape: readonly number[]) => rowShape[0]!;

/**
 * A constant that is combined with rows, number by number.
 * @param rowShape - [columns], or [channels, height, width]
 * @throws BlasnetError `ERR_BAD_FILE` for one that differs from row to row, or within a channel
 */
export function perColumn(node: OnnxNode, { shape, values }: ConstantValue, rowShape: readonly number[]): PerColumn {
  const rank = rowShape.length + 1;
  if (sizeOf(shape) === 1 && shape.length <= rank) return () => values[0]!;
  const padded = [...Array.from({ length: Math.max(rank - shape.length, 0) }, () => 1), ...shape];
  const isPerColumn = padded.length === rank && padded.every((size, i) => size === (i === 1 ? rowShape[0] : 1));
  if (!isPerColumn) {
    throw node.bad(
      `a constant for each column or channel of rows of [${rowShape.join(', ')}]`,
      `[${shape.join(', ')}]`,
    );
  }
  return (column) => values[column]!;
}

/** What Sub, Mul, Div and Add with constants come to: x / divisor · factor + term, for each column or channel. */
export class Affine {
  readonly rowShape: readonly number[];
  readonly factor: Float64Array;
  readonly term: Float64Array;
  /** The first of the nodes. */
  readonly first: OnnxNode;
  divisor = 1;
  #isUntouched = true;

  constructor(first: OnnxNode, rowShape: readonly number[], budget: Budget) {
    const columns = columnsOf(rowShape);
    budget.take(16 * columns);
    this.first = first;
    this.rowShape = rowShape;
    this.factor = new Float64Array(columns).fill(1);
    this.term = new Float64Array(columns);
  }

  /**
   * Goes through one more node.
   * @param isFirst - whether the constant is the first operand
   * @throws BlasnetError `ERR_BAD_FILE` for a division by the rows
   */
  add(node: OnnxNode, constant: ConstantValue, isFirst: boolean): void {
    const { factor, term } = this;
    const value = perColumn(node, constant, this.rowShape);
    if (node.operator === 'Div' && isFirst) throw node.bad('a division by a constant', 'one of a constant');
    if (node.operator === 'Div' && this.#isUntouched && sizeOf(constant.shape) === 1) {
      this.divisor = value(0);
    } else {
      for (let i = 0; i < factor.length; i++) {
        if (node.operator === 'Add') term[i]! += value(i);
        else if (node.operator === 'Sub') {
          factor[i]! *= isFirst ? -1 : 1;
          term[i] = isFirst ? value(i) - term[i]! : term[i]! - value(i);
        } else {
          const by = node.operator === 'Mul' ? value(i) : 1 / value(i);
          factor[i]! *= by;
          term[i]! *= by;
        }
      }
    }
    this.#isUntouched = false;
  }
}
