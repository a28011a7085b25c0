import { random } from './importable.js';
import { type ModelSpec, tensor, whole } from './models.js';

const filters = random('f', 2, 1, 2, 2);
const images = { inputShape: ['n', 1, 5, 5] };
const one = (operator: string, attributes: object = {}, more: Partial<ModelSpec> = {}): ModelSpec => ({
  nodes: [[operator, ['x'], 'y', { name: 'it', attributes: attributes as never }]],
  ...more,
});
const fiveDimensions = { inputShape: ['n', 1, 2, 3, 4] };
/** The probability p of the second class, and q of the first. */
const both = { tensors: [random('v', 3, 1), tensor('u', [1], [1])] };
const bothNodes: ModelSpec['nodes'] = [
  ['Gemm', ['x', 'v', 'u'], 'z'],
  ['Sigmoid', ['z'], 'p'],
  ['Sub', ['u', 'p'], 'q'],
];

/** Models that are no chain of layers; onnxruntime runs them. */
export const graphModels: Readonly<Record<string, ModelSpec>> = {
  'rows that two nodes take': {
    nodes: [
      ['Relu', ['x'], 'a', { name: 'first' }],
      ['Tanh', ['x'], 'b', { name: 'second' }],
      ['Add', ['a', 'b'], 'y'],
    ],
  },
  'a value of silu that is used elsewhere': {
    nodes: [
      ['Sigmoid', ['x'], 's'],
      ['Mul', ['x', 's'], 'm', { name: 'product' }],
      ['Add', ['m', 's'], 'y'],
    ],
  },
  'no layer': { nodes: [['Identity', ['x'], 'y']] },
  'softmax in the middle': {
    nodes: [
      ['Softmax', ['x'], 'a', { name: 'it' }],
      ['Relu', ['a'], 'y'],
    ],
  },
  'softmax of channels': one('Softmax', { axis: 1 }, images),
  'Gelu by tanh': one('Gelu', { approximate: 'tanh' }, { opset: 20 }),
  'Swish with another alpha': one('Swish', { alpha: { float: 2 } }, { opset: 24 }),
  'a convolution with more padding in front': {
    ...images,
    tensors: [filters],
    nodes: [['Conv', ['x', 'f'], 'y', { attributes: { pads: [1, 1, 0, 0] } }]],
  },
  'auto_pad SAME_LOWER where it is odd': {
    ...images,
    tensors: [filters],
    nodes: [['Conv', ['x', 'f'], 'y', { attributes: { auto_pad: 'SAME_LOWER' } }]],
  },
  'a pool with dilations': one('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }, images),
  'zeros around images in front of a max pool': {
    ...images,
    tensors: [whole('p', [0, 0, 1, 1, 0, 0, 1, 1])],
    nodes: [
      ['Pad', ['x', 'p'], 'z'],
      ['MaxPool', ['z'], 'y', { name: 'it', attributes: { kernel_shape: [2, 2] } }],
    ],
  },
  'Pad with what is at the edge': one('Pad', { mode: 'edge', pads: [0, 0, 1, 2, 0, 0, 0, 1] }, { ...images, opset: 9 }),
  'arithmetic behind a classifier': {
    tensors: [tensor('c', [], [2])],
    nodes: [
      ['Softmax', ['x'], 's'],
      ['Mul', ['s', 'c'], 'y', { name: 'it' }],
    ],
  },
  'batch norm of vectors taken as images': {
    inputShape: ['n', 8],
    tensors: [whole('to', [-1, 2, 2, 2]), ...['s', 'b', 'm', 'v'].map((name) => tensor(name, [2], [1, 1]))],
    nodes: [
      ['Reshape', ['x', 'to'], 'i'],
      ['BatchNormalization', ['i', 's', 'b', 'm', 'v'], 'y', { name: 'it' }],
    ],
  },
  'an activation of five dimensions': one('Relu', {}, fiveDimensions),
  'softmax of five dimensions': one('Softmax', { axis: 1 }, { ...fiveDimensions, opset: 11 }),
  'dropout of five dimensions': one('Dropout', {}, fiveDimensions),
  'silu of five dimensions': {
    ...fiveDimensions,
    nodes: [
      ['Sigmoid', ['x'], 's'],
      ['Mul', ['x', 's'], 'y'],
    ],
  },
  'batch norm of five dimensions (BatchNorm3d)': {
    inputShape: ['n', 2, 3, 4, 5],
    tensors: ['s', 'b', 'm', 'v'].map((name) => tensor(name, [2], [1, 1])),
    nodes: [['BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y', { name: 'it' }]],
  },
  'zeros around images at the end': one('Pad', { pads: [0, 0, 1, 1, 0, 0, 1, 1] }, { ...images, opset: 9 }),
  'zeros around images in front of silu': {
    ...images,
    tensors: [whole('p', [0, 0, 1, 1, 0, 0, 1, 1])],
    nodes: [
      ['Pad', ['x', 'p'], 'z'],
      ['Sigmoid', ['z'], 's'],
      ['Mul', ['z', 's'], 'y', { name: 'it' }],
    ],
  },
  'a constant that makes rows larger behind an Unsqueeze': {
    tensors: [tensor('k', [], [2]), tensor('c', [1, 3], [1, 2, 3]), whole('axes', [-1])],
    nodes: [
      ['Relu', ['x'], 'r'],
      ['Mul', ['r', 'k'], 'm'],
      ['Unsqueeze', ['m', 'axes'], 'u'],
      ['Div', ['u', 'c'], 'y', { name: 'it' }],
    ],
  },
  'the mean over channels': one('ReduceMean', { axes: [1] }, images),
  'both classes in the other order': {
    ...both,
    nodes: [...bothNodes, ['Concat', ['p', 'q'], 'y', { name: 'it', attributes: { axis: 1 } }]],
  },
  'a layer behind both classes': {
    ...both,
    nodes: [...bothNodes, ['Concat', ['q', 'p'], 'c', { name: 'it', attributes: { axis: 1 } }], ['Relu', ['c'], 'y']],
  },
  'both classes of another number than a probability': {
    tensors: both.tensors,
    nodes: [
      ['Gemm', ['x', 'v', 'u'], 'p'],
      ['Sub', ['u', 'p'], 'q'],
      ['Concat', ['q', 'p'], 'y', { name: 'it', attributes: { axis: 1 } }],
    ],
  },
  'attention, whose queries, keys and values are cut out of one product in front of the rows': {
    inputShape: ['n', 5, 6],
    tensors: [
      ...[random('w', 6, 18), random('b', 18), random('o', 6, 6), tensor('root', [], [Math.sqrt(3)])],
      ...[whole('split', [0, 5, 3, 2, 3]), whole('joined', [0, 5, 6])],
      ...[whole('q', [0], []), whole('k', [1], []), whole('two', [2]), whole('three', [3]), whole('zero', [0])],
    ],
    nodes: [
      ['MatMul', ['x', 'w'], 'product'],
      ['Add', ['product', 'b'], 'all'],
      ['Reshape', ['all', 'split'], 'heads'],
      ['Transpose', ['heads'], 'turned', { attributes: { perm: [2, 0, 3, 1, 4] } }],
      ['Gather', ['turned', 'q'], 'queries', { attributes: { axis: 0 } }],
      ['Gather', ['turned', 'k'], 'keys', { attributes: { axis: 0 } }],
      ['Slice', ['turned', 'two', 'three', 'zero'], 'part'],
      ['Squeeze', ['part', 'zero'], 'values'],
      ['Transpose', ['keys'], 'columns', { attributes: { perm: [0, 1, 3, 2] } }],
      ['MatMul', ['queries', 'columns'], 'scores'],
      ['Div', ['scores', 'root'], 'scaled'],
      ['Softmax', ['scaled'], 'weights', { attributes: { axis: -1 } }],
      ['MatMul', ['weights', 'values'], 'mixed'],
      ['Transpose', ['mixed'], 'back', { attributes: { perm: [0, 2, 1, 3] } }],
      ['Reshape', ['back', 'joined'], 'rows'],
      ['MatMul', ['rows', 'o'], 'out'],
      ['Add', ['out', 'x'], 'y'],
    ],
  },
  'rows that come back from the last dimension': {
    inputShape: ['n', 4, 3],
    tensors: [whole('places', [3, 0, 1])],
    nodes: [
      ['Transpose', ['x'], 'turned', { attributes: { perm: [1, 2, 0] } }],
      ['Split', ['turned'], ['first', 'second'], { attributes: { axis: 0 } }],
      ['Gather', ['turned', 'places'], 'picked', { attributes: { axis: 0 } }],
      ['Transpose', ['first'], 'a', { attributes: { perm: [2, 1, 0] } }],
      ['Transpose', ['second'], 'b', { attributes: { perm: [2, 1, 0] } }],
      ['Transpose', ['picked'], 'c', { attributes: { perm: [2, 1, 0] } }],
      ['Concat', ['a', 'b', 'c'], 'y', { attributes: { axis: 2 } }],
    ],
  },
};
