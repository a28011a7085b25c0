// @internal
import type { ConstantValue } from './constant.js';
import { type Extent, holdsRows } from './extents.js';
import type { GraphImport } from './graph-import.js';
import type { GraphValue, IntegersValue, RowsValue } from './graph-values.js';
import { factorsOf, isSameLayout, type Layout, laidOut, layoutOf, withoutLayout } from './layout.js';
import type { OnnxNode } from './node.js';

/** Operands in the net's order of dimensions, which broadcast as in the model, and the place of the rows in the result. */
export interface Aligned {
  readonly operands: readonly GraphValue[];
  /** The result's dimension that holds the rows, with its factors. */
  readonly layout: Layout;
}

/** Whether the rows are not the first dimension in the model, or the value is a constant that is repeated for each row. */
const isMoved = (value: GraphValue) => (value.kind === 'rows' ? value.layout : value.rowsAt) !== undefined;

/**
 * Brings operands into the net's order of dimensions. Returns undefined where the model has the same order.
 * @param last - how many dimensions at the end every operand keeps: those of matrices
 * @throws BlasnetError `ERR_BAD_FILE` where the rows of one operand broadcast with another dimension of the other
 */
export function aligned(
  state: GraphImport,
  node: OnnxNode,
  values: readonly GraphValue[],
  last = 0,
): Aligned | undefined {
  if (state.batching !== 'rows' || !values.some(isMoved)) return undefined;
  const extents = values.map((value) => state.extents(value));
  const rank = Math.max(...extents.map(({ length }) => length));
  const bad = () => {
    const shapes = extents.map((one) => `[${one.join(', ')}]`);
    return node.bad('operands whose rows stand in the same dimension', shapes.join(' and '));
  };
  const layouts = values.flatMap((value, i): Layout[] => {
    if (value.kind !== 'rows') return [];
    const own = layoutOf(value);
    return [{ ...own, at: own.at + rank - extents[i]!.length }];
  });
  const repeated = values.flatMap((value, i): Layout[] => {
    if (value.kind === 'rows' || value.rowsAt === undefined) return [];
    const times = value.kind === 'constant' ? (value.rowsTimes ?? 1) : 1;
    return [{ at: value.rowsAt + rank - extents[i]!.length, front: 1, behind: times }];
  });
  const layout = layouts[0] ?? repeated[0]!;
  const times = ({ front, behind }: Layout) => front * behind;
  const isFit =
    layouts.every((one) => isSameLayout(one, layout)) &&
    repeated.every((one) => one.at === layout.at && times(one) === times(layout));
  if (!isFit || layout.at >= rank - last) throw bad();
  const hasRows = layouts.length > 0;
  const operands = values.map((value, i) => {
    const ones = Array.from({ length: rank - extents[i]!.length }, () => 1);
    if (value.kind === 'rows') return widened(state, node, value, ones);
    const shape = [...ones, ...value.shape];
    if (shape[layout.at] !== 1) throw bad();
    const fitted = hasRows ? withoutRows(shape, layout, last) : shape;
    return plain({ ...value, shape: fitted });
  });
  return { operands, layout };
}

/** Adds dimensions of length 1 in front of the dimensions of a row. */
export function widened(state: GraphImport, node: OnnxNode, value: RowsValue, ones: readonly number[]): RowsValue {
  const inFront = withoutLayout(value);
  if (ones.length === 0) return inFront;
  if (value.isIndex) throw node.bad('floats', 'the whole numbers of an input');
  const result = state.reshaped(node, inFront, [...ones, ...value.node.rowShape]);
  return value.isTruth ? { ...result, isTruth: true } : result;
}

/** The shape of a constant that broadcasts to rows of the net. */
export function withoutRows(shape: readonly number[], layout: Layout, last = 0): number[] {
  const factors = Array.from({ length: factorsOf(layout) }, () => 1);
  const fitted = [...shape.slice(0, layout.at), ...factors, ...shape.slice(layout.at + 1)];
  const first = fitted.findIndex((length, i) => length !== 1 || i >= fitted.length - last);
  return first < 0 ? [] : fitted.slice(first);
}

/** A constant that is repeated for each row, as one for a single row. */
export function plain<Constant extends ConstantValue | IntegersValue>(value: Constant): Constant {
  const { rowsAt: _at, rowsTimes: _times, ...rest } = value as ConstantValue;
  return rest as unknown as Constant;
}

/** Gives the outputs of a node the place that the rows have in the model. */
export function giveBack(state: GraphImport, node: OnnxNode, layout: Layout): void {
  for (const [output, name] of node.outputs.entries()) {
    const value = name === '' ? undefined : state.value(name);
    if (value?.kind === 'rows') state.give(node, laidOut(value, layout), output);
    else if (value) state.give(node, repeatedAs(value, layout), output);
  }
}

function repeatedAs(value: ConstantValue | IntegersValue, { at, front, behind }: Layout): GraphValue {
  const times = front * behind;
  return { ...value, rowsAt: at, ...(value.kind === 'constant' && times > 1 && { rowsTimes: times }) };
}

/** A number for each of the net's dimensions: `ofRows` for those that hold the rows, `of(place)` for the others. */
export const ofEach = (
  extents: readonly Extent[],
  layout: Layout,
  ofRows: number,
  of: (place: number) => number,
): number[] => [
  ofRows,
  ...extents.flatMap((extent, place) =>
    holdsRows(extent) ? Array.from({ length: factorsOf(layout) }, () => ofRows) : [of(place)],
  ),
];
