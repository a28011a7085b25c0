// @internal
import {
  AveragePoolLayer,
  BatchNormLayer,
  ConvLayer,
  GlobalAveragePoolLayer,
  MaxPoolLayer,
} from '../../../layers/index.js';
import type { ImageShape } from '../../../layers/windows.js';
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { pairOf, windowsOf } from '../windows.js';

export function convolution(chain: Chain, node: OnnxNode): void {
  const inputShape = imagesOf(chain, node);
  const { shape, values, isFloat } = chain.constant(node, 1);
  if (shape.length !== 4 || !isFloat) throw node.bad('filters for images', `shape [${shape.join(', ')}]`);
  const [filters, channels, ...kernel] = shape as [number, number, number, number];
  const given = node.ints('kernel_shape');
  if (given && given.join() !== kernel.join())
    throw node.bad(`kernel_shape [${kernel.join(', ')}]`, `[${given.join(', ')}]`);
  const groups = node.int('group', 1);
  const { stride, dilation, padding, output } = windowsOf(node, inputShape, kernel, { sameFits: true });
  if (channels * groups !== inputShape[0]) {
    throw node.bad(`images of ${channels * groups} channels for its filters`, `${inputShape[0]}`);
  }
  const layer = node.naming(
    () => new ConvLayer({ inputShape, filters, kernelSize: kernel, stride, dilation, padding, groups }),
  );
  const [weights, biases] = [chain.floats(values.length), chain.floats(filters)];
  weights.set(values);
  if ((node.inputs[2] ?? '') !== '') biases.set(chain.vector(node, 2, filters).values);
  chain.add(node, layer, [filters, ...output], {
    W: { shape, values: weights },
    B: { shape: [1, filters], values: biases },
  });
}

export function maxPool(chain: Chain, node: OnnxNode): void {
  node.int('storage_order', 0); // of the indices, which we do not give
  pool(chain, node, MaxPoolLayer);
}

export function averagePool(chain: Chain, node: OnnxNode): void {
  const countsPadding = node.int('count_include_pad', 0) !== 0;
  const { isPadded } = pool(chain, node, AveragePoolLayer);
  if (isPadded && !countsPadding) throw node.bad('padding that counts as zeros (count_include_pad = 1)', 'another');
}

function pool(chain: Chain, node: OnnxNode, Pool: typeof MaxPoolLayer | typeof AveragePoolLayer) {
  const inputShape = imagesOf(chain, node);
  if (!node.ints('kernel_shape')) throw node.bad('a kernel_shape', 'none');
  const poolSize = pairOf(node, 'kernel_shape', 1);
  const windows = windowsOf(node, inputShape, poolSize, { sameFits: false });
  const { stride, dilation, padding, output } = windows;
  if (dilation.join() !== '1,1') throw node.bad('dilations of 1', `[${dilation.join(', ')}]`);
  const layer = node.naming(
    () => new Pool({ inputShape, poolSize, stride, padding: padding === 'same' ? 0 : padding }),
  );
  chain.add(node, layer, [inputShape[0], ...output]);
  return windows;
}

/** ONNX keeps the height and width of 1; our rows are vectors from there on. */
export function globalAveragePool(chain: Chain, node: OnnxNode): void {
  const inputShape = imagesOf(chain, node);
  chain.add(
    node,
    node.naming(() => new GlobalAveragePoolLayer({ inputShape })),
    [inputShape[0], 1, 1],
  );
}

export function batchNormalization(chain: Chain, node: OnnxNode): void {
  const [features] = chain.data(node).shape;
  node.requireInt('training_mode', 0, [0]);
  node.requireInt('spatial', 1, [1]);
  const [epsilon, momentum] = [node.float('epsilon', 1e-5), node.float('momentum', 0.9)];
  const layer = node.naming(() => new BatchNormLayer(features!, { epsilon, momentum }));
  const weights = ['gamma', 'beta', 'mean', 'var'].map((name, i) => {
    const { values } = chain.vector(node, i + 1, features!);
    const own = chain.floats(features!);
    own.set(values);
    return [name, { shape: [features!], values: own }] as const;
  });
  chain.add(node, layer, undefined, Object.fromEntries(weights));
}

function imagesOf(chain: Chain, node: OnnxNode): ImageShape {
  const { shape } = chain.data(node);
  if (shape.length !== 3) throw node.bad('rows that are images', `rows of shape [${shape.join(', ')}]`);
  return shape as ImageShape;
}
