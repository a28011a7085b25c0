// @internal
import { type DType, type FloatArray, sizeOf } from '../../tensor.js';
import {
  type AttributeMessage,
  attributeTypes,
  type EntryMessage,
  elementTypes,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from '../messages.js';
import { rawDataOf } from './raw-data.js';

/** Opset 17 came with version 8 of the format, in 2022: all that is needed is in it, and what reads ONNX reads it. */
const opset = 17;
const irVersion = 8;

/** Attributes of a node: whole numbers alone or in lists. A float is marked as one, since JavaScript does not tell them. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

/** An ONNX graph that grows at its end: a chain of nodes from `input` to `output`. */
export class ModelBuilder {
  readonly dtype: DType;
  readonly #nodes: NodeMessage[] = [];
  readonly #tensors: TensorMessage[] = [];
  readonly #inputShape: readonly number[];
  /** Name of the value that the next node takes. */
  value = 'input';
  /** Shape of one row of it. */
  shape: readonly number[];

  constructor(dtype: DType, inputShape: readonly number[]) {
    this.dtype = dtype;
    this.#inputShape = inputShape;
    this.shape = inputShape;
  }

  /**
   * Adds a node behind the others.
   * @param inputs - default: the value of the last node; constants behind it
   * @param attributes - those that differ from the operator's defaults
   */
  node(operator: string, name: string, inputs: readonly string[] = [this.value], attributes: Attributes = {}): string {
    this.value = `${name}/output`;
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name, opType: operator, input: inputs, output: [this.value], attribute });
    return this.value;
  }

  /** Adds a node that takes the last value and a constant. */
  withConstant(
    operator: string,
    name: string,
    shape: readonly number[],
    values: FloatArray | readonly number[],
  ): string {
    return this.node(operator, name, [this.value, this.constant(`${name}/value`, shape, values)]);
  }

  /** Adds a constant of the graph's dtype. */
  constant(name: string, shape: readonly number[], values: FloatArray | readonly number[]): string {
    const dataType = elementTypes[this.dtype];
    this.#tensors.push({ name, dims: shape, dataType, rawData: rawDataOf(this.dtype, values) });
    return name;
  }

  /** Reshapes rows where they are not of that shape; a vector, where none is given. */
  reshape(name: string, shape: readonly number[] = [sizeOf(this.shape)]): void {
    if (this.shape.join() === shape.join()) return;
    const target = `${name}/shape`;
    const dims = [-1, ...shape];
    const rawData = rawDataOf('int64', dims);
    this.#tensors.push({ name: target, dims: [dims.length], dataType: elementTypes.int64, rawData });
    this.node('Reshape', name, [this.value, target]);
    this.shape = shape;
  }

  /** The finished model; its last node gives `output`. */
  finish(name: string, version: string, metadata: Readonly<Record<string, string>>): ModelMessage {
    const last = this.#nodes.pop()!;
    const metadataProps: EntryMessage[] = Object.entries(metadata).map(([key, value]) => ({ key, value }));
    return {
      irVersion,
      producerName: 'blasnet',
      producerVersion: version,
      opsetImport: [{ domain: '', version: opset }],
      graph: {
        name,
        node: [...this.#nodes, { ...last, output: ['output'] }],
        initializer: this.#tensors,
        input: [this.#valueOf('input', this.#inputShape)],
        output: [this.#valueOf('output', this.shape)],
      },
      metadataProps,
    };
  }

  /** Any number of rows of that shape. */
  #valueOf(name: string, shape: readonly number[]): ValueMessage {
    const dim = [{ dimParam: 'batch' }, ...shape.map((dimValue) => ({ dimValue }))];
    return { name, type: { tensorType: { elemType: elementTypes[this.dtype], shape: { dim } } } };
  }
}

function attributeOf(name: string, value: Attributes[string]): AttributeMessage {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}
