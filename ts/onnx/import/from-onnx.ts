// @internal
import { BlasnetError, badArgument } from '../../core/errors.js';
import { checkOptions, fieldsOf } from '../../core/fields.js';
import { badFile } from '../../core/files.js';
import type { HyperParameterOptions } from '../../hyper-parameters.js';
import { ActivationLayer, ClassificationLayer } from '../../layers/index.js';
import type { NeuralNet } from '../../neural-net.js';
import { metadataKeys } from '../messages.js';
import { modelCodec } from '../schema.js';
import { Budget } from './budget.js';
import { Chain } from './chain.js';
import { readModelFile, withExternalData } from './files.js';
import { withConstants } from './given-constants.js';
import { type Graph, graphOf } from './graph.js';
import { rowShapeOf, rowsPlaceOf } from './input-shapes.js';
import { netOf } from './net-of-chain.js';
import { graphNet } from './net-of-graph.js';
import { operatorOf, requireSupported } from './operators/index.js';
import { isUnsupported } from './operators/supported.js';
import { isFoldable } from './operators/values.js';
import { checkedChoice } from './outputs.js';
import { findPatterns, type Pattern } from './patterns.js';
import { preparationOf } from './preparation.js';
import { quote } from './quote.js';

/** The shape of a row, or that of an input of the model, in which `'rows'` stands for the number of rows. */
type InputShape = readonly (number | 'rows')[];

/** Options of `NeuralNet.fromOnnx`. */
export interface OnnxImportOptions {
  /**
   * The net's hyperparameters. `netType` defaults to the type that the last layer implies: 'multipleClassifier' for Softmax,
   * 'binaryClassifier' for Sigmoid, else 'fitting'. For a classifier whose model ends in logits, softmax or
   * sigmoid is added, so that the net predicts probabilities. `dtype` defaults to that of the model.
   */
  readonly params?: Partial<HyperParameterOptions> | undefined;
  /** The net's name; default: the name of the graph. */
  readonly name?: string | undefined;
  /**
   * Shape of one row, where the model leaves it open; by the inputs' names where there are several. Of a model that has the rows in
   * another dimension than the first, the whole shape with `'rows'` in their place: `[5, 'rows', 8]`.
   */
  readonly inputShape?: InputShape | Readonly<Record<string, InputShape>> | undefined;
  /**
   * Whether the first dimension of the model's inputs and outputs counts the rows; default true. With false, each row of the
   * net is all that the model takes, its first dimension included.
   */
  readonly batched?: boolean | undefined;
  /**
   * The outputs of the model that the net computes, by name. Default: all outputs of floating-point numbers. Nodes and inputs
   * that they do not depend on are left out.
   */
  readonly outputs?: string | readonly string[] | undefined;
  /** Numbers of inputs by their names, such as a sample rate: they become part of the net, which has the other inputs. */
  readonly constants?: Readonly<Record<string, number | readonly number[]>> | undefined;
  /** Limit on the bytes of the model's files together; default 2 GiB. */
  readonly maxBytes?: number | undefined;
}

/** Limit on the memory for decoded numbers and weights, as a multiple of the files' bytes: weights, gradients, another dtype. */
const memoryPerByte = 16;
const memoryAtLeast = 2 ** 24;

/** Implements `NeuralNet.fromOnnx`. */
export async function readOnnx(file: string, options: OnnxImportOptions = {}): Promise<NeuralNet> {
  if (typeof file !== 'string' || file === '') throw badArgument('path', 'the name of a file', file);
  checkOptions(options, ['params', 'name', 'inputShape', 'batched', 'outputs', 'constants', 'maxBytes']);
  const { maxBytes = 2 ** 31 - 1, params = {} } = options;
  fieldsOf('params', params);
  const { batched = true } = options;
  if (typeof batched !== 'boolean') throw badArgument('batched', 'true or false', batched);
  checkedChoice(options.outputs);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw badArgument('maxBytes', 'a whole number above 0', maxBytes);
  const files = new Budget(maxBytes, `'${file}'`);
  return fromBytes(await readModelFile(file, files), file, options, files);
}

/**
 * Makes a net of an encoded model.
 * @param file - path of the model: for messages, and for the files with its weights
 * @param files - counts the bytes of these
 */
export async function fromBytes(
  bytes: Uint8Array,
  file: string,
  options: OnnxImportOptions,
  files: Budget,
): Promise<NeuralNet> {
  const where = `'${file}'`;
  const { decode } = await modelCodec();
  const model = withConstants(await withExternalData(decode(bytes, where), file, files), options.constants, where);
  const size = bytes.length + files.used;
  /** Nodes remember which attributes were read, and memory is counted: each attempt has its own. */
  const begin = () => ({
    graph: graphOf(model, where, options.outputs),
    budget: new Budget(size * memoryPerByte + memoryAtLeast, where),
  });
  if (!isChainWanted(begin().graph, options)) return graphNet(begin, options, where);
  const chain = chainNet(begin(), options, where);
  if (!(chain instanceof BlasnetError)) return chain;
  const graph = refusedOr(() => graphNet(begin, options, where));
  if (!(graph instanceof BlasnetError)) return graph;
  // Of a model whose operators only chains have, the chain says what is wrong.
  throw isUnsupported(graph) && !isUnsupported(chain) ? chain : graph;
}

