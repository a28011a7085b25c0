// @internal
import { sizeOf } from '../../tensor/tensor.js';
import type { Budget } from './budget.js';
import type { ConstantValue } from './constant.js';
import type { OnnxNode } from './node.js';

/** The constant's number for the i-th number of a row. */
export type PerElement = (i: number) => number;

/**
 * Broadcasts a constant over rows, by NumPy's rules.
 * @throws BlasnetError `ERR_BAD_FILE` for a constant that differs from row to row, or does not fit
 */
export function stretched(node: OnnxNode, constant: ConstantValue, rowShape: readonly number[]): PerElement {
  const { shape, values } = constant;
  const dims = alignedTo(rowShape, shape);
  const fits = dims?.every((size, axis) => size === 1 || size === rowShape[axis]);
  if (!dims || !fits || sizeOf(shape) === 0) {
    throw node.bad(`a constant for rows of shape [${rowShape.join(', ')}]`, `shape [${shape.join(', ')}]`);
  }
  if (values.length === 1) return () => values[0]!;
  if (values.length === sizeOf(rowShape)) return (i) => values[i]!;
  return (i) => {
    let [at, rest, stride] = [0, i, 1];
    for (let axis = rowShape.length - 1; axis >= 0; axis--) {
      const place = rest % rowShape[axis]!;
      rest = (rest - place) / rowShape[axis]!;
      if (dims[axis] === 1) continue;
      at += place * stride;
      stride *= dims[axis]!;
    }
    return values[at]!;
  };
}

/** Whether a constant has one number for each column of vectors, or for each channel of images. */
export function isPerChannel({ shape }: ConstantValue, rowShape: readonly number[]): boolean {
  return alignedTo(rowShape, shape)?.every((size, axis) => size === 1 || axis === 0) ?? false;
}

/** A constant's dimensions, filled up with 1 to those of a row; undefined where it has more, or differs from row to row. */
function alignedTo(rowShape: readonly number[], shape: readonly number[]): readonly number[] | undefined {
  const missing = rowShape.length - shape.length;
  if (missing < 0) return missing === -1 && shape[0] === 1 ? shape.slice(1) : undefined;
  return [...Array.from({ length: missing }, () => 1), ...shape];
}

/** Sub, Mul, Div and Add with constants, one after another, as x / divisor · factor + term for each number of a row. */
export class Affine {
  /** Shape of one row at the first of the nodes. */
  readonly rowShape: readonly number[];
  readonly factor: Float64Array;
  readonly term: Float64Array;
  /** The first of the nodes. */
  readonly first: OnnxNode;
  divisor = 1;
  #isUntouched = true;

  constructor(first: OnnxNode, rowShape: readonly number[], budget: Budget) {
    const size = sizeOf(rowShape);
    budget.take(16 * size);
    this.first = first;
    this.rowShape = rowShape;
    this.factor = new Float64Array(size).fill(1);
    this.term = new Float64Array(size);
  }

  /**
   * Appends the operation of a node: Add, Sub, Mul or Div.
   * @param rowShape - shape of one row there, which may differ from the first one by a Reshape
   * @param isFirst - whether the constant is the first operand
   * @throws BlasnetError `ERR_BAD_FILE` for a division by the rows
   */
  add(node: OnnxNode, constant: ConstantValue, rowShape: readonly number[], isFirst: boolean): void {
    this.apply(node.operator, node, constant, rowShape, isFirst);
  }

  /** Like `add`, for a node that stands for several operations. */
  apply(
    operation: string,
    node: OnnxNode,
    constant: ConstantValue,
    rowShape: readonly number[],
    isFirst = false,
  ): void {
    const value = stretched(node, constant, rowShape);
    if (operation === 'Div' && isFirst) throw node.bad('a division by a constant', 'a division of a constant');
    if (operation === 'Div' && this.#isUntouched && constant.values.length === 1) this.divisor = value(0);
    else if (operation === 'Add') this.#map(1, (i) => value(i));
    else if (operation === 'Sub') this.#map(isFirst ? -1 : 1, (i) => (isFirst ? value(i) : -value(i)));
    else this.#multiply(operation === 'Mul' ? value : (i) => 1 / value(i));
    this.#isUntouched = false;
  }

  #map(sign: 1 | -1, more: PerElement): void {
    for (let i = 0; i < this.term.length; i++) {
      this.factor[i]! *= sign;
      this.term[i] = sign * this.term[i]! + more(i);
    }
  }

  #multiply(by: PerElement): void {
    for (let i = 0; i < this.term.length; i++) {
      this.factor[i]! *= by(i);
      this.term[i]! *= by(i);
    }
  }
}
