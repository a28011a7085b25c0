import test from 'ava';
import {
  ActivationLayer,
  ConvLayer,
  FlattenLayer,
  FullyConnectedLayer,
  HyperParameters,
  input,
  Layer,
  type LayerConfig,
  NeuralNet,
  type Node,
  type Ops,
  PlainLayer,
  registerLayer,
  Tensor,
  type Value,
} from 'blasnet';
import { badArgument, shapeMismatch, untyped } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { differences, netGradientCheck, randomTensor } from '../support/numerics.js';

/** a + b */
class Sum extends Layer {
  override get config(): LayerConfig {
    return { type: 'TestSum' };
  }
  override get inputCount(): number {
    return 2;
  }
  override call(ops: Ops, [a, b]: readonly Value[]): Value {
    return ops.add(a!, b!);
  }
}
registerLayer('TestSum', () => new Sum());

const params = (options = {}) => new HyperParameters({ netType: 'fitting', dtype: 'float64', seed: 3, ...options });

/** A residual block between two layers, and a layer that is applied twice. */
function residual(): NeuralNet {
  const x = input([4]);
  const hidden = new FullyConnectedLayer(4, { activation: 'tanh' });
  const first = hidden.apply(x, 'hidden');
  const sum = new Sum().apply([x, hidden.apply(first)], 'sum');
  return NeuralNet.fromGraph({ inputs: [x], outputs: [new FullyConnectedLayer(2).apply(sum, 'out')] }, params(), 'net');
}

function pair(): NeuralNet {
  const [a, b] = [input([3], { name: 'a' }), input([2], { name: 'b' })];
  const sum = new Sum().apply(
    [new FullyConnectedLayer(4).apply(a, 'fa'), new FullyConnectedLayer(4).apply(b, 'fb')],
    'sum',
  );
  const outputs = [new FullyConnectedLayer(1).apply(sum, 'one'), new ActivationLayer('tanh').apply(sum, 'two')];
  return NeuralNet.fromGraph({ inputs: [a, b], outputs }, params(), 'pair');
}

test('names: of inputs, layers in order, a layer that is applied twice, and outputs', (t) => {
  const net = residual();
  t.deepEqual(net.layerNames, ['hidden', 'sum', 'out']);
  t.deepEqual(net.inputs, [{ name: '', rowShape: [4], dtype: 'float32' }]);
  t.deepEqual(net.outputs, [{ name: 'out' }]);
  t.deepEqual(
    pair().inputs.map(({ name }) => name),
    ['a', 'b'],
  );
  t.deepEqual(pair().outputs, [{ name: 'one' }, { name: 'two' }]);
  t.true(net.getLayer('hidden') === net.layers[0]);
});

test('summary shows what each layer takes', (t) => {
  const summary = residual().summary();
  t.regex(summary, /^layer +kind +inputs +output +parameters +FLOPs a row$/m);
  t.regex(summary, /^hidden \(2\) +fully connected +hidden +4 +0 +32$/m);
  t.regex(summary, /^sum +Sum +input, hidden \(2\) +4 +0 +0$/m);
  t.regex(summary, /^30 parameters, /m);
});

test('gradients of shared weights and of branches add up', (t) => {
  t.deepEqual(netGradientCheck(residual(), randomTensor([5, 4], 1), randomTensor([5, 2], 2)), []);
});

test('a graph trains as well recorded as step by step', (t) => {
  const [recorded, eager] = [residual(), residual()];
  const [x, y] = [randomTensor([6, 4], 1), randomTensor([6, 2], 2)];
  for (let i = 0; i < 5; i++) {
    recorded.trainOnBatch(x, y);
    eager.forward(x);
    eager.backward(y);
    eager.updateWeights();
  }
  t.deepEqual(recorded.getLayer('hidden').weights.W!.data, eager.getLayer('hidden').weights.W!.data);
});

test('several inputs and outputs by name', async (t) => {
  const net = pair();
  const rows = { a: randomTensor([300, 3], 1), b: randomTensor([300, 2], 2) };
  const outputs = net.inference<Record<string, Tensor>>(rows);
  t.deepEqual(Object.keys(outputs), ['one', 'two']);
  const [fa, fb, one] = ['fa', 'fb', 'one'].map(
    (name) => (x: Tensor, training: boolean) => net.getLayer(name).forward(x, training),
  );
  const sum = new Sum().forward([fa!(rows.a, false), fb!(rows.b, false)]);
  t.deepEqual(differences(outputs.one!.data, one!(sum, false).data, { rtol: 1e-12 }), []);
  t.deepEqual(differences(outputs.two!.data, sum.data.map(Math.tanh), { rtol: 1e-12 }), []);
  t.deepEqual(await net.inferenceAsync<Record<string, Tensor>>(rows), outputs);
  const first = { a: rows.a.slice(0, 1), b: rows.b.slice(0, 1) };
  t.deepEqual(
    differences(net.inference<Record<string, Tensor>>(first).two!.data, outputs.two!.data.slice(0, 4), { rtol: 1e-12 }),
    [],
  );
});

