// @internal
import { badFile } from '../../files.js';
import type { DType } from '../../tensor.js';
import { elementTypes, type ModelMessage, type TensorMessage, type ValueMessage } from '../messages.js';
import { wholeNumber } from './constant.js';
import { OnnxNode } from './node.js';
import { quote } from './quote.js';

/** A net has some hundred nodes; more than these were made to take our time. */
const mostNodes = 20_000;
/** Versions of the operators that we know: what a later one changes, we cannot know. */
const opsets = { first: 7, last: 27 } as const;

/** A model's graph, its names checked: each is given to one thing. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, TensorMessage>;
  readonly input: GraphInput;
  readonly output: string;
  /** Nodes that take a value. */
  readonly uses: ReadonlyMap<string, readonly OnnxNode[]>;
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface GraphInput {
  readonly name: string;
  readonly dtype: DType;
  /** Rows of a batch where the model has a fixed number of them, then the shape of a row; undefined where it varies. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

/**
 * @param where - what error messages call the file
 * @throws BlasnetError `ERR_BAD_FILE` for a model that is no plain graph with one input and one output
 */
export function graphOf(model: ModelMessage, where: string): Graph {
  const { graph } = model;
  if (!graph) throw badFile(where, 'an ONNX model', 'one without a graph');
  const opset = opsetOf(model, where);
  if (graph.node.length > mostNodes) throw badFile(where, `at most ${mostNodes} nodes`, `${graph.node.length}`);
  if (graph.sparseInitializer && graph.sparseInitializer.length > 0) {
    throw badFile(where, 'dense initializers', 'sparse ones');
  }
  const taken = new Set<string>();
  const take = (name: string) => {
    if (taken.has(name)) throw badFile(where, 'each name given once', `${quote(name)} twice`);
    taken.add(name);
  };
  const constants = new Map<string, TensorMessage>();
  for (const tensor of graph.initializer) {
    const name = tensor.name ?? '';
    if (name === '') throw badFile(where, 'initializers with names', 'one without');
    take(name);
    constants.set(name, tensor);
  }
  // Before version 4 of the format, initializers had to be listed as inputs, too.
  const input = only(
    'input',
    graph.input.filter(({ name }) => !constants.has(name)),
    where,
  );
  take(input.name);
  const nodes = graph.node.map((message, i) => new OnnxNode(message, i, where));
  const uses = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of node.outputs) if (name !== '') take(name);
    for (const name of new Set(node.inputs)) {
      const users = uses.get(name);
      if (users) users.push(node);
      else uses.set(name, [node]);
    }
  }
  return {
    name: graph.name,
    nodes,
    constants,
    input: { name: input.name, ...typeOf(input, where) },
    output: only('output', graph.output, where).name,
    uses,
    opset,
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function opsetOf({ opsetImport }: ModelMessage, where: string): number {
  const own = opsetImport.filter(({ domain }) => domain === '' || domain === 'ai.onnx');
  const version = wholeNumber(own[0]?.version, where);
  if (own.length !== 1 || version < opsets.first || version > opsets.last) {
    const received = own.length === 1 ? `${version}` : `${own.length} of them`;
    throw badFile(where, `an operator set from ${opsets.first} to ${opsets.last}`, received);
  }
  return version;
}

function only(what: string, values: readonly ValueMessage[], where: string): ValueMessage {
  if (values.length !== 1) throw badFile(where, `one ${what}`, `${values.length}`);
  return values[0]!;
}

function typeOf({ name, type }: ValueMessage, where: string): Omit<GraphInput, 'name'> {
  const tensor = type?.tensorType;
  const isFloat64 = tensor?.elemType === elementTypes.float64;
  if (!isFloat64 && tensor?.elemType !== elementTypes.float32) {
    throw badFile(where, `a tensor of float or double as input ${quote(name)}`, `type ${tensor?.elemType}`);
  }
  const shape = tensor?.shape?.dim.map(({ dimValue, dimParam }) => {
    const size = dimParam ? 0 : wholeNumber(dimValue, where);
    return size > 0 && size < 2 ** 31 ? size : undefined;
  });
  return { dtype: isFloat64 ? 'float64' : 'float32', shape };
}
