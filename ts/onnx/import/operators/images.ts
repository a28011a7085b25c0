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
import { quote } from '../quote.js';
import type { DataValue } from '../values.js';
import { type ImportedWindows, pairOf, windowsOf } from '../windows.js';

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
  const { stride, dilation, padding, output } = windowsOf(node, images, kernel, { sameFits: true });
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
  pool(chain, node, MaxPoolLayer, chain.data(node));
}

export function averagePool(chain: Chain, node: OnnxNode): void {
  const countsPadding = node.int('count_include_pad', 0) !== 0;
  const { isPadded } = pool(chain, node, AveragePoolLayer, chain.dataWithZeros(node));
  if (isPadded && !countsPadding) throw node.bad('padding that counts as zeros (count_include_pad = 1)', 'another');
}

type PoolClass = typeof MaxPoolLayer | typeof AveragePoolLayer;

function pool(chain: Chain, node: OnnxNode, Pool: PoolClass, images: DataValue): ImportedWindows {
  const inputShape = imageShapeOf(node, images);
  if (!node.ints('kernel_shape')) throw node.bad('a kernel_shape', 'none');
  const poolSize = pairOf(node, 'kernel_shape', 1);
  const windows = windowsOf(node, images, poolSize, { sameFits: false });
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
  const inputShape = imageShapeOf(node, chain.data(node));
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

/** Zeros around images: what PyTorch puts in front of an average pool that counts its padding. */
export function pad(chain: Chain, node: OnnxNode): void {
  const { shape } = chain.data(node);
  const mode = node.string('mode', 'constant');
  if (mode !== 'constant') throw node.bad("mode = 'constant'", quote(mode));
  const value = chain.optionalConstant(node, 2)?.values[0] ?? node.float('value', 0);
  if (value !== 0) throw node.bad('zeros', `${value}`);
  if ((node.inputs[3] ?? '') !== '') throw node.bad('pads for all axes', 'for some');
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