test('rows that do not fit the inputs are refused', (t) => {
  const net = pair();
  const [a, b] = [Tensor.zeros([2, 3], 'float64'), Tensor.zeros([2, 2], 'float64')];
  t.throws(() => net.inference({ a }), badArgument(/a Tensor for b/));
  t.throws(() => net.inference({ a, b, c: a }), badArgument(/for x but received 'c'/));
  t.throws(() => net.inference(a), badArgument(/2 of them/));
  t.throws(
    () => net.inference({ a, b: a }),
    shapeMismatch(/^Expected rows of shape \[2\] for input 'b' but received rows of shape \[3\]$/),
  );
  t.throws(() => net.inference({ a, b: b.slice(0, 1) }), shapeMismatch(/2 rows for input 'b' but received 1/));
  t.throws(() => net.inference({ a, b: b.clone('float32') }), badArgument(/a float64 tensor for b/));
  t.throws(() => residual().inference(Tensor.zeros([1, 5], 'float64')), shapeMismatch(/\[4\] for the input .* \[5\]/));
});

test('sizes are inferred in graphs and in chains', (t) => {
  const net = new NeuralNet(params(), 'chain')
    .addLayer(new ConvLayer({ filters: 2, kernelSize: 3, activation: 'relu' }), 'conv')
    .addLayer(new FlattenLayer(), 'flatten')
    .addLayer(new FullyConnectedLayer(3), 'fc');
  t.regex(net.summary(), /^fc +fully connected +\? +\? +\?$/m);
  t.throws(() => net.getLayer('fc').weights, badArgument(/rows that tell their shapes first/));
  t.deepEqual(net.inference(Tensor.zeros([1, 1, 5, 6], 'float64')).shape, [1, 3]);
  t.deepEqual(net.getLayer('fc').weights.W!.shape, [24, 3]);
  t.deepEqual(net.inputs[0]!.rowShape, [1, 5, 6]);
  t.throws(
    () => net.inference(Tensor.zeros([1, 1, 5, 7], 'float64')),
    shapeMismatch(/rows of 24 numbers .* at layer 'fc'/),
  );
});

test('graphs are saved and loaded, chains with inferred sizes, too', async (t) => {
  const folder = await temporaryFolder(t);
  const chain = new NeuralNet(params(), 'chain')
    .addLayer(new FullyConnectedLayer(3))
    .addLayer(new FullyConnectedLayer(1));
  chain.inference(Tensor.zeros([1, 2], 'float64'));
  for (const [i, net] of [residual(), chain].entries()) {
    await net.save(`${folder}/${i}.safetensors`);
    const loaded = await NeuralNet.load(`${folder}/${i}.safetensors`);
    const x = randomTensor([3, net.inputs[0]!.rowShape![0]!], 5);
    t.deepEqual(loaded.inference(x), net.inference(x));
    t.is(loaded.summary(), net.summary());
  }
  const net = pair();
  await net.save(`${folder}/pair.safetensors`);
  const rows = { a: randomTensor([2, 3], 1), b: randomTensor([2, 2], 2) };
  const loaded = await NeuralNet.load(`${folder}/pair.safetensors`);
  t.deepEqual(loaded.inference(rows), net.inference(rows));
});

const refused: readonly (readonly [title: string, make: () => unknown, message: RegExp])[] = [
  [
    'an input that no output depends on',
    () => made(({ x, y }) => ({ inputs: [x, input([1], { name: 'b' })], outputs: [y] })),
    /that an output depends on for inputs .*'b'/,
  ],
  ['an input that is missing', () => made(({ y }) => ({ inputs: [input([2])], outputs: [y] })), /inputs/],
  [
    'an input twice',
    () => made(({ x, y }) => ({ inputs: [x, x], outputs: [y] })),
    /each node once for inputs .*'x' twice/,
  ],
  ['an output twice', () => made(({ x, y }) => ({ inputs: [x], outputs: [y, y] })), /each node once for outputs/],
  ['a computed node as input', () => made(({ y }) => ({ inputs: [y], outputs: [y] })), /nodes that input\(\) made/],
  ['no outputs', () => made(({ x }) => ({ inputs: [x], outputs: [] })), /a list of nodes/],
  ['what is no node', () => made(({ y }) => ({ inputs: [untyped('x')], outputs: [y] })), /a list of nodes/],
  [
    'a name twice',
    () => made(({ x, y }) => ({ inputs: [x], outputs: [new ActivationLayer('relu').apply(y, 'y')] })),
    /names that differ for the nodes of the net but received ''y' twice'/,
  ],
];

