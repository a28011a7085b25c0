// @internal
import { badFile } from '../../core/files.js';
import type { Node } from '../../graph/node.js';
import { type Layer, ReshapeLayer } from '../../layers/index.js';
import { arrayOf, type DType, type FloatArray, sizeOf } from '../../tensor/tensor.js';
import type { Budget } from './budget.js';
import { type Compose, recordedLayer } from './compose.js';
import type { ConstantValue } from './constant.js';
import type { RowsValue } from './graph-values.js';
import { mostLayers, mostRowNumbers, nodeLayerName, type Weights } from './limits.js';
import type { OnnxNode } from './node.js';

/** Limit on the dimensions of tensors, rows included. */
const mostDimensions = 8;

/** How the values of a model are computed. */
export interface Setting {
  readonly where: string;
  readonly budget: Budget;
  /** The meaning of the first dimension of the model's values. */
  readonly batching: 'rows' | 'whole';
  readonly dtype: DType;
}

/** Weights of a layer by the names of its parameters. */
export type LayerWeights = Readonly<Record<string, Weights>>;

/** The layers that nodes of a model have become, with their names and weights. */
export class AppliedLayers {
  readonly #setting: Setting;
  /** The weights of layers, which are set once the net is made. */
  readonly weights = new Map<Layer, LayerWeights>();
  #count = 0;
  readonly #names = new Set<string>();
  /** The values that nodes have in another shape, which only the net's own layers have given them. */
  readonly #views = new Map<Node, Node>();

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** The name of a value of the model as one of the net that is not taken. */
  freeName(name: string): string {
    let free = plainName(name);
    while (this.#names.has(free)) free += "'";
    this.#names.add(free);
    return free;
  }

  /** An array of the net's dtype. @throws BlasnetError `ERR_BAD_FILE` if it exceeds the budget */
  array(size: number): FloatArray {
    const FloatsOf = arrayOf(this.#setting.dtype);
    this.#setting.budget.take(size * FloatsOf.BYTES_PER_ELEMENT);
    return new FloatsOf(size);
  }

  /** Numbers as the weights of a layer. */
  weightsOf(shape: readonly number[], values: ArrayLike<number>): Weights {
    const own = this.array(values.length);
    own.set(values);
    return { shape, values: own };
  }

  /**
   * Applies a layer to rows.
   * @param name - by default that of the node
   * @throws BlasnetError `ERR_BAD_FILE` for too many layers, and rows that are too large
   */
  apply(node: OnnxNode, layer: Layer, inputs: readonly RowsValue[], weights: LayerWeights, name?: string): RowsValue {
    const { where } = this.#setting;
    if (this.#count === mostLayers) throw badFile(where, `at most ${mostLayers} layers`, 'more');
    const fallback = `${layer.kind.replaceAll(' ', '-')}-${this.#count + 1}`;
    const own = name ?? nodeLayerName(node.name, fallback, this.#names);
    const nodes = inputs.map((input) => input.node);
    const applied = node.naming(() => layer.apply(nodes, own));
    const { rowShape } = applied;
    if (!(sizeOf(rowShape) <= mostRowNumbers) || rowShape.length >= mostDimensions) {
      const most = `rows of at most ${mostRowNumbers} numbers and ${mostDimensions - 1} dimensions`;
      throw node.bad(most, `rows of shape [${rowShape.join(', ')}]`);
    }
    if (sizeOf(rowShape) < 1) throw node.bad('rows of one number or more', `rows of shape [${rowShape.join(', ')}]`);
    this.#count += 1;
    if (Object.keys(weights).length > 0) this.weights.set(layer, weights);
    return { kind: 'rows', node: applied };
  }

  /** Applies a layer of operations to rows and constants; gives the rows themselves where there is nothing to compute. */
  record(node: OnnxNode, operands: readonly (RowsValue | ConstantValue)[], compose: Compose, name?: string): RowsValue {
    const recorded = recordedLayer(node, operands, compose, this.#setting.batching, this.#setting.dtype);
    if ('same' in recorded) return recorded.same;
    const { layer, inputs, constants } = recorded;
    const weights = Object.entries(constants).map(([key, { shape, values }]) => [key, this.weightsOf(shape, values)]);
    return this.apply(node, layer, inputs, Object.fromEntries(weights), name);
  }

  /** Rows in another shape. Of what has been reshaped already, the numbers are those of the first shape. */
  reshaped(node: OnnxNode, x: RowsValue, rowShape: readonly number[]): RowsValue {
    const source = this.#views.get(x.node) ?? x.node;
    if (source.rowShape.join() === rowShape.join()) return { kind: 'rows', node: source };
    const layer = node.naming(() => new ReshapeLayer(rowShape));
    const view = this.apply(node, layer, [{ kind: 'rows', node: source }], {});
    this.#views.set(view.node, source);
    return view;
  }

  /** Whether rows have been reshaped by the import itself. */
  isView({ node }: RowsValue): boolean {
    return this.#views.has(node);
  }
}

/** The name of a value without what names of layers must not have. */
function plainName(name: string): string {
  const plain = name.replaceAll(/[/\\\p{C}]+/gu, '.').replaceAll(/^\.+|\.+$/g, '');
  return plain === '' ? 'value' : plain.slice(0, 60);
}
