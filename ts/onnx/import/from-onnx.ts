// @internal
import { badArgument } from '../../core/errors.js';
import { checkOptions, fieldsOf } from '../../core/fields.js';
import { badFile } from '../../core/files.js';
import type { HyperParameterOptions } from '../../hyper-parameters.js';
import { ActivationLayer } from '../../layers/index.js';
import type { NeuralNet } from '../../neural-net.js';
import { modelCodec } from '../schema.js';
import { Budget } from './budget.js';
import { Chain } from './chain.js';
import { readModelFile, withExternalData } from './files.js';
import { type Graph, type GraphInput, graphOf } from './graph.js';
import { netOf } from './net-of-chain.js';
import { operatorOf, requireSupported } from './operators/index.js';
import { isFoldable } from './operators/values.js';
import { checkedChoice } from './outputs.js';
import { findPatterns, type Pattern } from './patterns.js';
import { preparationOf } from './preparation.js';
import { quote } from './quote.js';

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
  /** Shape of one row, where the model leaves it open. */
  readonly inputShape?: readonly number[] | undefined;
  /**
   * The output of the model that the net computes, by name; a list may hold one name. Default: the only output of
   * floating-point numbers. Nodes that this output does not depend on are left out.
   */
  readonly outputs?: string | readonly string[] | undefined;
  /** Limit on the bytes of the model's files together; default 2 GiB. */
  readonly maxBytes?: number | undefined;
}

/** Limit on the memory for decoded numbers and weights, as a multiple of the files' bytes: weights, gradients, another dtype. */
const memoryPerByte = 16;
const memoryAtLeast = 2 ** 24;

/** Implements `NeuralNet.fromOnnx`. */
export async function readOnnx(file: string, options: OnnxImportOptions = {}): Promise<NeuralNet> {
  if (typeof file !== 'string' || file === '') throw badArgument('path', 'the name of a file', file);
  checkOptions(options, ['params', 'name', 'inputShape', 'outputs', 'maxBytes']);
  const { maxBytes = 2 ** 31 - 1, params = {} } = options;
  fieldsOf('params', params);
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
  const graph = graphOf(await withExternalData(decode(bytes, where), file, files), where, options.outputs);
  const memory = new Budget((bytes.length + files.used) * memoryPerByte + memoryAtLeast, where);
  const inputShape = inputShapeOf(graph, options, where);
  const chain = new Chain(graph, inputShape, memory, where);
  follow(chain);
  const net = netOf(chain, options);
  net.preparation = preparationOf(chain, inputShape, net);
  return net;
}

/** Imports all nodes in the order of the graph, constants first. */
function follow(chain: Chain): void {
  const { nodes, output } = chain.graph;
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
    throw chain.tip.node!.bad('zeros around images only in front of a convolution or average pool', 'them at the end');
  }
  if (chain.steps.length === 0) throw badFile(chain.where, 'at least one layer', 'none');
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

function inputShapeOf({ input }: Graph, { inputShape }: OnnxImportOptions, where: string): readonly number[] {
  if (inputShape !== undefined) {
    const isShape = Array.isArray(inputShape) && inputShape.every((size) => Number.isSafeInteger(size) && size > 0);
    if (!isShape || inputShape.length === 0) throw badArgument('inputShape', 'the shape of one row', inputShape);
    requireAgreement(input, inputShape, where);
    return inputShape;
  }
  const row = input.shape?.slice(1) ?? [];
  const known = row.filter((size) => size !== undefined);
  if (row.length === 0 || known.length < row.length) {
    const received = input.shape ? `[${input.shape.map((size) => size ?? '?').join(', ')}]` : 'none';
    const expected = `a shape of rows for input ${quote(input.name)}, or the option inputShape with the shape of one row,`;
    throw badFile(where, expected, received);
  }
  return known;
}

/** The option may fill in the dimensions that the model leaves open, and change no other. */
function requireAgreement({ name, shape }: GraphInput, given: readonly number[], where: string): void {
  if (!shape) return;
  const row = shape.slice(1);
  if (row.length === given.length && row.every((size, i) => size === undefined || size === given[i])) return;
  const declared = row.map((size) => size ?? 'any').join(', ');
  throw badArgument(
    'inputShape',
    `the shape [${declared}] of input ${quote(name)} in ${where}`,
    `[${given.join(', ')}]`,
  );
}