function made(of: (nodes: { x: Node; y: Node }) => Parameters<typeof NeuralNet.fromGraph>[0]): NeuralNet {
  const x = input([2], { name: 'x' });
  return NeuralNet.fromGraph(of({ x, y: new FullyConnectedLayer(1).apply(x, 'y') }), params(), 'net');
}

for (const [title, make, message] of refused) {
  test(`refused: ${title}`, (t) => {
    t.throws(make, badArgument(message));
  });
}

test('refused: several inputs without names, a layer of another net, and what is no node', (t) => {
  const [a, b] = [input([2]), input([2])];
  const sum = new Sum().apply([a, b]);
  t.throws(() => NeuralNet.fromGraph({ inputs: [a, b], outputs: [sum] }, params(), 'net'), badArgument(/a name/));
  const layer = new FullyConnectedLayer(1);
  const graph = { inputs: [a], outputs: [layer.apply(a, 'shared')] };
  NeuralNet.fromGraph(graph, params(), 'net');
  t.throws(() => NeuralNet.fromGraph(graph, params(), 'other'), badArgument(/in no net yet/));
  t.throws(() => layer.apply(untyped([])), badArgument(/one node or several/));
  t.throws(() => layer.apply(untyped('x')), badArgument(/one node or several/));
  t.throws(
    () => layer.apply([a, b]),
    badArgument(/^Expected 1 for the inputs of fully connected but received 2; .*inputCount/),
  );
  t.throws(() => layer.apply(input([3])), shapeMismatch(/rows of 2 numbers/));
  t.throws(() => input([0]), badArgument(/above 0 for rowShape/));
  t.throws(() => input([1], { name: 'a/b' }), badArgument(/name/));
});

test('a plain layer takes part in a graph, but only once', (t) => {
  class Twice extends PlainLayer {
    override outputShape(row: readonly number[]): readonly number[] {
      return row;
    }
    override forward(x: Tensor): Tensor {
      return Tensor.from(
        x.data.map((value) => 2 * value),
        x.shape,
      );
    }
    override backward(delta: Tensor): Tensor {
      return this.forward(delta);
    }
  }
  const x = input([3]);
  const hidden = new FullyConnectedLayer(3).apply(x);
  const layer = new Twice();
  const sum = new Sum().apply([hidden, layer.apply(hidden)]);
  const net = NeuralNet.fromGraph({ inputs: [x], outputs: [sum] }, params(), 'net');
  t.deepEqual(netGradientCheck(net, randomTensor([4, 3], 1), randomTensor([4, 3], 2)), []);
  const other = new Twice();
  const twice = new Sum().apply([other.apply(x), other.apply(x)]);
  t.throws(() => NeuralNet.fromGraph({ inputs: [x], outputs: [twice] }, params(), 'net'), badArgument(/applied once/));
});

test('removeLayer gives a trained net a new head, and its layers another net', async (t) => {
  const net = new NeuralNet(params({ optimizer: 'adam' }), 'net')
    .addLayer(new FullyConnectedLayer(3, 4, { activation: 'tanh' }), 'body')
    .addLayer(new FullyConnectedLayer(4, 4), 'middle')
    .addLayer(new FullyConnectedLayer(4, 1), 'head');
  const [x, y] = [randomTensor([6, 3], 1), randomTensor([6, 1], 2)];
  net.trainOnBatch(x, y);
  const [body, middle] = ['body', 'middle'].map((name) => net.getLayer(name));
  const before = body!.forward(x, false).data;
  net.removeLayer('middle').addLayer(new FullyConnectedLayer(2), 'new');
  t.deepEqual(net.layerNames, ['body', 'new']);
  t.deepEqual(net.inference(x).shape, [6, 2]);
  t.deepEqual(body!.forward(x, false).data, before);
  const w = middle!.weights.W!.data.slice();
  const other = new NeuralNet(params(), 'other').addLayer(middle!, 'first');
  t.deepEqual(other.getLayer('first').weights.W!.data, w);
  net.trainOnBatch(x, randomTensor([6, 2], 3));
  t.deepEqual(middle!.weights.W!.data, w);
  t.throws(() => new NeuralNet(params(), 'third').addLayer(body!), badArgument(/in no net yet/));
  net.removeLayer('body');
  t.deepEqual(net.layerNames, []);
  t.throws(() => net.removeLayer('body'), badArgument(/at least one layer/));
  t.throws(() => residual().removeLayer('hidden'), badArgument(/a branch/));
  t.deepEqual(residual().removeLayer('out').outputs, [{ name: 'sum' }]);
});
