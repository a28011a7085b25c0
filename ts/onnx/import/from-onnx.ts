// @internal
import { badArgument } from '../../errors.js';
import { checkOptions, fieldsOf } from '../../fields.js';
import { badFile } from '../../files.js';
import { type HyperParameterOptions, HyperParameters } from '../../hyper-parameters.js';
import { ActivationLayer, ClassificationLayer } from '../../layers/index.js';
import type { NetType } from '../../losses/index.js';
import { NeuralNet } from '../../neural-net.js';
import { Tensor } from '../../tensor.js';
import { metadataKeys } from '../messages.js';
import { modelCodec } from '../schema.js';
import { Budget } from './budget.js';
import { Chain } from './chain.js';
import { readModelFile, withExternalData } from './files.js';
import { type Graph, graphOf } from './graph.js';
import { operatorOf } from './operators/index.js';
import { findPatterns } from './patterns.js';
import { preparationOf } from './preparation.js';
import { quote } from './quote.js';

export interface OnnxImportOptions {
  /**
   * The net's hyperparameters. `netType` is by default what the last layer says: 'multipleClassifier' for Softmax,
   * 'binaryClassifier' for Sigmoid, else 'fitting'. Where it is a classifier and the model ends in logits, softmax or
   * sigmoid is added, so that the net predicts probabilities. `dtype` is by default the model's.
   */
  readonly params?: Partial<HyperParameterOptions> | undefined;
  /** The net's name; default: the graph's. */
  readonly name?: string | undefined;
  /** Shape of one row, where the model leaves it open. */
  readonly inputShape?: readonly number[] | undefined;
  /** Bytes of the model's files together, at most; default 2 GiB. */
  readonly maxBytes?: number | undefined;
}

/** Numbers decoded and weights made may take so many times the bytes of the files: weights, gradients, other dtype. */
const memoryPerByte = 16;
const memoryAtLeast = 2 ** 24;

/** As `NeuralNet.fromOnnx`, which documents it. */
export async function readOnnx(file: string, options: OnnxImportOptions = {}): Promise<NeuralNet> {
  if (typeof file !== 'string' || file === '') throw badArgument('path', 'the name of a file', file);
  checkOptions(options, ['params', 'name', 'inputShape', 'maxBytes']);
  const { maxBytes = 2 ** 31 - 1, params = {} } = options;
  fieldsOf('params', params);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw badArgument('maxBytes', 'a whole number above 0', maxBytes);
  const files = new Budget(maxBytes, `'${file}'`);
  return fromBytes(await readModelFile(file, files), file, options, files);
}

/**
 * The net of a model.
 * @param file - where the model comes from: for messages, and for the files with its weights
 * @param files - counts what is read of these
 */
export async function fromBytes(
  bytes: Uint8Array,
  file: string,
  options: OnnxImportOptions,
  files: Budget,
): Promise<NeuralNet> {
  const where = `'${file}'`;
  const { decode } = await modelCodec();
  const graph = graphOf(await withExternalData(decode(bytes, where), file, files), where);
  const memory = new Budget((bytes.length + files.used) * memoryPerByte + memoryAtLeast, where);
  const inputShape = inputShapeOf(graph, options, where);
  const chain = new Chain(graph, inputShape, memory, where);
  follow(chain);
  const net = netOf(chain, options);
  net.preparation = preparationOf(chain, inputShape, net.params.netType === 'fitting');
  return net;
}

/** Goes through all nodes. */
function follow(chain: Chain): void {
  const { nodes, output } = chain.graph;
  const constants = nodes.filter(({ operator, domain }) => operator === 'Constant' && domain === '');
  for (const node of constants) {
    operatorOf(node)(chain, node);
    node.requireAllRead();
  }
  const patterns = findPatterns(chain.graph, (name) => scalarOf(chain, name));
  for (const node of nodes) {
    if (node.operator === 'Constant' && node.domain === '') continue;
    const pattern = patterns.get(node);
    if (!pattern) operatorOf(node)(chain, node);
    else if (pattern.root === node) {
      chain.dataNamed(node, pattern.input);
      chain.add(node, new ActivationLayer(pattern.activation));
    }
    node.requireAllRead();
  }
  if (chain.tip.name !== output) {
    const expected = `a chain of layers from the input to ${quote(output)}`;
    const received = chain.tip.node ? `one that ends at ${chain.tip.node.where}` : 'none';
    throw badFile(chain.where, expected, received);
  }
  if (chain.steps.length === 0) throw badFile(chain.where, 'at least one layer', 'none');
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
    return inputShape;
  }
  const row = input.shape?.slice(1) ?? [];
  const known = row.filter((size) => size !== undefined);
  if (row.length === 0 || known.length < row.length) {
    const received = input.shape ? `[${input.shape.map((size) => size ?? '?').join(', ')}]` : 'none';
    throw badFile(where, `a shape of rows as input ${quote(input.name)} (or the option inputShape)`, received);
  }
  return known;
}

/** The net of a chain that is at its end. */
function netOf(chain: Chain, { params = {}, name }: OnnxImportOptions): NeuralNet {
  const { graph, steps } = chain;
  const { layer: last, node: lastNode } = steps.at(-1)!;
  const early = steps.find(({ layer }, i) => layer instanceof ClassificationLayer && i < steps.length - 1);
  if (early) throw early.node.bad('Softmax as the last layer', 'layers behind it');
  const isSoftmax = last instanceof ClassificationLayer;
  const isSigmoid = last instanceof ActivationLayer && last.kind === 'sigmoid';
  const recorded = graph.metadata.get(metadataKeys.netType);
  const natural: NetType = isSoftmax ? 'multipleClassifier' : isSigmoid ? 'binaryClassifier' : 'fitting';
  const netType = params.netType ?? (isSigmoid && recorded === 'fitting' ? recorded : natural);
  const dtype = params.dtype ?? graph.input.dtype;
  const net = new NeuralNet(new HyperParameters({ ...params, netType, dtype }), name ?? graph.name);
  const fits = isSoftmax ? netType === natural : !isSigmoid || netType !== 'multipleClassifier';
  if (!fits) throw badArgument('netType', `'${natural}', since the last layer is ${lastNode.where}`, netType);
  const isReplaced = isSigmoid && netType === 'binaryClassifier';
  const names = new Set<string>();
  for (const { node, layer, weights } of steps) {
    const added = isReplaced && layer === last ? new ClassificationLayer('sigmoid') : layer;
    node.naming(() =>
      net.addLayer(added, layerName(node.name, `${layer.kind.replaceAll(' ', '-')}-${names.size + 1}`, names)),
    );
    const tensors = Object.entries(weights).map(
      ([key, { shape, values }]) => [key, Tensor.from(values, shape)] as const,
    );
    added.setWeights(Object.fromEntries(tensors));
  }
  if (netType !== 'fitting' && !isSoftmax && !isReplaced) {
    net.addLayer(new ClassificationLayer(netType === 'binaryClassifier' ? 'sigmoid' : 'softmax'));
  }
  return net;
}

/** A node's name as a layer's: `/fc1/Gemm`, as PyTorch has it, becomes `fc1`. Another one where it is taken. */
function layerName(node: string, fallback: string, taken: Set<string>): string {
  const parts = node.split(/[/\\]/).filter((part) => part !== '');
  if (parts.length > 1) parts.pop();
  let name = parts.join('.');
  if (!/^\P{C}{1,60}$/u.test(name) || /^\.+$/.test(name) || taken.has(name)) name = fallback;
  while (taken.has(name)) name += "'";
  taken.add(name);
  return name;
}
