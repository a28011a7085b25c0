import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { OnnxNode } from '../node.js';
import type { Operators } from '../node-table.js';

/** Limit on the numbers of a matrix that tells which ones stay. */
const mostNumbers = 2 ** 24;

/** Trilu: zeros above a diagonal of matrices, or below it. */
function triangle(state: GraphImport, node: OnnxNode): void {
  const isUpper = node.int('upper', 1) !== 0;
  const diagonal = state.scalar(node, 1) ?? 0;
  const x = state.input(node, 0);
  const dims = state.dims(x);
  const [rows, columns] = dims.slice(-2);
  if (dims.length < 2 || typeof rows !== 'number' || typeof columns !== 'number') {
    throw node.bad('matrices behind the rows', `[${dims.join(', ')}]`);
  }
  if (rows * columns > mostNumbers)
    throw node.bad(`matrices of at most ${mostNumbers} numbers`, `${rows} × ${columns}`);
  state.budget.take(8 * rows * columns);
  const values = new Float64Array(rows * columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) values[at] = Number(isUpper ? j - i >= diagonal : j - i <= diagonal);
  }
  const shape = [rows, columns];
  const isTruth = x.kind !== 'constant' && x.isTruth === true;
  const kept: ConstantValue = { kind: 'constant', shape, values, isFloat: true };
  const operand = x.kind === 'integers' ? ({ kind: 'integers', shape, values: Array.from(values) } as const) : kept;
  // Numbers that go may be infinite, so that a product would not make zeros of them.
  state.operation(node, [x, operand], ({ ops }, [value, mask]) => ops.where(mask!, value!, 0), { isTruth });
}

export const triangleNodes: Operators = { Trilu: triangle };
