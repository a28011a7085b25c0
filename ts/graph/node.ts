import { badArgument } from '../core/errors.js';
import { fieldsOf, oneOf } from '../core/fields.js';
import { requireLayerName } from '../core/files.js';
import { checkedShape } from '../tensor/tensor.js';

/** Shape of one row: `[784]`, or `[channels, height, width]`; `[]` is one number. */
export type RowShape = readonly number[];

/** The part of a layer that a graph uses; every `Layer` has it. */
export interface Applicable {
  /** The name of its kind in messages and summaries. */
  readonly kind: string;
  /**
   * Returns the shape of an output row for input rows of these shapes.
   * @throws BlasnetError `ERR_SHAPE_MISMATCH` where such input does not fit
   */
  outputShape(...inputs: readonly RowShape[]): RowShape;
}

/** The type of the numbers of an input: those of the net's dtype, or class numbers. */
export type InputType = 'float32' | 'int32';

/** Options of `input`. */
export interface InputOptions {
  /** The name of the rows in data sets and predictions. A net with one input needs none. */
  readonly name?: string | undefined;
  /** 'float32' (default) for numbers, in the net's dtype; 'int32' for class numbers, as an `EmbeddingLayer` takes them. */
  readonly dtype?: InputType | undefined;
}

let nodes = 0;

/** A place in the graph of a net: an input, or the output of a layer that was applied to other nodes. */
export class Node {
  /** Shape of one row. */
  readonly rowShape: RowShape;
  readonly dtype: InputType;
  /** The given name. A net names the others after their layers. */
  readonly name: string | undefined;
  /** The layer that computes the node; undefined for an input. */
  readonly layer: Applicable | undefined;
  /** The nodes that the layer is applied to. */
  readonly inputs: readonly Node[];
  /** Counts all nodes. A node has a larger number than those that it is computed from. */
  readonly number: number = nodes++;

  /** For the library's own use: `input` and `layer.apply` make nodes. */
  constructor(
    rowShape: RowShape,
    options: InputOptions & { readonly layer?: Applicable; readonly inputs?: readonly Node[] } = {},
  ) {
    this.rowShape = Object.freeze([...rowShape]);
    this.dtype = options.dtype ?? 'float32';
    this.name = options.name;
    this.layer = options.layer;
    this.inputs = Object.freeze([...(options.inputs ?? [])]);
    Object.freeze(this);
  }
}

/**
 * Makes an input of a net.
 * @param rowShape - shape of one row; `[]` is one number a row
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a bad shape or option
 * @example
 * ```ts
 * import { FullyConnectedLayer, HyperParameters, input, NeuralNet } from 'blasnet';
 *
 * const pixels = input([784], { name: 'pixels' });
 * const digit = new FullyConnectedLayer(10).apply(pixels);
 * digit.rowShape; // → [ 10 ]
 * const net = NeuralNet.fromGraph({ inputs: [pixels], outputs: [digit] }, new HyperParameters({ netType: 'fitting' }), 'digits');
 * net.layerNames; // → [ 'fully-connected-1' ]
 * input([0.5]); // throws ERR_BAD_ARGUMENT
 * ```
 */
export function input(rowShape: readonly number[], options: InputOptions = {}): Node {
  const { name, dtype = 'float32' } = fieldsOf('options', options, ['name', 'dtype']);
  oneOf("input's dtype", ['float32', 'int32'], dtype);
  if (name !== undefined) requireLayerName(name);
  const shape = checkedShape(rowShape, 'rowShape');
  if (shape.some((length) => length < 1)) throw badArgument('rowShape', 'whole numbers above 0', `[${shape}]`);
  return new Node(shape, { name, dtype });
}
