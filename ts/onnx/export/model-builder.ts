// @internal
import { type DType, type FloatArray, sizeOf } from '../../tensor/tensor.js';
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

/** Operator set 17 came with version 8 of the format, in 2022: it has all operators that layers need, and most runtimes read it. */
const opset = 17;
const irVersion = 8;

/** Attributes of a node: integers, lists of integers, and floats, which are marked since JavaScript has one type of numbers. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

/** An ONNX graph that grows at its end: a chain of nodes from `input` to `output`. */
export class ModelBuilder {
  readonly dtype: DType;
  readonly #nodes: NodeMessage[] = [];
  readonly #tensors: TensorMessage[] = [];
  readonly #inputShape: readonly number[];
  /** Name of the output of the last node, which the next node takes. */
  value = 'input';
  /** Shape of one row of that value. */
  shape: readonly number[];

  constructor(dtype: DType, inputShape: readonly number[]) {
    this.dtype = dtype;
    this.#inputShape = inputShape;
    this.shape = inputShape;
  }

  /**
   * Adds a node at the end.
   * @param inputs - default: the output of the last node
   * @param attributes - those that differ from the defaults of the operator
   * @returns the name of its output
   */
  node(operator: string, name: string, inputs: readonly string[] = [this.value], attributes: Attributes = {}): string {
    this.value = `${name}/output`;
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name, opType: operator, input: inputs, output: [this.value], attribute });
    return this.value;
  }

  /** Adds a node that takes the last value and a new constant. */
  withConstant(
    operator: string,
    name: string,
    shape: readonly number[],
    values: FloatArray | readonly number[],
  ): string {
    return this.node(operator, name, [this.value, this.constant(`${name}/value`, shape, values)]);
  }

  /** Adds a constant of the graph's dtype, and returns its name. */
  constant(name: string, shape: readonly number[], values: FloatArray | readonly number[]): string {
    const dataType = elementTypes[this.dtype];
    this.#tensors.push({ name, dims: shape, dataType, rawData: rawDataOf(this.dtype, values) });
    return name;
  }

  /** Adds a Reshape of rows to that shape (default: to vectors), unless they have it already. */
  reshape(name: string, shape: readonly number[] = [sizeOf(this.shape)]): void {
    if (this.shape.join() === shape.join()) return;
    const target = `${name}/shape`;
    const dims = [-1, ...shape];
    const rawData = rawDataOf('int64', dims);
    this.#tensors.push({ name: target, dims: [dims.length], dataType: elementTypes.int64, rawData });
    this.node('Reshape', name, [this.value, target]);
    this.shape = shape;
  }

  /** Returns the model, with the output of the last node as `output`. */
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

  /** Describes a value with any number of rows of that shape. */
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
