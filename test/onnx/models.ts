import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { FloatArray } from 'blasnet';
import {
  type AttributeMessage,
  attributeTypes,
  elementTypes,
  type GraphMessage,
  type ModelMessage,
  type TensorMessage,
  type ValueMessage,
} from '#blasnet/onnx/messages';
import { modelCodec } from '#blasnet/onnx/schema';
import { temporaryFolder, write } from '../support/files.js';

type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly floats: readonly number[] }
  | { readonly float: number }
  | { readonly tensor: TensorMessage }
  | { readonly branch: BranchSpec };

/** A node: operator, inputs, output, and what else it has. */
export interface NodeSpec {
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}
/** A branch of If: its nodes, and its outputs. */
export interface BranchSpec {
  readonly nodes: readonly Node[];
  readonly tensors?: readonly TensorMessage[];
  readonly outputs: readonly string[];
}
export type Node = readonly [
  operator: string,
  inputs: readonly string[],
  output: string | readonly string[],
  spec?: NodeSpec,
];

export interface ModelSpec {
  readonly nodes: readonly Node[];
  readonly tensors?: readonly TensorMessage[];
  /** Of the input `x`, rows included; names for what is open. Default: any number of rows of three numbers. */
  readonly inputShape?: readonly (number | string)[];
  readonly opset?: number;
  readonly output?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A tensor of floats, of doubles for a Float64Array, of int64 for whole numbers that are said to be. */
export function tensor(name: string, dims: readonly number[], values: readonly number[] | FloatArray): TensorMessage {
  const isDouble = values instanceof Float64Array;
  const data = Array.from(values);
  return isDouble
    ? { name, dims, dataType: elementTypes.float64, doubleData: data }
    : { name, dims, dataType: elementTypes.float32, floatData: data };
}

export function whole(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorMessage {
  return { name, dims, dataType: elementTypes.int64, int64Data: values };
}

/** A model of one input `x` and one output: `y`, or the last node's. */
export function modelOf(spec: ModelSpec): ModelMessage {
  const {
    nodes,
    tensors = [],
    inputShape = ['n', 3],
    opset = 17,
    output = [nodes.at(-1)?.[2] ?? 'y'].flat()[0]!,
    metadata = {},
  } = spec;
  const dim = inputShape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return {
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'made',
      node: nodes.map(nodeOf),
      initializer: tensors,
      input: [{ name: 'x', type: { tensorType: { elemType: elementTypes.float32, shape: { dim } } } }],
      output: [{ name: output, type: { tensorType: { elemType: elementTypes.float32 } } }],
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}

function nodeOf([opType, input, output, { name = '', domain = '', attributes = {} } = {}]: Node) {
  const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
  return { name, domain, opType, input, output: [output].flat(), attribute };
}

function branchOf({ nodes, tensors = [], outputs }: BranchSpec): GraphMessage {
  return {
    name: 'branch',
    node: nodes.map(nodeOf),
    initializer: tensors,
    input: [],
    output: outputs.map((name) => ({ name, type: { tensorType: { elemType: elementTypes.float32 } } })),
  };
}

function attributeOf(name: string, value: AttributeValue): AttributeMessage {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  if ('tensor' in value) return { name, type: attributeTypes.tensor, t: value.tensor };
  if ('branch' in value) return { name, type: attributeTypes.graph, g: branchOf(value.branch) };
  if ('floats' in value) return { name, type: attributeTypes.floats, floats: value.floats };
  if (isTexts(value)) return { name, type: attributeTypes.strings, strings: value.map((one) => Buffer.from(one)) };
  return { name, type: attributeTypes.ints, ints: value };
}

const isTexts = (values: readonly number[] | readonly string[]): values is readonly string[] =>
  typeof values[0] === 'string';

/** Writes a model into a folder that goes when the test ends; with further inputs behind `x`. */
export async function writeModel(
  t: ExecutionContext,
  model: ModelMessage | ModelSpec,
  inputs: readonly ValueMessage[] = [],
): Promise<string> {
  const made = 'nodes' in model ? modelOf(model) : model;
  const graph = made.graph && { ...made.graph, input: [...made.graph.input, ...inputs] };
  const message = inputs.length > 0 ? { ...made, graph } : made;
  return write(await temporaryFolder(t), 'made.onnx', (await modelCodec()).encode(message as ModelMessage));
}

/** Path of a file beside a model. */
export const beside = (model: string, name: string) => join(model, '..', name);
