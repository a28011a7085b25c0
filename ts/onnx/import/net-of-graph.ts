// @internal
import { BlasnetError, badArgument } from '../../core/errors.js';
import { badFile } from '../../core/files.js';
import type { NetType } from '../../core/net-type.js';
import { input, type Node } from '../../graph/node.js';
import { HyperParameters } from '../../hyper-parameters.js';
import { ActivationLayer, ClassificationLayer, ReshapeLayer } from '../../layers/index.js';
import { reachedFrom } from '../../net/net-graph.js';
import { NeuralNet } from '../../neural-net.js';
import { sizeOf, Tensor } from '../../tensor/tensor.js';
import { metadataKeys } from '../messages.js';
import { addPatternLayer } from './activation-patterns.js';
import type { Attempt, OnnxImportOptions } from './from-onnx.js';
import type { GraphInput } from './graph.js';
import { GraphImport } from './graph-import.js';
import { rowShapeOf, rowsPlaceOf } from './input-shapes.js';
import { mostRowNumbers } from './limits.js';
import type { OnnxNode } from './node.js';
import { graphOperatorOf } from './node-table.js';
import { requireOperators } from './operators/supported.js';
import { findPatterns } from './patterns.js';
import { toldPreparation } from './preparation.js';
import { quote } from './quote.js';
import { areCastToFloats } from './whole-inputs.js';

/**
 * Makes a net of any model whose nodes compute rows from rows. Where the model fixes the number of rows at 1 and mixes its
 * first dimension with others, the whole model becomes what is done with each row.
 * @throws BlasnetError `ERR_BAD_FILE` that names the node that does not fit
 */
export function graphNet(begin: () => Attempt, options: OnnxImportOptions, where: string): NeuralNet {
  if (options.batched === false) return attempt(begin(), 'whole', options, where);
  try {
    return attempt(begin(), 'rows', options, where);
  } catch (cause) {
    const { inputs } = begin().graph;
    const isSingle = options.batched === undefined && inputs.every(({ shape }) => shape?.[0] === 1);
    if (!(cause instanceof BlasnetError) || cause.code !== 'ERR_BAD_FILE' || !isSingle) throw cause;
    try {
      return attempt(begin(), 'single', options, where);
    } catch (second) {
      // The first error is about the model as it is meant.
      throw second instanceof BlasnetError && second.code === 'ERR_BAD_FILE' ? cause : second;
    }
  }
}

/** 'single': like 'whole', without the first dimension of length 1 in the net's inputs and outputs. */
type Way = 'rows' | 'whole' | 'single';

function attempt({ graph, budget }: Attempt, way: Way, options: OnnxImportOptions, where: string): NeuralNet {
  const state = new GraphImport(graph, way === 'rows' ? 'rows' : 'whole', {
    budget,
    where,
    namesOutputs: way !== 'single',
    follow: followNodes,
  });
  const inputs = graph.inputs.map((declared) => {
    const given = areCastToFloats(graph, declared) ? { ...declared, dtype: state.dtype } : declared;
    const rowsAt = rowsPlace(given, way, options);
    const rowShape = rowShapeOf(given, options.inputShape, where, way === 'whole' ? undefined : rowsAt);
    if (!(sizeOf(rowShape) <= mostRowNumbers) || rowShape.length > 7) {
      throw badFile(where, `rows of at most ${mostRowNumbers} numbers`, `rows of shape [${rowShape.join(', ')}]`);
    }
    const isIndex = given.dtype === 'int32' || given.dtype === 'bool';
    if (isIndex && way === 'single')
      throw badFile(where, 'floats as a row in front', `input ${quote(given.name)} of ${given.dtype}`);
    const name = graph.inputs.length > 1 ? { name: state.freeName(given.name) } : {};
    const node = input(rowShape, { ...name, ...(isIndex && { dtype: 'int32' }) });
    const led = () => new ReshapeLayer([1, ...rowShape]).apply(node, state.freeName(`${given.name} led`));
    state.setInput(given, way === 'single' ? led() : node, rowsAt);
    return node;
  });
  requireSameRows(state, way, options);
  follow(state);
  const found = state.finish();
  const outputs = way === 'single' ? found.map((node, i) => withoutFirst(state, node, graph.outputs[i]!)) : found;
  return netOf(state, inputs, outputs, options);
}

/** The rows of an output whose model has one row in front. */
function withoutFirst(state: GraphImport, node: Node, output: string): Node {
  const [first, ...row] = node.rowShape;
  const layer = new ReshapeLayer(first === 1 ? row : node.rowShape);
  return layer.apply(node, state.outputNames.get(output) ?? state.freeName('output'));
}

/** The dimension of an input that counts the rows. */
const rowsPlace = (given: GraphInput, way: Way, { inputShape }: OnnxImportOptions) =>
  way === 'rows' ? rowsPlaceOf(given, inputShape) : 0;

