// @internal
import { badArgument } from '../../core/errors.js';
import { littleEndianBytes } from '../../core/number-formats.js';
import type { OnnxAttributes } from '../../layers/index.js';
import type { DType, FloatArray } from '../../tensor/tensor.js';
import {
  type AttributeMessage,
  attributeTypes,
  type EntryMessage,
  elementTypes,
  type ModelMessage,
  type TensorMessage,
  type ValueMessage,
} from '../messages.js';
import { rawDataOf } from './raw-data.js';

/** Operator set 17 came with version 8 of the format, in 2022: it has all operators that layers need, and most runtimes read it. */
const opset = 17;
const irVersion = 8;

const recurrent = new Set(['LSTM', 'GRU', 'RNN']);

/** A node that may get other names until the model is finished. */
interface MutableNode {
  name: string;
  readonly opType: string;
  input: string[];
  output: string[];
  readonly attribute: readonly AttributeMessage[];
}

/** An input or output of the model. */
export interface BoundInput {
  readonly name: string;
  readonly rowShape: readonly number[];
  readonly type: DType | 'int32';
}

/** An ONNX graph that grows node by node. Values go by their names, all of which are different. */
export class ModelBuilder {
  readonly dtype: DType;
  readonly #nodes: MutableNode[] = [];
  readonly #tensors: TensorMessage[] = [];
  /** Names of values, and those of nodes. */
  readonly #taken = new Set<string>();
  readonly #nodeNames = new Set<string>();
  readonly #scalars = new Map<string, string>();

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  /** A name of a value like that one that is not taken, which is taken then. */
  free(wanted: string): string {
    return freeIn(this.#taken, wanted);
  }

  /** Adds a node and returns the name of its output. */
  node(operator: string, name: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    const free = freeIn(this.#nodeNames, name);
    const output = this.free(`${free}/output`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name: free, opType: operator, input: [...inputs], output: [output], attribute });
    return output;
  }

  /** Adds a node of several outputs and returns their names. */
  nodes(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: OnnxAttributes,
    outputs: readonly string[],
  ): readonly string[] {
    const first = this.node(operator, name, inputs, attributes);
    const node = this.#nodes.at(-1)!;
    node.output = [first, ...outputs.slice(1).map((output) => this.free(`${node.name}/${output}`))];
    return node.output;
  }

  /** Leaves out what nothing reads of recurrent operators, which need not compute it. */
  #pruneOutputs(outputs: readonly { readonly name: string }[]): void {
    const read = new Set([...this.#nodes.flatMap(({ input }) => input), ...outputs.map(({ name }) => name)]);
    for (const node of this.#nodes) {
      if (!recurrent.has(node.opType)) continue;
      const kept = node.output.map((output) => (read.has(output) ? output : ''));
      node.output = kept.slice(0, kept.findLastIndex((output) => output !== '') + 1);
    }
  }

  /** Adds a node that takes a value and a new constant. */
  withConstant(
    operator: string,
    name: string,
    value: string,
    shape: readonly number[],
    values: FloatArray | readonly number[],
  ): string {
    return this.node(operator, name, [value, this.constant(`${name}/value`, shape, values)]);
  }

  /** Adds a constant of the graph's dtype, and returns its name. */
  constant(name: string, shape: readonly number[], values: FloatArray | readonly number[]): string {
    const free = this.free(name);
    this.#tensors.push({
      name: free,
      dims: shape,
      dataType: elementTypes[this.dtype],
      rawData: rawDataOf(this.dtype, values),
    });
    return free;
  }

  /**
   * Adds whole numbers of 8 bits and returns their name.
   * @throws BlasnetError `ERR_BAD_ARGUMENT` in a model of float64: operators that scale them take float32 only
   */
  bytes(name: string, values: ArrayLike<number>, shape: readonly number[], type: 'int8' | 'uint8'): string {
    if (this.dtype !== 'float32') throw badArgument('dtype', 'float32 for a net with int8 weights', this.dtype);
    const free = this.free(name);
    const rawData = littleEndianBytes(type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values));
    this.#tensors.push({ name: free, dims: shape, dataType: elementTypes[type], rawData });
    return free;
  }

  /** Adds whole numbers as int64, by default a list, and returns their name. */
  integers(name: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    const free = this.free(name);
    const rawData = rawDataOf('int64', values);
    this.#tensors.push({ name: free, dims: shape, dataType: elementTypes.int64, rawData });
    return free;
  }

  /** How many nodes there are. */
  get size(): number {
    return this.#nodes.length;
  }

  /** Gives the node that computes a value, and the value, the name of its layer: it is the layer's last one. */
  rename(value: string, name: string): string {
    const node = this.#nodes.findLast(({ output }) => output[0] === value);
    if (!node || node.name === name) return value;
    this.#nodeNames.delete(node.name);
    this.#taken.delete(value);
    node.name = freeIn(this.#nodeNames, name);
    return this.#replace(node, this.free(`${node.name}/output`));
  }

  #replace(node: MutableNode, output: string): string {
    const [before] = node.output;
    node.output = [output];
    const from = this.#nodes.indexOf(node);
    for (const user of this.#nodes.slice(from + 1)) {
      user.input = user.input.map((input) => (input === before ? output : input));
    }
    return output;
  }

  /** A constant of one number, which is there once. */
  scalar(value: number): string {
    const key = Object.is(value, -0) ? '-0' : String(value);
    let name = this.#scalars.get(key);
    if (name === undefined) {
      name = this.constant(`number/${key}`, [], [value]);
      this.#scalars.set(key, name);
    }
    return name;
  }

  /**
   * Returns the model.
   * @param outputs - each with the name of the value that it is
   */
  finish(
    name: string,
    version: string,
    ports: {
      readonly inputs: readonly BoundInput[];
      readonly outputs: readonly (BoundInput & { readonly value: string })[];
    },
    metadata: Readonly<Record<string, string>>,
  ): ModelMessage {
    /** Values that are outputs already, by the names that they had. */
    const renamed = new Map<string, string>();
    for (const { name: output, value } of ports.outputs) {
      const node = this.#nodes.find((one) => one.output[0] === value);
      if (node && !renamed.has(value)) {
        renamed.set(value, this.#replace(node, output));
      } else {
        this.node('Identity', `${output}/copy`, [renamed.get(value) ?? value]);
        this.#replace(this.#nodes.at(-1)!, output);
      }
    }
    this.#pruneOutputs(ports.outputs);
    const metadataProps: EntryMessage[] = Object.entries(metadata).map(([key, value]) => ({ key, value }));
    return {
      irVersion,
      producerName: 'blasnet',
      producerVersion: version,
      opsetImport: [{ domain: '', version: opset }],
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#tensors,
        input: ports.inputs.map((port) => portOf(port)),
        output: ports.outputs.map((port) => portOf(port)),
      },
      metadataProps,
    };
  }
}

function freeIn(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}-${i}`;
  taken.add(name);
  return name;
}

/** Describes a value with any number of rows of that shape. */
function portOf({ name, rowShape, type }: BoundInput): ValueMessage {
  const dim = [{ dimParam: 'batch' }, ...rowShape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function attributeOf(name: string, value: OnnxAttributes[string]): AttributeMessage {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  if (isTexts(value)) return { name, type: attributeTypes.strings, strings: value.map((one) => Buffer.from(one)) };
  return { name, type: attributeTypes.ints, ints: value };
}

const isTexts = (values: readonly number[] | readonly string[]): values is readonly string[] =>
  typeof values[0] === 'string';
