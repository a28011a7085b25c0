import test from 'ava';
import { NeuralNet } from 'blasnet';
import { badFile } from '../support/errors.js';
import { type ModelSpec, tensor, whole, writeModel } from './models.js';

const zeros = (size: number) => Array.from({ length: size }, () => 0);
const filters = tensor('f', [2, 1, 2, 2], zeros(8));
const images = { inputShape: ['n', 1, 5, 5] };
const one = (operator: string, attributes: object = {}, more: Partial<ModelSpec> = {}): ModelSpec => ({
  nodes: [[operator, ['x'], 'y', { name: 'it', attributes: attributes as never }]],
  ...more,
});
const fiveDimensions = { inputShape: ['n', 1, 2, 3, 4] };
/** The probability p of the second class, and q of the first. */
const both = { tensors: [tensor('v', [3, 1], zeros(3)), tensor('u', [1], [1])] };
const bothNodes: ModelSpec['nodes'] = [
  ['Gemm', ['x', 'v', 'u'], 'z'],
  ['Sigmoid', ['z'], 'p'],
  ['Sub', ['u', 'p'], 'q'],
];

/** Models whose rows no net can have, or that compute with rows in a way that no net can. */
const models: Readonly<Record<string, readonly [ModelSpec, RegExp]>> = {
  'an activation of five dimensions': [
    one('Relu', {}, fiveDimensions),
    /^Expected rows of at most 3 dimensions in node 'it' \(Relu\) of '.*' but received rows of shape \[1, 2, 3, 4\]$/,
  ],
  'softmax of five dimensions': [
    one('Softmax', { axis: 1 }, { ...fiveDimensions, opset: 11 }),
    /^Expected rows of at most 3 dimensions in node 'it' \(Softmax\)/,
  ],
  'dropout of five dimensions': [one('Dropout', {}, fiveDimensions), /^Expected rows of at most 3 dimensions/],
  'silu of five dimensions': [
    {
      ...fiveDimensions,
      nodes: [
        ['Sigmoid', ['x'], 's'],
        ['Mul', ['x', 's'], 'y'],
      ],
    },
    /^Expected rows of at most 3 dimensions in node 2 \(Mul\)/,
  ],
  'batch norm of five dimensions (BatchNorm3d)': [
    {
      inputShape: ['n', 2, 3, 4, 5],
      tensors: ['s', 'b', 'm', 'v'].map((name) => tensor(name, [2], [1, 1])),
      nodes: [['BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y', { name: 'it' }]],
    },
    /^Expected rows of at most 3 dimensions in node 'it' \(BatchNormalization\) of '.*' but received rows of shape \[2, 3, 4, 5\]$/,
  ],
  'batch norm with statistics as outputs': [
    {
      opset: 9,
      tensors: ['s', 'b', 'm', 'v'].map((name) => tensor(name, [3], [1, 1, 1])),
      nodes: [['BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y', 'mean'], { name: 'it' }]],
    },
    /^Expected batch normalization for inference, with one output in node 'it' .* received output 'mean'$/,
  ],
  'several operators that blasnet does not have': [
    {
      nodes: [
        ['Sin', ['x'], 'a', { name: 'first' }],
        ['Relu', ['a'], 'b'],
        ['LSTM', ['b'], 'c', { name: 'second' }],
        ...['d', 'e', 'f', 'g'].map((name, i) => ['Sin', [['c', 'd', 'e', 'f'][i]!], name] as const),
        ['Gelu', ['g'], 'y', { domain: 'com.microsoft' }],
      ],
    },
    /^Expected operators that blasnet can import .* in '.*' but received Sin \(node 'first', node 4, node 5 and 2 more\), LSTM \(node 'second'\), com\.microsoft\.Gelu \(node 8\)$/,
  ],
  'operators with names like those of Object': [
    { nodes: [['constructor', ['x'], 'y']] },
    /^Expected operators that blasnet can import .* received constructor \(node 1\)$/,
  ],
  'zeros around images at the end': [
    one('Pad', { pads: [0, 0, 1, 1, 0, 0, 1, 1] }, { ...images, opset: 9 }),
    /^Expected zeros around images only in front of a convolution or average pool in node 'it' \(Pad\) of '.*' but received them at the end$/,
  ],
  'zeros around images in front of silu': [
    {
      ...images,
      tensors: [whole('p', [0, 0, 1, 1, 0, 0, 1, 1])],
      nodes: [
        ['Pad', ['x', 'p'], 'z'],
        ['Sigmoid', ['z'], 's'],
        ['Mul', ['z', 's'], 'y', { name: 'it' }],
      ],
    },
    /^Expected zeros around images only in front of a convolution or average pool in node 'it' \(Mul\)/,
  ],
  'a constant that makes rows larger behind an Unsqueeze': [
    {
      tensors: [tensor('k', [], [2]), tensor('c', [1, 3], [1, 2, 3]), whole('axes', [-1])],
      nodes: [
        ['Relu', ['x'], 'r'],
        ['Mul', ['r', 'k'], 'm'],
        ['Unsqueeze', ['m', 'axes'], 'u'],
        ['Div', ['u', 'c'], 'y', { name: 'it' }],
      ],
    },
    /^Expected a constant for rows of shape \[3, 1\] in node 'it' \(Div\) of '.*' but received shape \[1, 3\]$/,
  ],
  'rows cast to integers': [
    one('Cast', { to: 7 }),
    /^Expected rows cast to float32 or float64 in node 'it' \(Cast\) of '.*' but received int64$/,
  ],
  'rows cast to half precision': [one('Cast', { to: 10 }), /received data type 10$/],
  'a Squeeze of the rows': [one('Squeeze', { axes: [0] }, { opset: 11 }), /^Expected axes of length 1 behind the rows/],
  'an Unsqueeze in front of the rows': [
    one('Unsqueeze', { axes: [0] }, { opset: 11 }),
    /^Expected axes behind the rows in node 'it' \(Unsqueeze\) of '.*' but received axes \[0\]$/,
  ],
  'the mean over channels': [
    one('ReduceMean', { axes: [1] }, images),
    /^Expected the mean over height and width \(axes 2 and 3\) in node 'it' \(ReduceMean\) of '.*' but received axes \[1\]$/,
  ],
  'a Reshape to a multiple of the rows': [
    {
      tensors: [whole('two', [2]), whole('rest', [-1])],
      nodes: [
        ['Shape', ['x'], 'all', { attributes: { end: 1 } }],
        ['Mul', ['all', 'two'], 'more', { name: 'it' }],
        ['Concat', ['more', 'rest'], 's', { attributes: { axis: 0 } }],
        ['Reshape', ['x', 's'], 'y'],
      ],
    },
    /^Expected a shape that keeps the rows apart in node 'it' \(Mul\) of '.*' but received arithmetic with the number of rows, Mul of rows and 2$/,
  ],
  'both classes in the other order': [
    {
      ...both,
      nodes: [...bothNodes, ['Concat', ['p', 'q'], 'y', { name: 'it', attributes: { axis: 1 } }]],
    },
    /^Expected dimensions of a shape, or \[1 − p, p\] of a probability p in node 'it' \(Concat\) of '.*' but received 'p' and 'q'$/,
  ],
  'a layer behind both classes': [
    {
      ...both,
      nodes: [...bothNodes, ['Concat', ['q', 'p'], 'c', { name: 'it', attributes: { axis: 1 } }], ['Relu', ['c'], 'y']],
    },
    /^Expected the probabilities of both classes at the end in node 'it' \(Concat\) of '.*' but received Relu$/,
  ],
  'both classes of another number than a probability': [
    {
      tensors: both.tensors,
      nodes: [
        ['Gemm', ['x', 'v', 'u'], 'p'],
        ['Sub', ['u', 'p'], 'q'],
        ['Concat', ['q', 'p'], 'y', { name: 'it', attributes: { axis: 1 } }],
      ],
    },
    /^Expected \[1 − p, p\] of one probability p, from Sigmoid, in node 'it' \(Concat\)/,
  ],
  'a Scaler behind a layer': [
    {
      nodes: [
        ['Relu', ['x'], 'r'],
        ['Scaler', ['r'], 'y', { name: 'it', domain: 'ai.onnx.ml' }],
      ],
    },
    /^Expected a Scaler in front of all layers in node 'it' \(Scaler\)/,
  ],
  'a ZipMap of fewer classes': [
    {
      nodes: [
        ['Softmax', ['x'], 's'],
        ['ZipMap', ['s'], 'y', { name: 'it', domain: 'ai.onnx.ml', attributes: { classlabels_int64s: [1, 2] } }],
      ],
    },
    /^Expected a class name for each number of rows of \[3\] in node 'it' \(ZipMap\) of '.*' but received 2$/,
  ],
  'strides longer than the kernel with auto_pad': [
    one('AveragePool', { kernel_shape: [1, 1], strides: [3, 3], auto_pad: 'SAME_UPPER' }, images),
    /^Expected strides of at most the kernel's 1 with auto_pad = SAME_UPPER in node 'it' \(AveragePool\) of '.*' but received 3$/,
  ],
  'a convolution with ceil_mode': [
    { ...images, tensors: [filters], nodes: [['Conv', ['x', 'f'], 'y', { attributes: { ceil_mode: 1 } }]] },
    /^Expected only attributes that blasnet supports in node 1 \(Conv\) of '.*' but received 'ceil_mode'$/,
  ],
};

for (const [name, [spec, message]] of Object.entries(models)) {
  test(`refused: ${name}`, async (t) => {
    await t.throwsAsync(NeuralNet.fromOnnx(await writeModel(t, spec)), badFile(message));
  });
}
