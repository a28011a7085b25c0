import test from 'ava';
import { NeuralNet } from 'blasnet';
import { badFile } from '../support/errors.js';
import { type ModelSpec, modelOf, tensor, whole, writeModel } from './models.js';

const zeros = (size: number) => Array.from({ length: size }, () => 0);
const w = tensor('w', [3, 2], zeros(6));
const b = tensor('b', [2], zeros(2));
const filters = tensor('f', [2, 1, 2, 2], zeros(8));
const images = { inputShape: ['n', 1, 5, 5] };
const one = (operator: string, attributes: object = {}, more: Partial<ModelSpec> = {}): ModelSpec => ({
  nodes: [[operator, ['x'], 'y', { name: 'it', attributes: attributes as never }]],
  ...more,
});

/** Models that are not a chain of our layers, and what is said of them. */
const models: Readonly<Record<string, readonly [ModelSpec, RegExp]>> = {
  'an operator of another domain': [
    { nodes: [['Gelu', ['x'], 'y', { name: 'it', domain: 'com.microsoft' }]] },
    /^Expected operators that blasnet can import .* in '.*' but received com\.microsoft\.Gelu \(node 'it'\)$/,
  ],
  'a node without a name': [
    { nodes: [['Sin', ['x'], 'y']] },
    /^Expected operators that blasnet can import .* in '.*' but received Sin \(node 1\)$/,
  ],
  'an output that no node gives': [
    { nodes: [['Relu', ['x'], 'a']], output: 'z' },
    /^Expected rows that the net computes as output 'z' in '.*' but received none$/,
  ],
  'an output that is a constant': [
    { nodes: [['Relu', ['x'], 'a']], output: 'w', tensors: [w] },
    /^Expected rows that the net computes as output 'w' in '.*' but received a constant$/,
  ],
  'a cycle': [
    {
      nodes: [
        ['Relu', ['b'], 'a', { name: 'it' }],
        ['Tanh', ['a'], 'b'],
      ],
    },
    /^Expected values that an earlier node gives in node 'it' \(Relu\) of '.*' but received 'b'$/,
  ],
  'a node that takes what it gives': [
    { nodes: [['Relu', ['y'], 'y']] },
    /^Expected values that an earlier node gives .* but received 'y'$/,
  ],
  'a missing initializer': [
    { nodes: [['Gemm', ['x', 'w', 'b'], 'y', { name: 'it' }]] },
    /^Expected values that an earlier node gives in node 'it' \(Gemm\) of '.*' but received 'w'$/,
  ],
  'a missing input': [{ nodes: [['Relu', [], 'y']] }, /^Expected an input 1 in node 1 \(Relu\) .* but received none$/],
  'a name given twice': [
    {
      nodes: [
        ['Relu', ['x'], 'a'],
        ['Tanh', ['a'], 'a'],
      ],
    },
    /^Expected a unique name for each value in '.*' but received 'a' twice$/,
  ],
  'two initializers of one name': [{ ...one('Relu'), tensors: [w, w] }, /received 'w' twice$/],
  'an initializer without a name': [{ ...one('Relu'), tensors: [tensor('', [1], [0])] }, /initializers with names/],
  'an unknown attribute': [
    one('Relu', { slope: 1 }),
    /^Expected only attributes that blasnet supports in node 'it' .* received 'slope'$/,
  ],
  'an attribute of another type': [
    one('Elu', { alpha: 1 }),
    /^Expected alpha of attribute type 1 in node 'it' .* received 2$/,
  ],
  'an alpha that is not finite': [
    one('Elu', { alpha: { float: Number.NaN } }),
    /^Expected a finite alpha .* received NaN$/,
  ],
  'operators before 7': [
    one('Relu', {}, { opset: 6 }),
    /^Expected one version of the ONNX operator set, from 7 to 27, in '.*' but received 6$/,
  ],
  'operators that come later': [
    one('Relu', {}, { opset: 28 }),
    /^Expected one version of the ONNX operator set, from 7 to 27, .* received 28$/,
  ],
  'Flatten along another axis': [
    one('Flatten', { axis: 3 }, images),
    /^Expected the rows as first dimension of output 'y' in '.*' but received \[5·rows, 5\]$/,
  ],
  'Gemm of other rows': [
    { tensors: [w, b], nodes: [['Gemm', ['x', 'w', 'b'], 'y']], inputShape: ['n', 4] },
    /^Expected rows of 3 numbers for its weights in node 1 \(Gemm\) of '.*' but received rows of shape \[4\]$/,
  ],
  'Gemm that turns the rows': [
    { tensors: [w, b], nodes: [['Gemm', ['x', 'w', 'b'], 'y', { attributes: { transA: 1 } }]] },
    /^Expected the rows as first dimension in node 1 \(Gemm\) of '.*' but received an order of \[1, 0\]$/,
  ],
  'weights of size 0': [
    { tensors: [tensor('w', [0, 2], [])], nodes: [['Gemm', ['x', 'w'], 'y']], inputShape: ['n', 3] },
    /^Expected rows of 0 numbers/,
  ],
  'MatMul with the weights in front': [
    { tensors: [w], nodes: [['MatMul', ['w', 'x'], 'y']] },
    /^Expected a dimension that does not count the rows in node 1 \(MatMul\) .* received axis 0$/,
  ],
  'a convolution of vectors': [
    { tensors: [filters], nodes: [['Conv', ['x', 'f'], 'y']] },
    /^Expected rows that are images in node 1 \(Conv\) of '.*' but received rows of shape \[3\]$/,
  ],
  'a convolution of other channels': [
    { tensors: [filters], nodes: [['Conv', ['x', 'f'], 'y']], inputShape: ['n', 2, 5, 5] },
    /^Expected images of 1 channels for its filters .* received 2$/,
  ],
  'negative pads': [
    { ...images, tensors: [filters], nodes: [['Conv', ['x', 'f'], 'y', { attributes: { pads: [-1, 0, 0, 0] } }]] },
    /^Expected pads of 4 whole numbers from 0 .* received \[-1, 0, 0, 0\]$/,
  ],
  'a kernel larger than the image': [
    one('MaxPool', { kernel_shape: [6, 6] }, images),
    /^Expected .* node 'it' \(MaxPool\)/,
  ],
  'a pool without a kernel': [one('MaxPool', {}, images), /^Expected a kernel_shape in node 'it' .* received none$/],
  'batch norm in training': [
    {
      tensors: ['s', 'b', 'm', 'v'].map((name) => tensor(name, [3], [1, 1, 1])),
      nodes: [['BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y', { attributes: { training_mode: 1 } }]],
    },
    /^Expected training_mode = 0 in node 1 \(BatchNormalization\) of '.*' but received 1$/,
  ],
  'batch norm of other features': [
    {
      tensors: ['s', 'b', 'm', 'v'].map((name) => tensor(name, [2], [1, 1])),
      nodes: [['BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y']],
    },
    /^Expected 3 numbers as input 2 in node 1 \(BatchNormalization\) of '.*' but received shape \[2\]$/,
  ],
  'a Reshape of rows into each other': [
    { tensors: [whole('s', [2, 6])], nodes: [['Reshape', ['x', 's'], 'y', { name: 'it' }]] },
    /^Expected a shape of as many rows of 3 numbers in node 'it' \(Reshape\) of '.*' but received \[2, 6\]$/,
  ],
  'a Reshape to one dimension': [
    { tensors: [whole('s', [-1])], nodes: [['Reshape', ['x', 's'], 'y']] },
    /^Expected the rows as first dimension of output 'y' in '.*' but received \[3·rows\]$/,
  ],
  'a constant for each row': [
    { tensors: [tensor('c', [2, 3], zeros(6))], nodes: [['Add', ['x', 'c'], 'y']] },
    /^Expected operands whose first dimension counts the rows in node 1 \(Add\) of '.*' but received \[rows, 3\] and \[2, 3\]$/,
  ],
  'dropout in training': [
    {
      tensors: [tensor('ratio', [], [0.5]), { name: 'mode', dims: [], dataType: 9, rawData: Uint8Array.of(1) }],
      nodes: [['Dropout', ['x', 'ratio', 'mode'], 'y']],
    },
    /^Expected training_mode = false in node 1 \(Dropout\) of '.*' but received true$/,
  ],
  'dropout of everything': [
    { tensors: [tensor('ratio', [], [1])], nodes: [['Dropout', ['x', 'ratio'], 'y', { name: 'it' }]] },
    /^Expected a number in \[0, 1\) for rate but received 1 at node 'it' \(Dropout\)/,
  ],
  'a name that would clear the terminal': [
    { nodes: [['Relu', ['x'], 'y', { name: 'a\u001b[2Jb', attributes: { alpha: 1 } }]] },
    /in node 'a\ufffd\[2Jb' \(Relu\) of/,
  ],
  'metadata that are no JSON': [
    { ...one('Relu'), metadata: { 'blasnet.preparation': '{' } },
    /^Expected JSON as blasnet\.preparation in '.*' but received something else$/,
  ],
  'metadata with an unknown field': [
    { ...one('Relu'), metadata: { 'blasnet.preparation': '{"inputShape":[3],"__proto__":{"x":1}}' } },
    /^Expected only inputShape, .* for preparation but received '__proto__' in '/,
  ],
  'metadata that tell another preparation than the nodes': [
    {
      ...one('Relu'),
      metadata: {
        'blasnet.preparation': JSON.stringify({
          inputShape: [3],
          x: { per: 'column', divisor: 2, offset: [0, 0, 0], scale: [1, 1, 1] },
        }),
      },
    },
    /^Expected metadata with the preparation that the nodes do in '.*' but received another preparation$/,
  ],
  'metadata of rows of another size': [
    { ...one('Relu'), metadata: { 'blasnet.preparation': '{"inputShape":[4]}' } },
    /^Expected metadata of rows of \[3\] in '.*' but received \[4\]$/,
  ],
  'more layers than a net has': [
    { nodes: Array.from({ length: 2001 }, (_, i) => ['Relu', [i === 0 ? 'x' : `v${i - 1}`], `v${i}`] as const) },
    /^Expected at most 2000 layers in '.*' but received more$/,
  ],
};

