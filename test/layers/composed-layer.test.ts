import test from 'ava';
import {
  ActivationLayer,
  type CallContext,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  Layer,
  type LayerConfig,
  NeuralNet,
  type Ops,
  type ParameterSpec,
  type RowShape,
  registerLayer,
  Tensor,
  type Value,
} from 'blasnet';
import { badArgument, shapeMismatch } from '../support/errors.js';
import { temporaryFolder } from '../support/files.js';
import { gradientCheck, netGradientCheck, randomTensor } from '../support/numerics.js';

/** x · σ(x·W + B) */
class Gate extends Layer {
  override get config(): LayerConfig {
    return { type: 'Gate' };
  }
  override build([input]: readonly RowShape[]): Record<string, ParameterSpec> {
    const [width] = input!;
    return { W: { shape: [width!, width!] }, B: { shape: [width!], init: 0.5 } };
  }
  override call(ops: Ops, [x]: readonly Value[], { W, B }: Record<string, Value>): Value {
    return ops.multiply(x!, ops.sigmoid(ops.add(ops.matmul(x!, W!), B!)));
  }
}
registerLayer('Gate', () => new Gate());

/** The same numbers as FullyConnectedLayer's. */
class Affine extends Layer {
  constructor(readonly outputs: number) {
    super();
  }
  override build([input]: readonly RowShape[]): Record<string, ParameterSpec> {
    return { W: { shape: [input![0]!, this.outputs] }, B: { shape: [this.outputs] } };
  }
  override call(ops: Ops, [x]: readonly Value[], { W, B }: Record<string, Value>): Value {
    return ops.add(ops.matmul(x!, W!), B!);
  }
}

const params = (options = {}) =>
  new HyperParameters({
    netType: 'fitting',
    dtype: 'float64',
    batchSize: 8,
    maxEpoch: 5,
    learningRate: 0.1,
    ...options,
  });

function gated(options = {}): NeuralNet {
  const net = new NeuralNet(params(options), 'gated');
  net.addLayer(new FullyConnectedLayer(3, 6), 'in');
  net.addLayer(new Gate(), 'gate');
  net.addLayer(new FullyConnectedLayer(6, 2), 'out');
  return net;
}

function reader(rows = 37): DataReader {
  return DataReader.fromTensors({
    xTrain: randomTensor([rows, 3], 1),
    yTrain: randomTensor([rows, 2], 2),
  });
}

test('a layer composed of operations has the gradient that follows from them', (t) => {
  const layer = new Gate();
  t.deepEqual(layer.outputShape([5]), [5]);
  t.deepEqual(layer.parameterShapes, { W: [5, 5], B: [5] });
  const net = new NeuralNet(params(), 'alone');
  net.addLayer(new FullyConnectedLayer(4, 5));
  net.addLayer(layer);
  t.deepEqual(gradientCheck(layer, randomTensor([7, 5], 1)), []);
  t.deepEqual(netGradientCheck(gated(), randomTensor([9, 3], 3), randomTensor([9, 2], 4)), []);
});

test('its values are those of the formula', (t) => {
  const net = gated();
  const gate = net.getLayer('gate');
  net.forward(randomTensor([1, 3], 1));
  t.deepEqual([...gate.weights.B!.data], Array(6).fill(0.5));
  gate.weights.W!.data.fill(0);
  const y = gate.forward(Tensor.from([[1, 2, 3, 4, 5, 6]], undefined, 'float64'), false);
  const open = 1 / (1 + Math.exp(-0.5));
  for (const [i, value] of y.data.entries()) t.true(Math.abs(value - (i + 1) * open) < 1e-14);
});

test('composed of a product and a bias it trains as a fully connected layer does', async (t) => {
  const nets = [new Affine(4), new FullyConnectedLayer(3, 4)].map((layer) => {
    const net = new NeuralNet(params({ seed: 3 }), 'net');
    net.addLayer(layer, 'first');
    net.addLayer(new ActivationLayer('tanh'));
    net.addLayer(new FullyConnectedLayer(4, 2), 'last');
    return net;
  });
  const [own, builtIn] = await Promise.all(
    nets.map(async (net) => {
      await net.train(reader());
      return net;
    }),
  );
  for (const name of ['first', 'last']) {
    for (const key of ['W', 'B']) {
      const [mine, theirs] = [own!.getLayer(name).weights[key]!, builtIn!.getLayer(name).weights[key]!];
      mine.data.forEach((value, i) => {
        t.true(Math.abs(value - theirs.data[i]!) < 1e-12, `${name} ${key}[${i}]`);
      });
    }
  }
});

