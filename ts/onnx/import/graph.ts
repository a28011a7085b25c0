// @internal
import { badFile } from '../../core/files.js';
import type { DType } from '../../tensor/tensor.js';
import {
  elementTypeName,
  elementTypes,
  type ModelMessage,
  type TensorMessage,
  type ValueMessage,
} from '../messages.js';
import { classNamesOf } from './class-names.js';
import { wholeNumber } from './constant.js';
import { OnnxNode } from './node.js';
import { chosenOutputs, type OutputChoice } from './outputs.js';
import { quote } from './quote.js';

/** Limit on the nodes of a graph: real nets have some hundreds, and a larger graph could block the thread for long. */
const mostNodes = 20_000;
/** The versions of the ONNX operator set that the importer knows; a later version may change what an operator computes. */
const opsets = { first: 7, last: 27 } as const;

/** The part of a model's graph that computes the chosen outputs. Names are checked: each belongs to one value. */
export interface Graph {
  readonly name: string;
  /** The nodes that the outputs depend on, in the order of the file. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, TensorMessage>;
  /** The inputs that the outputs depend on, one at least. */
  readonly inputs: readonly GraphInput[];
  /** The names of the values that the net computes. */
  readonly outputs: readonly string[];
  /** Class names from a branch that turns the output into labels, as scikit-learn's converter writes it. */
  readonly classes: readonly string[] | undefined;
  /** For each value, those of `nodes` that read it. */
  readonly uses: ReadonlyMap<string, readonly OnnxNode[]>;
  readonly opset: number;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface GraphInput {
  readonly name: string;
  /** int32 for whole numbers of any type, such as those of an embedding. */
  readonly dtype: DType | 'int32' | 'bool';
  /** The number of rows, then the shape of one row; undefined for each dimension that the model leaves open. */
  readonly shape: readonly (number | undefined)[] | undefined;
  /** The dimensions for which the model has a name in place of a length. */
  readonly named: readonly number[];
}

/**
 * Checks a model's graph and picks the part that computes the chosen outputs.
 * @param where - the name of the file in error messages
 * @param choice - the option `outputs` of `NeuralNet.fromOnnx`
 * @throws BlasnetError `ERR_BAD_FILE` for a graph that breaks a rule of ONNX; `ERR_BAD_ARGUMENT` for a choice that is not
 *   an output of the graph
 */
export function graphOf(model: ModelMessage, where: string, choice?: OutputChoice): Graph {
  const { graph } = model;
  if (!graph) throw badFile(where, 'an ONNX model', 'one without a graph');
  const opset = opsetOf(model, where);
  requireOwnOperators(model, where);
  if (graph.node.length > mostNodes) throw badFile(where, `at most ${mostNodes} nodes`, `${graph.node.length}`);
  if (graph.sparseInitializer && graph.sparseInitializer.length > 0) {
    throw badFile(where, 'dense initializers', 'sparse ones');
  }
  const taken = new Set<string>();
  const take = (name: string) => {
    if (taken.has(name)) throw badFile(where, 'a unique name for each value', `${quote(name)} twice`);
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
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  if (inputs.length === 0) throw badFile(where, 'an input', 'none');
  for (const { name } of inputs) take(name);
  const nodes = graph.node.map((message, i) => new OnnxNode(message, i, where));
  const size = nodes.reduce((sum, node) => sum + node.size, 0);
  if (size > mostNodes) throw badFile(where, `at most ${mostNodes} nodes`, `${size}`);
  for (const node of nodes) for (const name of node.outputs) if (name !== '') take(name);
  const outputs = chosenOutputs(graph.output, where, choice);
  const [needed, names] = neededFor(outputs, nodes);
  const used = inputs.filter(({ name }) => names.has(name));
  if (used.length === 0 && inputs.length > 1) throw badFile(where, 'outputs that depend on an input', 'others');
  return {
    name: graph.name,
    nodes: needed,
    constants,
    inputs: (used.length === 0 ? inputs : used).map((input) => ({ name: input.name, ...typeOf(input, where) })),
    outputs,
    classes: classNamesOf(outputs, nodes, constants, where),
    uses: usesOf(needed),
    opset,
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
  };
}

/** The nodes that values depend on, and the names of all values that these take. */
function neededFor(
  outputs: readonly string[],
  nodes: readonly OnnxNode[],
): readonly [nodes: readonly OnnxNode[], names: ReadonlySet<string>] {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) producers.set(name, node);
  const needed = new Set<OnnxNode>();
  const open = [...outputs];
  const names = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    names.add(name);
    const node = name === '' ? undefined : producers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    for (const input of node.reads) open.push(input);
  }
  return [nodes.filter((node) => needed.has(node)), names];
}

function usesOf(nodes: readonly OnnxNode[]): ReadonlyMap<string, readonly OnnxNode[]> {
  const uses = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of new Set(node.reads)) {
      const users = uses.get(name);
      if (users) users.push(node);
      else uses.set(name, [node]);
    }
  }
  return uses;
}

const isStandard = (domain: string | undefined) => domain === undefined || domain === '' || domain === 'ai.onnx';

/** Some exporters import the operator set twice, once as '' and once as 'ai.onnx': that is fine if the versions agree. */
function opsetOf({ opsetImport }: ModelMessage, where: string): number {
  const own = opsetImport.filter(({ domain }) => isStandard(domain));
  const versions = [...new Set(own.map(({ version }) => wholeNumber(version, where)))];
  const [version] = versions;
  if (version === undefined || versions.length > 1 || version < opsets.first || version > opsets.last) {
    const received = versions.length === 0 ? 'none' : versions.join(' and ');
    throw badFile(where, `one version of the ONNX operator set, from ${opsets.first} to ${opsets.last},`, received);
  }
  return version;
}

/** A function of the model may not replace a standard operator: runtimes disagree on which of the two they run. */
function requireOwnOperators({ functions }: ModelMessage, where: string): void {
  const replaced = functions?.find(({ domain }) => isStandard(domain));
  if (!replaced) return;
  throw badFile(where, 'functions in domains of their own', `one of the ONNX domain, ${quote(replaced.name ?? '')}`);
}

/** The types of a model's inputs, as the net has them. */
const inputTypes: ReadonlyMap<number, GraphInput['dtype']> = new Map([
  [elementTypes.float32, 'float32'],
  [elementTypes.float64, 'float64'],
  [elementTypes.int32, 'int32'],
  [elementTypes.int64, 'int32'],
  [elementTypes.bool, 'bool'],
]);

function typeOf({ name, type }: ValueMessage, where: string): Omit<GraphInput, 'name'> {
  const tensor = type?.tensorType;
  const dtype = inputTypes.get(tensor?.elemType ?? 0);
  if (!dtype) {
    const received = tensor ? elementTypeName(tensor.elemType) : 'no tensor';
    throw badFile(where, `a tensor of float32, float64, int32, int64 or bool as input ${quote(name)}`, received);
  }
  const shape = tensor?.shape?.dim.map(({ dimValue, dimParam }) => {
    const size = dimParam ? 0 : wholeNumber(dimValue, where);
    return size > 0 && size < 2 ** 31 ? size : undefined;
  });
  const named = (tensor?.shape?.dim ?? []).flatMap(({ dimParam }, i) => (dimParam ? [i] : []));
  return { dtype, shape, named };
}
