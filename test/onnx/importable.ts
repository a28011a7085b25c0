import { uniforms } from '../support/numerics.js';
import { type ModelSpec, type NodeSpec, tensor, whole } from './models.js';

export const random = (name: string, ...dims: number[]) =>
  tensor(
    name,
    dims,
    Float32Array.from(
      uniforms(
        dims.reduce((product, size) => product * size, 1),
        name.length + dims.length,
      ),
    ),
  );

export const dense = [random('w', 3, 2), random('b', 2)];
export const filters = random('f', 2, 1, 3, 2);
export const images = { inputShape: ['n', 1, 5, 6] };

/** A net of one convolution. */
export const convolution = (attributes: NonNullable<NodeSpec['attributes']>): ModelSpec => ({
  ...images,
  tensors: [filters],
  nodes: [['Conv', ['x', 'f'], 'y', { attributes }]],
});
const pool = (operator: string, attributes: NonNullable<NodeSpec['attributes']>, opset = 17): ModelSpec => ({
  ...images,
  opset,
  nodes: [[operator, ['x'], 'y', { attributes: { kernel_shape: [2, 3], ...attributes } }]],
});
export const activation = (
  operator: string,
  attributes: NonNullable<NodeSpec['attributes']> = {},
  opset = 17,
): ModelSpec => ({
  opset,
  nodes: [[operator, ['x'], 'y', { attributes }]],
});
const flattened = (nodes: ModelSpec['nodes'], more: Partial<ModelSpec> = {}): ModelSpec => ({
  inputShape: ['n', 1, 3, 1],
  ...more,
  tensors: [...dense, ...(more.tensors ?? [])],
  nodes: [['Relu', ['x'], 'r'], ...nodes, ['Gemm', ['flat', 'w', 'b'], 'y']],
});

