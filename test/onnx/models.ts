import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { FloatArray } from 'blasnet';
import { attributeTypes, elementTypes, type ModelMessage, type TensorMessage } from '#blasnet/onnx/messages';
import { modelCodec } from '#blasnet/onnx/schema';
import { temporaryFolder, write } from '../support/files.js';

type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly floats: readonly number[] }
  | { readonly float: number }
  | { readonly tensor: TensorMessage };

/** A node: operator, inputs, output, and what else it has. */
export interface NodeSpec {
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}
type Node = readonly [operator: string, inputs: readonly string[], output: string | readonly string[], spec?: NodeSpec];

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
      node: nodes.map(([opType, input, output, { name = '', domain = '', attributes = {} } = {}]) => ({
        name,
        domain,
        opType,
        input,
        output: [output].flat(),
        attribute: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
      })),
      initializer: tensors,
      input: [{ name: 'x', type: { tensorType: { elemType: elementTypes.float32, shape: { dim } } } }],
      output: [{ name: output, type: { tensorType: { elemType: elementTypes.float32 } } }],
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
}

function attributeOf(name: string, value: AttributeValue) {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  if ('tensor' in value) return { name, type: attributeTypes.tensor, t: value.tensor };
  if ('floats' in value) return { name, type: attributeTypes.floats, floats: value.floats };
  if (isTexts(value)) return { name, type: attributeTypes.strings, strings: value.map((one) => Buffer.from(one)) };
  return { name, type: attributeTypes.ints, ints: value };
}

const isTexts = (values: readonly number[] | readonly string[]): values is readonly string[] =>
  typeof values[0] === 'string';

/** Writes a model into a folder that goes when the test ends. */
export async function writeModel(t: ExecutionContext, model: ModelMessage | ModelSpec): Promise<string> {
  const message = 'nodes' in model ? modelOf(model) : model;
  return write(await temporaryFolder(t), 'made.onnx', (await modelCodec()).encode(message));
}

/** Path of a file beside a model. */
export const beside = (model: string, name: string) => join(model, '..', name);