/** Inputs of different numbers of rows are not rows that belong together. */
function requireSameRows({ graph, where }: GraphImport, way: Way, options: OnnxImportOptions): void {
  if (way !== 'rows') return;
  const counts = new Set(graph.inputs.flatMap((given) => given.shape?.[rowsPlace(given, way, options)] ?? []));
  if (counts.size < 2) return;
  const received = graph.inputs.map(({ shape }) => `[${shape?.map((length) => length ?? '?').join(', ')}]`);
  throw badFile(where, 'inputs whose first dimension counts the rows', received.join(' and '));
}

function follow(state: GraphImport): void {
  const { nodes } = state.graph;
  const scalars = new Map<string, number | undefined>();
  const scalarOf = (name: string) => {
    if (!scalars.has(name)) scalars.set(name, scalarIn(state, name));
    return scalars.get(name);
  };
  // Patterns look at constants of the graph and at outputs of Constant nodes, which come first.
  for (const node of nodes) {
    if (node.operator !== 'Constant' || !graphOperatorOf(node)) continue;
    graphOperatorOf(node)!(state, node);
    node.requireAllRead();
    state.done.add(node);
  }
  const patterns = findPatterns(state.graph, scalarOf);
  for (const [node, pattern] of patterns) if (pattern.result === 'bothClasses') patterns.delete(node);
  requireOperators(nodes, (node) => graphOperatorOf(node) !== undefined || patterns.has(node), state.where);
  for (const node of nodes) {
    if (state.done.has(node)) continue;
    const pattern = patterns.get(node);
    if (!pattern) graphOperatorOf(node)!(state, node);
    else if (pattern.root === node) addPatternLayer(state, pattern);
    node.requireAllRead();
  }
}

/** Imports the nodes of a branch in order. */
function followNodes(state: GraphImport, nodes: readonly OnnxNode[]): void {
  requireOperators(nodes, (node) => graphOperatorOf(node) !== undefined, state.where);
  for (const node of nodes) {
    graphOperatorOf(node)!(state, node);
    node.requireAllRead();
  }
}

function scalarIn(state: GraphImport, name: string): number | undefined {
  const value = state.graph.constants.has(name) || state.value(name) ? state.value(name) : undefined;
  return value?.kind === 'constant' && value.values.length === 1 ? value.values[0] : undefined;
}

function netOf(
  state: GraphImport,
  all: readonly Node[],
  given: readonly Node[],
  { params = {}, name }: OnnxImportOptions,
): NeuralNet {
  const { graph } = state;
  const [only] = given.length === 1 ? given : [];
  const last = only?.layer;
  const isSoftmax = last instanceof ClassificationLayer;
  const isSigmoid = last instanceof ActivationLayer && last.kind === 'sigmoid';
  const recorded = graph.metadata.get(metadataKeys.netType);
  const natural: NetType = isSoftmax ? 'multipleClassifier' : isSigmoid ? 'binaryClassifier' : 'fitting';
  const netType = params.netType ?? (isSigmoid && recorded === 'fitting' ? recorded : natural);
  if (isSoftmax && netType !== natural)
    throw badArgument('netType', `'${natural}', since the model ends in Softmax,`, netType);
  const dtype = params.dtype ?? state.dtype;
  const outputs = given.map((node) => {
    if (node !== only || netType === 'fitting' || isSoftmax) return node;
    const layer = new ClassificationLayer(netType === 'binaryClassifier' ? 'sigmoid' : 'softmax');
    return isSigmoid && netType === 'binaryClassifier'
      ? layer.apply(node.inputs, node.name)
      : layer.apply(node, state.freeName(layer.kind));
  });
  const reached = reachedFrom(outputs);
  const inputs = all.filter((node) => reached.has(node));
  if (inputs.length === 0) throw badFile(state.where, 'outputs that depend on an input', 'constants');
  const net = NeuralNet.fromGraph(
    { inputs, outputs },
    new HyperParameters({ ...params, netType, dtype }),
    name ?? graph.name,
  );
  for (const layer of net.layers) {
    const weights = Object.entries(state.weightsFor(layer));
    if (weights.length === 0) continue;
    layer.allocateParameters();
    layer.setWeights(Object.fromEntries(weights.map(([key, { shape, values }]) => [key, Tensor.from(values, shape)])));
  }
  const told = toldPreparation(graph, state.where);
  const classes = told?.classes ?? graph.classes;
  const isFitting = classes?.length === Math.max(sizeOf(outputs[0]!.rowShape), 2);
  if (classes && isFitting && inputs.length === 1 && netType !== 'fitting') {
    // The nodes do the scaling themselves.
    const { rowShape, dtype: type } = inputs[0]!;
    net.preparation = { inputShape: rowShape, ...(type === 'int32' && { dtype: type }), classes };
  }
  return net;
}
