// @internal
import {
  AveragePoolLayer,
  BatchNormLayer,
  ConvLayer,
  GlobalAveragePoolLayer,
  MaxPoolLayer,
} from '../../../layers/index.js';
import type { ImageShape } from '../../../ops/windows.js';
import type { Chain } from '../chain.js';
import type { OnnxNode } from '../node.js';
import { quote } from '../quote.js';
import type { DataValue } from '../values.js';
import { type ImportedWindows, pairOf, windowsOf } from '../windows.js';

/** Conv with constant filters: a convolution layer. */
export function convolution(chain: Chain, node: OnnxNode): void {
  const images = chain.dataWithZeros(node);
  const inputShape = imageShapeOf(node, images);
  const { shape, values, isFloat } = chain.constant(node, 1);
  if (shape.length !== 4 || !isFloat) throw node.bad('filters for images', `shape [${shape.join(', ')}]`);
  const [filters, channels, ...kernel] = shape as [number, number, number, number];
  const given = node.ints('kernel_shape');
  if (given && given.join() !== kernel.join())
    throw node.bad(`kernel_shape [${kernel.join(', ')}]`, `[${given.join(', ')}]`);
  const groups = node.int('group', 1);
  const { stride, dilation, padding, output } = windowsOf(node, images, kernel, 'convolution');
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

/** MaxPool: its answer depends on the numbers in each window only, so any padding that the layer has will do. */
export function maxPool(chain: Chain, node: OnnxNode): void {
  node.int('storage_order', 0); // of the second output, which no layer computes
  pool(chain, node, MaxPoolLayer, chain.data(node));
}

/**
 * AveragePool: the layer divides the sum of each window by the size of the window. ONNX does so unless a window holds
 * padding that does not count, or reaches beyond the padding.
 */
export function averagePool(chain: Chain, node: OnnxNode): void {
  const countsPadding = node.int('count_include_pad', 0) !== 0;
  const { isPadded, isCut } = pool(chain, node, AveragePoolLayer, chain.dataWithZeros(node));
  if (isCut)
    throw node.bad('windows within the image and its padding', 'ceil_mode with windows that reach beyond them');
  if (isPadded && !countsPadding) {
    throw node.bad('padding that counts as zeros (count_include_pad = 1)', 'count_include_pad = 0 with padding');
  }
}

type PoolClass = typeof MaxPoolLayer | typeof AveragePoolLayer;

function pool(chain: Chain, node: OnnxNode, Pool: PoolClass, images: DataValue): ImportedWindows {
  const inputShape = imageShapeOf(node, images);
  if (!node.ints('kernel_shape')) throw node.bad('a kernel_shape', 'none');
  const poolSize = pairOf(node, 'kernel_shape', 1);
  const windows = windowsOf(node, images, poolSize, 'pool');
  const { stride, dilation, padding, output } = windows;
  if (dilation.join() !== '1,1') throw node.bad('dilations of 1', `[${dilation.join(', ')}]`);
  const layer = node.naming(
    () => new Pool({ inputShape, poolSize, stride, padding: padding === 'same' ? 0 : padding }),
  );
  chain.add(node, layer, [inputShape[0], ...output]);
  return windows;
}

/** GlobalAveragePool: ONNX keeps the height and width of 1; the rows of the net are vectors from there on. */
export function globalAveragePool(chain: Chain, node: OnnxNode): void {
  const inputShape = imageShapeOf(node, chain.data(node));
  chain.add(
    node,
    node.naming(() => new GlobalAveragePoolLayer({ inputShape })),
    [inputShape[0], 1, 1],
  );
}

/** ReduceMean over height and width, as PyTorch's newer exporter writes AdaptiveAvgPool2d(1). */
export function reduceMean(chain: Chain, node: OnnxNode): void {
  const inputShape = imageShapeOf(node, chain.data(node));
  const keeps = node.int('keepdims', 1) !== 0;
  node.int('noop_with_empty_axes', 0);
  const axes = node.ints('axes') ?? Array.from(chain.optionalConstant(node, 1)?.values ?? []);
  const places = axes.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  if (places.join() !== '2,3') {
    throw node.bad('the mean over height and width (axes 2 and 3)', `axes [${axes.slice(0, 9).join(', ')}]`);
  }
  const [channels] = inputShape;
  const layer = node.naming(() => new GlobalAveragePoolLayer({ inputShape }));
  chain.add(node, layer, keeps ? [channels, 1, 1] : [channels]);
}

/** BatchNormalization with constant statistics: a batch norm layer. */
export function batchNormalization(chain: Chain, node: OnnxNode): void {
  const [features] = chain.data(node).shape;
  // Before operator set 14, more outputs than one meant that statistics are taken from the batch.
  const others = node.outputs.slice(1).find((name) => name !== '');
  if (others !== undefined)
    throw node.bad('batch normalization for inference, with one output', `output ${quote(others)}`);
  node.requireInt('training_mode', 0, [0]);
  node.requireInt('spatial', 1, [1]);
  const [epsilon, momentum] = [node.float('epsilon', 1e-5), node.float('momentum', 0.9)];
  const layer = node.naming(
    () => new BatchNormLayer(features!, { epsilon, momentum, channelsFirst: chain.data(node).shape.length === 2 }),
  );
  const weights = ['gamma', 'beta', 'mean', 'var'].map((name, i) => {
    const { values } = chain.vector(node, i + 1, features!);
    const own = chain.floats(features!);
    own.set(values);
    return [name, { shape: [features!], values: own }] as const;
  });
  chain.add(node, layer, undefined, Object.fromEntries(weights));
}

/** Pad with zeros around images: PyTorch's older exporter puts it in front of an average pool that counts its padding. */
export function pad(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  const mode = node.string('mode', 'constant');
  if (mode !== 'constant') throw node.bad("mode = 'constant'", quote(mode));
  const value = chain.optionalConstant(node, 2)?.values[0] ?? node.float('value', 0);
  if (value !== 0) throw node.bad('zeros', `${value}`);
  if ((node.inputs[3] ?? '') !== '') throw node.bad('pads for all axes', 'pads for some of them');
  const pads = node.ints('pads') ?? Array.from(chain.constant(node, 1).values);
  const [top, left, bottom, right] = [pads[2], pads[3], pads[6], pads[7]];
  const others = [pads[0], pads[1], pads[4], pads[5]];
  const isAround = shape.length === 3 && pads.length === 8 && others.every((count) => count === 0);
  if (!isAround || !pads.every((count) => count >= 0 && count < 2 ** 31)) {
    throw node.bad('zeros around images', `pads [${pads.slice(0, 9).join(', ')}] for rows of [${shape.join(', ')}]`);
  }
  chain.surround(node, [top!, left!, bottom!, right!]);
}

function imageShapeOf(node: OnnxNode, { shape }: DataValue): ImageShape {
  if (shape.length !== 3) throw node.bad('rows that are images', `rows of shape [${shape.join(', ')}]`);
  return shape as ImageShape;
}
