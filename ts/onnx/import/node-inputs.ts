// @internal
import { sizeOf } from '../../tensor/tensor.js';
import type { AppliedLayers, Setting } from './applied-layers.js';
import type { ConstantValue } from './constant.js';
import { type Extent, holdsRows, rowsTimes } from './extents.js';
import { type GraphValue, type IntegersValue, kindOf, type RowsValue } from './graph-values.js';
import { extentsOf, layoutOf } from './layout.js';
import type { ModelValues } from './model-values.js';
import type { OnnxNode } from './node.js';
import { quote } from './quote.js';

/** Limit on the inputs of one node. */
const mostInputs = 1024;

/** Reads the inputs of nodes: values of the kinds that an operator takes, counted from 0. */
export class NodeInputs {
  readonly #values: ModelValues;
  readonly #layers: AppliedLayers;
  readonly #batching: Setting['batching'];

  constructor(values: ModelValues, layers: AppliedLayers, batching: Setting['batching']) {
    this.#values = values;
    this.#layers = layers;
    this.#batching = batching;
  }

  has(node: OnnxNode, i: number): boolean {
    return (node.inputs[i] ?? '') !== '';
  }

  /** An input of any kind. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  one(node: OnnxNode, i: number): GraphValue {
    const name = node.inputs[i] ?? '';
    if (name === '') throw node.bad(`an input ${i + 1}`, 'none');
    const value = this.#given(node, i);
    if (!value) throw node.bad('values that an earlier node gives', quote(name));
    if (value.kind === 'rows' && value.isIndex) throw node.bad(`floats as input ${i + 1}`, kindOf(value));
    if (value.kind === 'rows' && value.layout) {
      throw node.bad('the rows as first dimension', `[${this.extents(value).join(', ')}]`);
    }
    if (value.kind !== 'rows' && value.rowsAt !== undefined) {
      throw node.bad('a constant whose shape does not hold the rows', `[${this.extents(value).join(', ')}]`);
    }
    return value;
  }

  /** All inputs of a node that takes any number of them. */
  all(node: OnnxNode): GraphValue[] {
    if (node.inputs.length > mostInputs) throw node.bad(`at most ${mostInputs} inputs`, `${node.inputs.length}`);
    return node.inputs.map((_, i) => this.one(node, i));
  }

  /** An input whose rows may stand in any dimension. @throws BlasnetError `ERR_BAD_FILE` where it is missing */
  laidOut(node: OnnxNode, i: number): GraphValue {
    const value = this.#given(node, i);
    if (value?.kind === 'rows' ? value.layout && !value.isIndex : value) return value!;
    return this.one(node, i);
  }

  /** The value of a node's input, if there is one. Truth values that a net is given become floats. */
  #given(node: OnnxNode, i: number): GraphValue | undefined {
    const name = node.inputs[i] ?? '';
    const value = this.#values.get(name);
    if (value?.kind !== 'rows' || !value.isIndex || !value.isTruth) return value;
    const { layout, ...numbers } = value;
    const floats = node.naming(() => this.#layers.record(node, [numbers], ({ ops }, [x]) => ops.nonZero(x!)));
    const truth = { ...floats, isTruth: true };
    const result = layout ? { ...truth, layout } : truth;
    this.#values.set(name, result);
    return result;
  }

  /** The input where it is a constant that is the same for any number of rows. */
  repeatedConstant(node: OnnxNode, i: number): (ConstantValue & { readonly rowsAt: number }) | undefined {
    const value = this.#given(node, i);
    return value?.kind === 'constant' && value.rowsAt !== undefined ? { ...value, rowsAt: value.rowsAt } : undefined;
  }

  /** The whole numbers of an input of the model; undefined where the node's input is something else. */
  indices(node: OnnxNode, i: number): RowsValue | undefined {
    const value = this.#given(node, i);
    return value?.kind === 'rows' && value.isIndex ? value : undefined;
  }

  /** An input where it is rows, which may stand in any dimension; undefined for another one. */
  anyRows(node: OnnxNode, i: number): RowsValue | undefined {
    const value = this.#given(node, i);
    return value?.kind === 'rows' && !value.isIndex && this.#batching === 'rows' ? value : undefined;
  }

  /** The same where a dimension counts the rows and nothing else. */
  movedRows(node: OnnxNode, i: number): (RowsValue & { readonly rowsAt: number }) | undefined {
    const value = this.anyRows(node, i);
    const { at, front, behind } = value ? layoutOf(value) : { at: 0, front: 0, behind: 0 };
    return value && front === 1 && behind === 1 ? { ...value, rowsAt: at } : undefined;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not computed by the net */
  rows(node: OnnxNode, i: number): RowsValue {
    const value = this.one(node, i);
    if (value.kind !== 'rows') throw node.bad(`rows that the net computes as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** An input of floats: rows or a constant. */
  floats(node: OnnxNode, i: number): RowsValue | ConstantValue {
    const value = this.one(node, i);
    if (value.kind === 'integers') throw node.bad(`floats as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** @throws BlasnetError `ERR_BAD_FILE` where the input is not a constant of floats */
  constant(node: OnnxNode, i: number): ConstantValue {
    const value = this.one(node, i);
    if (value.kind !== 'constant') throw node.bad(`a constant as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** A constant of floats with that many numbers. */
  vector(node: OnnxNode, i: number, length: number): ConstantValue {
    const constant = this.constant(node, i);
    if (sizeOf(constant.shape) !== length) {
      throw node.bad(`${length} numbers as input ${i + 1}`, `shape [${constant.shape.join(', ')}]`);
    }
    return constant;
  }

  /** Integers, among which there may be the number of rows. */
  lengths(node: OnnxNode, i: number): IntegersValue {
    const value = this.one(node, i);
    if (value.kind !== 'integers') throw node.bad(`integers that are known as input ${i + 1}`, kindOf(value));
    return value;
  }

  /** Integers that are known. */
  integers(node: OnnxNode, i: number): readonly number[] {
    const { values } = this.lengths(node, i);
    return values.map((value) => {
      if (holdsRows(value)) throw node.bad(`known integers as input ${i + 1}`, 'the number of rows');
      return value;
    });
  }

  /** A number of a constant input; undefined where the node does not have it. */
  scalar(node: OnnxNode, i: number): number | undefined {
    if (!this.has(node, i)) return undefined;
    const value = this.one(node, i);
    const isOne = value.kind !== 'rows' && value.values.length === 1;
    const number = isOne ? (value.values as ArrayLike<Extent>)[0] : undefined;
    if (typeof number !== 'number') throw node.bad(`a known number as input ${i + 1}`, kindOf(value));
    return number;
  }

  /** The dimensions of a value as the model has them. */
  extents(value: GraphValue): readonly Extent[] {
    if (value.kind === 'rows') {
      return this.#batching === 'whole' ? value.node.rowShape : extentsOf(value.node.rowShape, layoutOf(value));
    }
    if (value.rowsAt === undefined) return value.shape;
    const times = value.kind === 'constant' ? value.rowsTimes : 1;
    return (value.shape as readonly Extent[]).with(value.rowsAt, rowsTimes(times ?? 1));
  }
}
