import { byName, type Preparation } from '../../data/preparation/preparation.js';
import {
  type Activation,
  ConcatenateLayer,
  EmbeddingLayer,
  embeddingSize,
  type HyperParameters,
  input,
  NeuralNet,
  type Node,
} from '../../index.js';
import { sizeOf } from '../../tensor/tensor.js';
import { layersOfWidths, widthsOf } from './widths.js';

/**
 * A net with an input for each embedded column, and one for all others: embeddings and the other features, joined, go through
 * fully connected layers of the listed widths.
 * @param outputs - numbers of a label, encoded
 */
export function netWithEmbeddings(
  params: HyperParameters,
  name: string,
  { preparation, outputs }: { readonly preparation: Preparation; readonly outputs: number },
  list: string,
  activation: Activation,
): NeuralNet {
  const inputs: Node[] = [];
  const parts: Node[] = [];
  let features = 0;
  for (const [inputName, { dtype, inputShape, columns }] of Object.entries(byName(preparation).inputs)) {
    if (dtype === undefined) {
      const node = input(inputShape, { name: inputName });
      inputs.push(node);
      parts.push(node);
      features += sizeOf(inputShape);
      continue;
    }
    const count = columns![0]!.categories!.length;
    const size = embeddingSize(count);
    const node = input([], { name: inputName, dtype: 'int32' });
    inputs.push(node);
    // Row 0 is for names that no training row has.
    parts.push(new EmbeddingLayer(count + 1, size).apply(node, `${inputName} embedding`));
    features += size;
  }
  let node = parts.length === 1 ? parts[0]! : new ConcatenateLayer().apply(parts, 'joined');
  for (const [layer, layerName] of layersOfWidths(params, widthsOf(list, features, outputs), activation)) {
    node = layer.apply(node, layerName);
  }
  return NeuralNet.fromGraph({ inputs, outputs: [node] }, params, name);
}