/** Models that we read, and that onnxruntime runs. */
export const importable: Readonly<Record<string, ModelSpec>> = {
  'Gemm with all its attributes': {
    tensors: [random('w', 2, 3), random('b', 1, 2)],
    nodes: [['Gemm', ['x', 'w', 'b'], 'y', { attributes: { transB: 1, alpha: { float: 0.5 }, beta: { float: -2 } } }]],
  },
  'Gemm with a bias of one number': {
    tensors: [random('w', 3, 2), random('b')],
    nodes: [['Gemm', ['x', 'w', 'b'], 'y']],
  },
  'Gemm without a bias': { tensors: [random('w', 3, 2)], nodes: [['Gemm', ['x', 'w'], 'y']] },
  'MatMul and Add, the bias first': {
    tensors: dense,
    nodes: [
      ['MatMul', ['x', 'w'], 'm'],
      ['Add', ['b', 'm'], 'y'],
    ],
  },
  'Gemm and Add': {
    tensors: [...dense, random('c', 1, 2)],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'm'],
      ['Add', ['m', 'c'], 'y'],
    ],
  },
  'a constant of a node, by way of Identity': {
    tensors: [random('b', 2)],
    nodes: [
      ['Constant', [], 'c', { attributes: { value: { tensor: random('', 3, 2) } } }],
      ['Identity', ['c'], 'w'],
      ['Identity', ['x'], 'i'],
      ['Gemm', ['i', 'w', 'b'], 'y'],
    ],
  },
  'convolution, auto_pad VALID': convolution({ auto_pad: 'VALID' }),
  'convolution, auto_pad SAME_UPPER': convolution({ auto_pad: 'SAME_UPPER', strides: [2, 1] }),
  'convolution, pads at the end only': convolution({ pads: [1, 0, 1, 1] }),
  'convolution, pads at the end that no window reaches': convolution({ pads: [0, 0, 1, 0], strides: [2, 1] }),
  'convolution, and a bias by Add': {
    ...images,
    tensors: [filters, random('b', 1, 2, 1, 1)],
    nodes: [
      ['Conv', ['x', 'f'], 'c'],
      ['Add', ['c', 'b'], 'y'],
    ],
  },
  'convolution of what Pad has surrounded': {
    ...images,
    tensors: [filters, whole('p', [0, 0, 1, 0, 0, 0, 1, 1])],
    nodes: [
      ['Pad', ['x', 'p'], 'z'],
      ['Conv', ['z', 'f'], 'y'],
    ],
  },
  'max pool, ceil_mode that changes nothing': pool('MaxPool', { ceil_mode: 1, strides: [1, 3] }),
  'max pool, pads': pool('MaxPool', { pads: [1, 1, 1, 1], strides: [2, 2] }),
  'average pool without padding': pool('AveragePool', { strides: [1, 2] }),
  'average pool, pads that count': pool('AveragePool', { pads: [1, 1, 1, 1], count_include_pad: 1 }),
  'Elu and its default': activation('Elu'),
  'LeakyRelu and its default': activation('LeakyRelu'),
  Tanh: activation('Tanh'),
  Selu: activation('Selu'),
  'HardSigmoid and its default': activation('HardSigmoid'),
  'HardSigmoid with both constants': activation('HardSigmoid', { alpha: { float: 0.3 }, beta: { float: 0.25 } }),
  HardSwish: activation('HardSwish'),
  'Mish of operator set 18': activation('Mish', {}, 18),
  Softsign: activation('Softsign'),
  'Clip from 0 to 6': {
    tensors: [tensor('low', [], Float32Array.of(0)), tensor('high', [], Float32Array.of(6))],
    nodes: [['Clip', ['x', 'low', 'high'], 'y']],
  },
  'Clip of operator set 6': activation('Clip', { min: { float: 0 }, max: { float: 6 } }, 7),
  'Gelu of operator set 20': activation('Gelu', {}, 20),
  'softmax of images before operator set 13': { ...activation('Softmax', { axis: 1 }, 11), inputShape: ['n', 1, 3, 2] },
  'Flatten along its default axis': flattened([['Flatten', ['r'], 'flat']]),
  'Flatten, the axis from the end': flattened([['Flatten', ['r'], 'flat', { attributes: { axis: -3 } }]]),
  'Reshape to rows left open': flattened([['Reshape', ['r', 's'], 'flat']], { tensors: [whole('s', [-1, 3])] }),
  'Reshape that keeps the rows': flattened([['Reshape', ['r', 's'], 'flat']], { tensors: [whole('s', [0, -1])] }),
  'Reshape by the shape of the rows': flattened(
    [
      ['Shape', ['r'], 'all'],
      ['Slice', ['all', 'from', 'to'], 'rows'],
      ['Concat', ['rows', 'rest'], 's', { attributes: { axis: 0 } }],
      ['Reshape', ['r', 's'], 'flat'],
    ],
    { tensors: [whole('from', [0]), whole('to', [1]), whole('rest', [-1])] },
  ),
  'Reshape by a number of rows that is cast, unsqueezed and multiplied by 1': flattened(
    [
      ['Shape', ['r'], 'all', { attributes: { end: 1 } }],
      ['Squeeze', ['all'], 'scalar'],
      ['Cast', ['scalar'], 'cast', { attributes: { to: 7 } }],
      ['Mul', ['cast', 'one'], 'product'],
      ['Reshape', ['product', 'list'], 'rows'],
      ['Concat', ['rows', 'rest'], 's', { attributes: { axis: 0 } }],
      ['Reshape', ['r', 's'], 'flat', { attributes: { allowzero: 1 } }],
    ],
    { tensors: [whole('one', [1], []), whole('list', [-1]), whole('rest', [-1])] },
  ),
  'Reshape by a product of dimensions': flattened(
    [
      ['Shape', ['r'], 'all'],
      ['Gather', ['all', 'first'], 'rows'],
      ['Gather', ['all', 'second'], 'channels'],
      ['Gather', ['all', 'third'], 'height'],
      ['Mul', ['channels', 'height'], 'size'],
      ['Unsqueeze', ['rows', 'first1'], 'rows1'],
      ['Unsqueeze', ['size', 'first1'], 'size1'],
      ['Concat', ['rows1', 'size1'], 's', { attributes: { axis: 0 } }],
      ['Reshape', ['r', 's'], 'flat'],
    ],
    { tensors: [whole('first', [0], []), whole('second', [1], []), whole('third', [2], []), whole('first1', [0])] },
  ),
  'Squeeze of rows': flattened([['Squeeze', ['r', 'axes'], 'flat']], { tensors: [whole('axes', [1, -1])] }),
  'Unsqueeze of rows': {
    tensors: [random('f', 2, 1, 1, 2), whole('axes', [1, -2])],
    nodes: [
      ['Relu', ['x'], 'r'],
      ['Unsqueeze', ['r', 'axes'], 'i'],
      ['Conv', ['i', 'f'], 'y'],
    ],
  },
  'Cast of float to float, and of constants': {
    tensors: [...dense, whole('k', [3], [])],
    nodes: [
      ['Cast', ['x'], 'x1', { attributes: { to: 1 } }],
      ['Cast', ['k'], 'k1', { attributes: { to: 1 } }],
      ['Gemm', ['x1', 'w', 'b'], 'g'],
      ['CastLike', ['k1', 'g'], 'k2'],
      ['Mul', ['g', 'k2'], 'y'],
    ],
  },
  'numbers that change nothing between layers': {
    tensors: [...dense, tensor('one', [], [1]), tensor('zero', [1], [0])],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Mul', ['one', 'g'], 'm'],
      ['Div', ['m', 'one'], 'd'],
      ['Sub', ['d', 'zero'], 's'],
      ['Elu', ['s'], 'y'],
    ],
  },
  'ReduceMean over height and width': {
    ...images,
    tensors: [filters, whole('axes', [-1, -2]), random('w', 2, 2)],
    nodes: [
      ['Conv', ['x', 'f'], 'c'],
      ['ReduceMean', ['c', 'axes'], 'm', { attributes: { keepdims: 0 } }],
      ['Gemm', ['m', 'w'], 'y'],
    ],
    opset: 18,
  },
  'ReduceMean that keeps its dimensions': {
    ...images,
    nodes: [['ReduceMean', ['x'], 'y', { attributes: { axes: [2, 3] } }]],
  },
  'softplus with a threshold': {
    tensors: [tensor('threshold', [], [20])],
    nodes: [
      ['Softplus', ['x'], 's'],
      ['Greater', ['x', 'threshold'], 'g'],
      ['Where', ['g', 'x', 's'], 'y'],
    ],
  },
  'rows of five dimensions that are flattened first': {
    inputShape: ['n', 1, 3, 1, 1],
    tensors: dense,
    nodes: [
      ['Flatten', ['x'], 'flat'],
      ['Gemm', ['flat', 'w', 'b'], 'y'],
    ],
  },
  'batch norm of two dimensions': {
    inputShape: ['n', 2, 3],
    tensors: [random('s', 2), random('m', 2), tensor('v', [2], [0.5, 2])],
    nodes: [['BatchNormalization', ['x', 's', 's', 'm', 'v'], 'y']],
  },
  'Dropout with its inputs': {
    tensors: [...dense, tensor('ratio', [], [0.25])],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Dropout', ['g', 'ratio'], 'd', { attributes: { seed: 3 } }],
      ['Relu', ['d'], 'y'],
    ],
  },
  'Dropout that is told not to train': {
    tensors: [...dense, tensor('ratio', [], [0.25]), { name: 'mode', dims: [], dataType: 9, int32Data: [0] }],
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Dropout', ['g', 'ratio', 'mode'], 'y'],
    ],
  },
  'Dropout with its attribute, of operator set 10': {
    opset: 10,
    tensors: dense,
    nodes: [
      ['Gemm', ['x', 'w', 'b'], 'g'],
      ['Dropout', ['g'], 'y', { attributes: { ratio: { float: 0.3 } } }],
    ],
  },
  'arithmetic in front and behind': {
    tensors: [
      ...dense,
      tensor('m', [3], [1, 2, 3]),
      tensor('s', [1, 3], [2, 4, 8]),
      tensor('k', [], [10]),
      random('o', 2),
    ],
    nodes: [
      ['Div', ['x', 'k'], 'x1'],
      ['Sub', ['m', 'x1'], 'x2'],
      ['Div', ['x2', 's'], 'x3'],
      ['Gemm', ['x3', 'w', 'b'], 'g'],
      ['Mul', ['k', 'g'], 'y1'],
      ['Sub', ['y1', 'o'], 'y'],
    ],
  },
};