for (const [name, [spec, message]] of Object.entries(models)) {
  test(`refused: ${name}`, async (t) => {
    await t.throwsAsync(NeuralNet.fromOnnx(await writeModel(t, spec)), badFile(message));
  });
}

/** Models that break a rule of the format itself. */
const graph = modelOf(one('Relu')).graph!;
const twice = { name: 'alpha', type: 1, f: 1 };
const changes: Readonly<Record<string, readonly [object, RegExp]>> = {
  'no graph': [{ graph: undefined }, /^Expected an ONNX model in '.*' but received one without a graph$/],
  'no operator set': [
    { opsetImport: [] },
    /^Expected one version of the ONNX operator set, from 7 to 27, .* received none$/,
  ],
  'no input': [{ graph: { ...graph, input: [] } }, /^Expected an input in '.*' but received none$/],
  'an output of labels': [
    { graph: { ...graph, output: [{ name: 'y', type: { tensorType: { elemType: 7 } } }] } },
    /^Expected an output of floating-point numbers in '.*' but received 'y' \(int64\), since 'y' holds int64, such as class labels, which no layer computes$/,
  ],
  'no output': [{ graph: { ...graph, output: [] } }, /^Expected at least one output in '.*' but received none$/],
  'a function in place of an operator': [
    { functions: [{ name: 'Relu', domain: '' }] },
    /^Expected functions in domains of their own in '.*' but received one of the ONNX domain, 'Relu'$/,
  ],
  'sparse initializers': [{ graph: { ...graph, sparseInitializer: [{}] } }, /^Expected dense initializers/],
  'an input of bytes': [
    { graph: { ...graph, input: [{ name: 'x', type: { tensorType: { elemType: 2 } } }] } },
    /^Expected a tensor of float32, float64, int32, int64 or bool as input 'x' in '.*' but received data type 2$/,
  ],
  'an attribute given twice': [
    { graph: { ...graph, node: [{ ...graph.node[0], attribute: [twice, twice] }] } },
    /^Expected each attribute once in node 'it' \(Relu\) of '.*' but received 'alpha' twice$/,
  ],
  'an input that is no tensor': [{ graph: { ...graph, input: [{ name: 'x' }] } }, /received no tensor$/],
};

for (const [name, [change, message]] of Object.entries(changes)) {
  test(`refused: ${name}`, async (t) => {
    const model = { ...modelOf(one('Relu')), ...change };
    await t.throwsAsync(NeuralNet.fromOnnx(await writeModel(t, model)), badFile(message));
  });
}
