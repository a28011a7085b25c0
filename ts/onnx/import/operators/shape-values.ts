// @internal
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import type { Dimension, ShapeValue, Value } from '../values.js';

/** Most dimensions that a shape may have: those of a tensor, and one more. */
export const mostDimensions = 9;

/** The input as a shape: the output of Shape, or constant integers. @throws BlasnetError `ERR_BAD_FILE` */
export function shapeInput(chain: Chain, node: OnnxNode, i: number): ShapeValue {
  const value = chain.input(node, i);
  if (value.kind === 'data') {
    chain.data(node, i); // reports a branch as such
    throw node.bad(`a shape as input ${i + 1}`, 'rows');
  }
  return asShape(node, value, `a shape as input ${i + 1}`);
}

/** Whether a value is a shape, or constant integers, which may be one. */
export function isIntegral(value: Value): boolean {
  return value.kind === 'shape' || (value.kind === 'constant' && !value.isFloat);
}

function asShape(node: OnnxNode, value: Value, expected: string): ShapeValue {
  if (value.kind === 'shape') return value;
  if (value.kind === 'data' || value.isFloat || value.values.length > mostDimensions) {
    throw node.bad(expected, 'another constant');
  }
  return { kind: 'shape', dims: Array.from(value.values), isScalar: value.shape.length === 0 };
}

/**
 * Add, Sub, Mul and Div of dimensions, such as `x.size(1) * x.size(2)`.
 * @throws BlasnetError `ERR_BAD_FILE` for arithmetic with the number of rows, which is not known
 */
export function shapeArithmetic(node: OnnxNode, first: Value, second: Value): ShapeValue {
  const [a, b] = [first, second].map((value) => asShape(node, value, 'dimensions')) as [ShapeValue, ShapeValue];
  const size = Math.max(a.dims.length, b.dims.length);
  if ([a, b].some(({ dims }) => dims.length !== size && dims.length !== 1)) {
    throw node.bad('shapes of as many dimensions', `${a.dims.length} and ${b.dims.length}`);
  }
  const at = ({ dims }: ShapeValue, i: number) => dims[dims.length === 1 ? 0 : i]!;
  const dims = Array.from({ length: size }, (_, i) => computed(node, at(a, i), at(b, i)));
  return { kind: 'shape', dims, isScalar: a.isScalar && b.isScalar };
}

function computed(node: OnnxNode, a: Dimension, b: Dimension): Dimension {
  const { operator } = node;
  const neutral = operator === 'Mul' || operator === 'Div' ? 1 : 0;
  if (a === 'rows' && b === neutral) return a;
  if (b === 'rows' && a === neutral && (operator === 'Mul' || operator === 'Add')) return b;
  if (a === 'rows' || b === 'rows') {
    throw node.bad(
      'a shape that keeps the rows apart',
      `arithmetic with the number of rows, ${operator} of ${a} and ${b}`,
    );
  }
  const value =
    operator === 'Add'
      ? a + b
      : operator === 'Sub'
        ? a - b
        : operator === 'Mul'
          ? a * b
          : b === 0
            ? Number.NaN
            : Math.trunc(a / b);
  if (!Number.isSafeInteger(value)) throw node.bad('dimensions that fit each other', `${operator} of ${a} and ${b}`);
  return value;
}
