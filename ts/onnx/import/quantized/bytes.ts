// @internal
import type { Node } from '../../../graph/node.js';
import { ByteRoundingLayer } from '../../../layers/index.js';
import type { ConstantValue } from '../constant.js';
import type { GraphImport } from '../graph-import.js';
import type { RowsValue } from '../graph-values.js';
import { laidOut, layoutOf, withoutLayout } from '../layout.js';
import type { OnnxNode } from '../node.js';

/** The numbers that bytes stand for: (byte − zero) · scale, the bytes from 0 to 255. Those of int8 count from −128. */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}

const isSameGrid = (a: Grid, b: Grid) => a.scale === b.scale && a.zero === b.zero;

/** Constant bytes, or a bias of 32 bits: (values − zeros) · scales, with one scale and zero, or one for each place of an axis. */
export interface WholeConstant {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly scales: ArrayLike<number>;
  readonly zeros: ArrayLike<number>;
  /** The dimension that the scales belong to, where there are several. */
  readonly axis: number;
}

/** Bytes that the net computes. Here they are the numbers before they are rounded. */
export interface RowBytes {
  readonly value: RowsValue;
  readonly grid: Grid;
}

/** The bytes of an import, beside its values. */
export class Bytes {
  /** Values of the model that are bytes, by name. */
  readonly rows = new Map<string, RowBytes>();
  readonly constants = new Map<string, WholeConstant>();
  readonly #rounded = new Map<Node, { readonly source: Node; readonly grid: Grid }>();
  readonly #wholes = new WeakMap<ConstantValue, WholeConstant>();

  /** Whether a name of the model is that of bytes, which only some operators read. */
  has(name: string): boolean {
    return this.rows.has(name) || this.constants.has(name);
  }

  /** The numbers of bytes: those that are given, rounded. */
  numbers(state: GraphImport, node: OnnxNode, { value, grid }: RowBytes): RowsValue {
    for (const [rounded, { source, grid: own }] of this.#rounded) {
      if (source === value.node && isSameGrid(own, grid))
        return laidOut({ kind: 'rows', node: rounded }, layoutOf(value));
    }
    const layer = node.naming(() => new ByteRoundingLayer());
    const weights = {
      inputScale: state.weightsOf([1], [grid.scale]),
      inputZero: state.weightsOf([1], [grid.zero]),
    };
    const result = state.apply(node, layer, [withoutLayout(value)], weights);
    this.#rounded.set(result.node, { source: value.node, grid });
    return laidOut(result, layoutOf(value));
  }

  /** The rows before they are rounded, and how they are; undefined where they are not. */
  unrounded(value: RowsValue): RowBytes | undefined {
    const found = this.#rounded.get(value.node);
    return found && { value: { ...value, node: found.source }, grid: found.grid };
  }

  /** The same rows where they are rounded to a grid that they are to be rounded to again. */
  withoutRounding(value: RowsValue, grid: Grid): RowsValue {
    const found = this.unrounded(value);
    return found && isSameGrid(found.grid, grid) ? found.value : value;
  }

  /** The numbers of constant bytes. */
  numbersOf(state: GraphImport, whole: WholeConstant): ConstantValue {
    const { shape, values, scales, zeros } = whole;
    state.budget.take(4 * values.length);
    const numbers = new Float32Array(values.length);
    const place = placeIn(whole);
    for (let i = 0; i < numbers.length; i++) {
      const at = place(i);
      numbers[i] = (values[i]! - zeros[at]!) * scales[at]!;
    }
    const constant: ConstantValue = { kind: 'constant', shape, values: numbers, isFloat: true, isWeight: true };
    this.#wholes.set(constant, whole);
    return constant;
  }

  /** The bytes that a constant is the numbers of. */
  wholeOf(constant: ConstantValue): WholeConstant | undefined {
    return this.#wholes.get(constant);
  }
}

/** The scale and the zero of the i-th number. */
export function placeIn({ shape, scales, axis }: WholeConstant): (i: number) => number {
  if (scales.length === 1) return () => 0;
  const behind = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return (i) => Math.floor(i / behind) % scales.length;
}

const known = new WeakMap<GraphImport, Bytes>();

/** The bytes of an import. */
export function bytesOf(state: GraphImport): Bytes {
  let bytes = known.get(state);
  if (!bytes) {
    bytes = new Bytes();
    known.set(state, bytes);
  }
  return bytes;
}
