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

/** Models whose rows no net can have, or that compute with rows in a way that no net can. */
const models: Readonly<Record<string, readonly [ModelSpec, RegExp]>> = {
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
        ['GridSample', ['b'], 'c', { name: 'second' }],
        ...['d', 'e', 'f', 'g'].map((name, i) => ['Sin', [['c', 'd', 'e', 'f'][i]!], name] as const),
        ['Gelu', ['g'], 'y', { domain: 'com.microsoft' }],
      ],
    },
    /^Expected operators that blasnet can import .* in '.*' but received Sin \(node 'first', node 4, node 5 and 2 more\), GridSample \(node 'second'\), com\.microsoft\.Gelu \(node 8\)$/,
  ],
  'operators with names like those of Object': [
    { nodes: [['constructor', ['x'], 'y']] },
    /^Expected operators that blasnet can import .* received constructor \(node 1\)$/,
  ],
  'rows cast to integers': [
    one('Cast', { to: 7 }),
    /^Expected rows cast to float32 or float64 in node 'it' \(Cast\) of '.*' but received int64$/,
  ],
  'rows cast to half precision': [one('Cast', { to: 10 }), /received float16$/],
  'a Squeeze of the rows': [
    one('Squeeze', { axes: [0] }, { opset: 11 }),
    /^Expected axes of length 1 in shape \[rows, 3\] in node 'it' \(Squeeze\) of '.*' but received axes \[0\]$/,
  ],
  'an Unsqueeze in front of the rows': [
    one('Unsqueeze', { axes: [0] }, { opset: 11 }),
    /^Expected the rows as first dimension of output 'y' in '.*' but received \[1, rows, 3\]$/,
  ],
  'a Reshape to a multiple of the rows': [
    {
      tensors: [whole('two', [2]), whole('rest', [-1])],
      nodes: [
        ['Shape', ['x'], 'all', { attributes: { end: 1 } }],
        ['Mul', ['all', 'two'], 'more'],
        ['Concat', ['more', 'rest'], 's', { attributes: { axis: 0 } }],
        ['Reshape', ['x', 's'], 'y', { name: 'it' }],
      ],
    },
    /^Expected a shape of as many rows of 3 numbers in node 'it' \(Reshape\) of '.*' but received \[2·rows, -1\]$/,
  ],
  'one row more than there are': [
    {
      tensors: [whole('one', [1]), whole('rest', [-1])],
      nodes: [
        ['Shape', ['x'], 'all', { attributes: { end: 1 } }],
        ['Add', ['all', 'one'], 'more', { name: 'it' }],
        ['Concat', ['more', 'rest'], 's', { attributes: { axis: 0 } }],
        ['Reshape', ['x', 's'], 'y'],
      ],
    },
    /^Expected a shape that keeps the rows apart in node 'it' \(Add\) of '.*' but received arithmetic with the number of rows, Add of rows and 1$/,
  ],
  'a product of rows with rows': [
    {
      nodes: [
        ['Transpose', ['x'], 't'],
        ['MatMul', ['x', 't'], 'y', { name: 'it' }],
      ],
    },
    /^Expected operands whose rows stand in the same dimension in node 'it' \(MatMul\) of '.*' but received \[rows, 3\] and \[3, rows\]$/,
  ],
  'a sum over the rows, which a Transpose has moved': [
    {
      nodes: [
        ['Transpose', ['x'], 't'],
        ['ReduceMean', ['t'], 'y', { name: 'it', attributes: { axes: [1] } }],
      ],
    },
    /^Expected a dimension that does not count the rows in node 'it' \(ReduceMean\) of '.*' but received axis 1$/,
  ],
  'rows that meet another dimension': [
    {
      inputShape: ['n', 3, 3],
      nodes: [
        ['Transpose', ['x'], 't', { attributes: { perm: [1, 0, 2] } }],
        ['Add', ['x', 't'], 'y', { name: 'it' }],
      ],
    },
    /^Expected operands whose rows stand in the same dimension in node 'it' \(Add\) of '.*' but received \[rows, 3, 3\] and \[3, rows, 3\]$/,
  ],
  'rows merged in two ways': [
    {
      inputShape: ['n', 2],
      tensors: [whole('s', [-1])],
      nodes: [
        ['Reshape', ['x', 's'], 'a'],
        ['Transpose', ['x'], 't'],
        ['Reshape', ['t', 's'], 'b'],
        ['Add', ['a', 'b'], 'y', { name: 'it' }],
      ],
    },
    /^Expected operands whose rows stand in the same dimension in node 'it' \(Add\) of '.*' but received \[2·rows\] and \[2·rows\]$/,
  ],
  'a constant for each row, which a Transpose has moved': [
    {
      tensors: [tensor('c', [3, 2], zeros(6))],
      nodes: [
        ['Transpose', ['x'], 't'],
        ['Add', ['t', 'c'], 'y', { name: 'it' }],
      ],
    },
    /^Expected operands whose rows stand in the same dimension in node 'it' \(Add\) of '.*' but received \[3, rows\] and \[3, 2\]$/,
  ],
  'a convolution of rows and steps as one dimension': [
    {
      inputShape: ['n', 4, 1, 5, 5],
      tensors: [filters, whole('s', [-1, 1, 5, 5])],
      nodes: [
        ['Reshape', ['x', 's'], 'a'],
        ['Conv', ['a', 'f'], 'y', { name: 'it' }],
      ],
    },
    /^Expected the rows as first dimension in node 'it' \(Conv\) of '.*' but received \[4·rows, 1, 5, 5\]$/,
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