test('replayed by C++ it gives the bits of calls, with the last batch shorter', async (t) => {
  const net = gated({ optimizer: 'adam', regularizer: { method: 'l2', value: 0.1 } });
  const byHand = gated({ optimizer: 'adam', regularizer: { method: 'l2', value: 0.1 } });
  const data = reader();
  await net.train(data, { shuffle: false });
  for (let epoch = 0; epoch < 5; epoch++) {
    for (let first = 0; first < 37; first += 8) {
      const [x, y] = [data.xTrain, data.yTrain].map((rows) => rows.slice(first, Math.min(first + 8, 37)));
      byHand.trainOnBatch(x!, y!);
    }
  }
  for (const [name, { data: values }] of Object.entries(net.getLayer('gate').weights)) {
    t.deepEqual(values, byHand.getLayer('gate').weights[name]!.data, name);
  }
});

test('a net with it is saved and loaded', async (t) => {
  const file = `${await temporaryFolder(t)}/net.safetensors`;
  const net = gated();
  await net.train(reader());
  await net.save(file);
  const loaded = await NeuralNet.load(file);
  const x = randomTensor([4, 3], 9);
  t.deepEqual(loaded.inference(x).data, net.inference(x).data);
});

test('it learns whether a pass is one of training', (t) => {
  class Doubled extends Layer {
    override call(ops: Ops, [x]: readonly Value[], _: object, { training }: CallContext): Value {
      return training ? ops.multiply(x!, 2) : x!;
    }
  }
  const x = Tensor.from([[1, 2]]);
  t.deepEqual(new Doubled().forward(x).toArray(), [[2, 4]]);
  const layer = new Doubled();
  for (const width of [2, 3]) t.deepEqual(layer.forward(Tensor.zeros([1, width])).shape, [1, width]);
  t.deepEqual(new Doubled().forward(x, false).toArray(), [[1, 2]]);
});

test('a parameter that the output does not depend on has a gradient of zeros', (t) => {
  class Idle extends Layer {
    override build(): Record<string, ParameterSpec> {
      return { W: { shape: [3] } };
    }
    override call(ops: Ops, [x]: readonly Value[]): Value {
      return ops.negate(x!);
    }
  }
  const layer = new Idle();
  layer.forward(Tensor.from([[1, 2]]));
  layer.gradients.W!.data.fill(7);
  layer.backward(Tensor.from([[1, 1]]));
  t.deepEqual([...layer.gradients.W!.data], [0, 0, 0]);
});

test('parameters begin as their specs say, each with random numbers of its own', (t) => {
  class Two extends Layer {
    override build(): Record<string, ParameterSpec> {
      return {
        A: { shape: [4, 4], init: 'normal' },
        B: { shape: [4, 4], init: 'normal' },
        count: { shape: [1], init: 3, trainable: false },
      };
    }
    override call(ops: Ops, [x]: readonly Value[], { A, B }: Record<string, Value>): Value {
      return ops.matmul(ops.matmul(x!, A!), B!);
    }
  }
  const layer = new Two();
  layer.forward(randomTensor([2, 4], 1).clone('float32'));
  t.notDeepEqual(layer.weights.A!.data, layer.weights.B!.data);
  t.deepEqual([...layer.weights.count!.data], [3]);
  t.deepEqual(Object.keys(layer.gradients), ['A', 'B']);
});

test('shapes are found once for rows of one shape', async (t) => {
  const gate = new Gate();
  const net = new NeuralNet(params(), 'asked').addLayer(gate);
  const x = randomTensor([1, 3], 1);
  net.inference(x);
  let calls = 0;
  gate.call = (...args) => {
    calls++;
    return Gate.prototype.call.apply(gate, args);
  };
  await net.predict(x);
  await net.inferenceAsync(x);
  t.is(calls, 0);
  t.throws(() => net.inference(randomTensor([1, 2], 1)), shapeMismatch(/rows of shape \[3\]/));
  net.addLayer(new Gate(), 'second');
  calls = 0;
  net.inference(x);
  t.true(calls > 0);
});

test('mistakes are named', (t) => {
  class Nothing extends Layer {}
  class LostRows extends Layer {
    override call(ops: Ops, [x]: readonly Value[]): Value {
      return ops.sum(x!);
    }
  }
  class BadShape extends Layer {
    override build(): Record<string, ParameterSpec> {
      return { W: { shape: [0] } };
    }
    override call(_: Ops, [x]: readonly Value[]): Value {
      return x!;
    }
  }
  const x = Tensor.from([[1, 2]]);
  t.throws(() => new Nothing().forward(x), badArgument(/a class that defines call.* for layer 'Nothing'/));
  t.throws(() => new LostRows().forward(x), shapeMismatch(/a Value with 2 rows/));
  t.throws(() => new BadShape().forward(x), badArgument(/the shape of parameter W/));
  t.throws(() => new Gate().parameters, badArgument(/the weights of layer 'Gate'/));
  const layer = new Gate();
  layer.forward(x);
  t.throws(() => layer.forward(Tensor.from([[1, 2, 3]])), shapeMismatch(/rows of shape \[2\]/));
});