/** Returns the result of `make`, or its error that says why a model does not fit. */
function refusedOr<Result>(make: () => Result): Result | BlasnetError {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof BlasnetError) || cause.code !== 'ERR_BAD_FILE') throw cause;
    return cause;
  }
}

/** An attempt to import the model. */
export interface Attempt {
  readonly graph: Graph;
  readonly budget: Budget;
}

const isChainWanted = ({ inputs, outputs }: Graph, { batched = true, inputShape }: OnnxImportOptions) =>
  inputs.length === 1 &&
  outputs.length === 1 &&
  batched &&
  inputs[0]!.dtype !== 'int32' &&
  inputs[0]!.dtype !== 'bool' &&
  rowsPlaceOf(inputs[0]!, inputShape) === 0;

/** Makes a net of a model whose nodes are a chain of layers; returns the error of one that is not. */
function chainNet({ graph, budget }: Attempt, options: OnnxImportOptions, where: string): NeuralNet | BlasnetError {
  const inputShape = rowShapeOf(graph.inputs[0]!, options.inputShape, where, 0);
  const made = refusedOr(() => {
    const chain = new Chain(graph, inputShape, budget, where);
    follow(chain);
    return { chain, net: netOf(chain, options) };
  });
  if (made instanceof BlasnetError) return made;
  const { chain, net } = made;
  const prepared = () => {
    net.preparation = preparationOf(chain, inputShape, net);
    return net;
  };
  // Metadata that are wrong are so for any kind of net.
  return graph.metadata.has(metadataKeys.preparation) ? prepared() : refusedOr(prepared);
}

/** Imports all nodes in the order of the graph, constants first. */
function follow(chain: Chain): void {
  const { nodes, outputs } = chain.graph;
  const output = outputs[0]!;
  const done = new Set<unknown>();
  for (const node of nodes) {
    if (!isFoldable(chain, node)) continue;
    operatorOf(node)!(chain, node);
    node.requireAllRead();
    done.add(node);
  }
  const patterns = findPatterns(chain.graph, (name) => scalarOf(chain, name));
  requireSupported(nodes, patterns, chain.where);
  for (const node of nodes) {
    if (done.has(node)) continue;
    const pattern = patterns.get(node);
    if (!pattern) operatorOf(node)!(chain, node);
    else if (pattern.root === node) addPattern(chain, pattern);
    node.requireAllRead();
  }
  if (chain.tip.name !== output) {
    const expected = `a chain of layers from the input to ${quote(output)}`;
    const received = chain.tip.node ? `a chain that ends at ${chain.tip.node.where}` : 'none';
    throw badFile(chain.where, expected, received);
  }
  if (chain.tip.zeros) {
    throw chain.tip.node!.bad('padding only in front of a convolution or average pool', 'padding at the end');
  }
  if (!isEnd(chain)) {
    const received = `[${chain.rowShape.join(', ')}]`;
    throw badFile(chain.where, `rows of shape [${chain.tip.shape.join(', ')}] at the end of a chain`, received);
  }
  if (chain.steps.length === 0) throw badFile(chain.where, 'at least one layer', 'none');
}

/** Whether the net's rows have the shape of the model's: vectors will do where probabilities are of one row. */
function isEnd({ tip, rowShape, steps, bothClasses, exit }: Chain): boolean {
  const isClassifier = steps.at(-1)?.layer instanceof ClassificationLayer;
  return tip.shape.join() === rowShape.join() || isClassifier || bothClasses !== undefined || exit !== undefined;
}

function addPattern(chain: Chain, { result, root, input }: Pattern): void {
  const { shape, step } = chain.dataNamed(root, input);
  if (result !== 'bothClasses') {
    chain.add(root, new ActivationLayer(result));
    return;
  }
  const isSigmoid = step?.layer instanceof ActivationLayer && step.layer.kind === 'sigmoid';
  if (!isSigmoid || shape.join() !== '1' || chain.rowShape.join() !== '1') {
    throw root.bad('[1 − p, p] of one probability p, from Sigmoid,', `rows of shape [${shape.join(', ')}]`);
  }
  chain.bothClasses = root;
  chain.pass(root, [2]);
}

function scalarOf(chain: Chain, name: string): number | undefined {
  const tensor = chain.graph.constants.get(name);
  if (tensor && tensor.dims.length > 0 && tensor.dims.some((dim) => Number(dim) !== 1)) return undefined;
  const value = chain.value(name);
  return value?.kind === 'constant' && value.values.length === 1 ? value.values[0] : undefined;
}
