// @internal
import { badArgument } from '../../core/errors.js';
import type { NetType } from '../../core/net-type.js';
import { HyperParameters } from '../../hyper-parameters.js';
import { ActivationLayer, ClassificationLayer, FullyConnectedLayer } from '../../layers/index.js';
import { NeuralNet } from '../../neural-net.js';
import { Tensor } from '../../tensor/tensor.js';
import { metadataKeys } from '../messages.js';
import type { Chain, Step } from './chain.js';
import type { OnnxImportOptions } from './from-onnx.js';
import { nodeLayerName } from './limits.js';

/**
 * Makes the net of a finished chain: decides on the net's type, and adds the layers with their weights.
 * @throws BlasnetError `ERR_BAD_ARGUMENT` for a `netType` that the last layer excludes, `ERR_BAD_FILE` for layers behind Softmax
 */
export function netOf(chain: Chain, { params = {}, name }: OnnxImportOptions): NeuralNet {
  const { graph } = chain;
  const hasBoth = chain.bothClasses !== undefined && params.netType !== 'binaryClassifier';
  const steps = hasBoth ? withTwoOutputs(chain) : chain.steps;
  const { layer: last, node: lastNode } = steps.at(-1)!;
  const early = steps.find(({ layer }, i) => layer instanceof ClassificationLayer && i < steps.length - 1);
  if (early) throw early.node.bad('Softmax as the last layer', 'layers behind it');
  const isSoftmax = last instanceof ClassificationLayer;
  const isSigmoid = last instanceof ActivationLayer && last.kind === 'sigmoid';
  const recorded = graph.metadata.get(metadataKeys.netType);
  const natural: NetType = isSoftmax ? 'multipleClassifier' : isSigmoid ? 'binaryClassifier' : 'fitting';
  const netType = params.netType ?? (isSigmoid && recorded === 'fitting' ? recorded : natural);
  const dtype = params.dtype ?? chain.dtype;
  const net = new NeuralNet(new HyperParameters({ ...params, netType, dtype }), name ?? graph.name);
  const fits = isSoftmax ? netType === natural : !isSigmoid || netType !== 'multipleClassifier';
  if (!fits) throw badArgument('netType', `'${natural}', since the last layer is ${lastNode.where},`, netType);
  const isReplaced = isSigmoid && netType === 'binaryClassifier';
  const names = new Set<string>();
  for (const { node, layer, weights } of steps) {
    const added = isReplaced && layer === last ? new ClassificationLayer('sigmoid') : layer;
    node.naming(() =>
      net.addLayer(added, nodeLayerName(node.name, `${layer.kind.replaceAll(' ', '-')}-${names.size + 1}`, names)),
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

/**
 * The layers for [1 − p, p] of p = σ(z): softmax of the two logits 0 and z, which is the same.
 * The fully connected layer that computes z gets a second output, which is 0.
 */
function withTwoOutputs(chain: Chain): readonly Step[] {
  const { steps, bothClasses } = chain;
  const dense = steps.at(-2);
  const isDense = dense?.layer instanceof FullyConnectedLayer;
  const { W, B } = isDense ? dense.weights : {};
  const inputs = W?.shape[0] ?? 1;
  const [weights, biases] = [chain.floats(2 * inputs), chain.floats(2)];
  for (let i = 0; i < inputs; i++) weights[2 * i + 1] = W?.values[i] ?? 1;
  biases[1] = B?.values[0] ?? 0;
  return [
    ...steps.slice(0, isDense ? -2 : -1),
    {
      node: isDense ? dense.node : bothClasses!,
      layer: new FullyConnectedLayer(inputs, 2),
      weights: { W: { shape: [inputs, 2], values: weights }, B: { shape: [1, 2], values: biases } },
    },
    { node: steps.at(-1)!.node, layer: new ClassificationLayer('softmax'), weights: {} },
  ];
}
