// Means, deviations and ranges of the draws against the formulas, with bounds that follow from the number of draws.
import test from 'ava';
import {
  ActivationLayer,
  BlasnetError,
  createInitializer,
  DataReader,
  FullyConnectedLayer,
  HyperParameters,
  type InitMethodOptions,
  NeuralNet,
} from 'blasnet';
import { randomTensor, sumOf } from '../support/numerics.js';

const [fanIn, fanOut] = [400, 300];
const draws = fanIn * fanOut;
/** Estimates farther than this many of their own deviations from the truth would be one in two million. */
const sigmas = 5;

function weights(initMethod: InitMethodOptions, options: { seed?: number; dtype?: 'float32' | 'float64' } = {}) {
  const layer = new FullyConnectedLayer(fanIn, fanOut, { initMethod, dtype: 'float64', seed: 1, ...options });
  return { W: layer.weights.W!.data, B: layer.weights.B!.data };
}

/** The deviation of normal draws, or the limit of uniform ones. */
const methods: { method: InitMethodOptions; deviation?: number; limit?: number }[] = [
  { method: 'normal', deviation: 1 },
  { method: { name: 'normal', scaled: false }, deviation: 1 },
  { method: { name: 'normal', scaled: true }, deviation: 1 / Math.sqrt(fanIn) },
  { method: { name: 'normal', scaled: true, distribution: 'normal' }, deviation: 1 / Math.sqrt(fanIn) },
  { method: { name: 'normal', scaled: true, distribution: 'uniform' }, limit: 1 / Math.sqrt(fanIn) },
  { method: 'xavier', limit: Math.sqrt(6 / (fanIn + fanOut)) },
  { method: { name: 'xavier', distribution: 'uniform' }, limit: Math.sqrt(6 / (fanIn + fanOut)) },
  { method: { name: 'xavier', distribution: 'normal' }, deviation: Math.sqrt(2 / (fanIn + fanOut)) },
  { method: 'msra', deviation: Math.sqrt(2 / fanIn) },
  { method: { name: 'msra', mode: 'fanIn' }, deviation: Math.sqrt(2 / fanIn) },
  { method: { name: 'msra', mode: 'fanOut' }, deviation: Math.sqrt(2 / fanOut) },
  { method: { name: 'msra', distribution: 'uniform' }, limit: Math.sqrt(6 / fanIn) },
  { method: { name: 'msra', mode: 'fanOut', distribution: 'uniform' }, limit: Math.sqrt(6 / fanOut) },
];

for (const { method, deviation, limit } of methods) {
  test(`${JSON.stringify(method)}: mean, deviation and shape of ${draws} draws`, (t) => {
    const { W, B } = weights(method);
    t.is(W.length, draws);
    t.true(B.every((value) => value === 0));

    const sigma = deviation ?? limit! / Math.sqrt(3);
    // var(mean) = σ²/n; var(mean of squares) = (μ₄ − σ⁴)/n, where μ₄ is 3σ⁴ for normal and 9/5·σ⁴ for uniform draws.
    const mean = sumOf(W) / draws;
    const square = sumOf(W, (value) => value * value) / draws;
    const kurtosis = deviation === undefined ? 9 / 5 : 3;
    t.true(Math.abs(mean) <= (sigmas * sigma) / Math.sqrt(draws), `mean ${mean}`);
    t.true(Math.abs(square / sigma ** 2 - 1) <= sigmas * Math.sqrt((kurtosis - 1) / draws), `square ${square}`);

    // Shares of the draws within one, two and three deviations, or within parts of the range.
    const shares: [bound: number, share: number][] =
      limit === undefined
        ? [
            [sigma, 0.682689492],
            [2 * sigma, 0.954499736],
            [3 * sigma, 0.997300204],
          ]
        : [
            [limit / 4, 0.25],
            [limit / 2, 0.5],
            [limit * 0.9, 0.9],
          ];
    for (const [bound, share] of shares) {
      const within = sumOf(W, (value) => Number(Math.abs(value) <= bound)) / draws;
      const spread = Math.sqrt((share * (1 - share)) / draws);
      t.true(Math.abs(within - share) <= sigmas * spread, `${within} within ${bound}`);
    }
  });

  if (limit !== undefined) {
    test(`${JSON.stringify(method)}: stays within its range and fills it`, (t) => {
      const { W } = weights(method);
      const least = Array.from(W).reduce((a, b) => Math.min(a, b));
      const greatest = Array.from(W).reduce((a, b) => Math.max(a, b));
      t.true(-limit <= least && greatest <= limit);
      // The gap at either end exceeds 20/n of the range once in e²⁰ seeds.
      t.true(Math.max(limit + least, limit - greatest) <= (2 * limit * 20) / draws);
    });
  }

  test(`${JSON.stringify(method)}: the seed decides every bit, and float32 is float64 rounded`, (t) => {
    const { W } = weights(method);
    t.deepEqual(weights(method).W, W);
    t.notDeepEqual(weights(method, { seed: 2 }).W, W);
    t.deepEqual(weights(method, { dtype: 'float32' }).W, Float32Array.from(W));
  });
}

/** Σ ab / √(Σa² Σb²); its deviation is 1/√n for unrelated draws. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (p: ArrayLike<number>, q: ArrayLike<number>) => sumOf(p, (value, i) => value * q[i]!);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test('draws of neighbours, of other seeds and of other layers are unrelated', (t) => {
  const bound = sigmas / Math.sqrt(draws);
  for (const method of ['normal', 'xavier'] as const) {
    const { W } = weights(method);
    t.true(Math.abs(correlation(W.subarray(1), W.subarray(0, -1))) <= bound, 'neighbours');
    t.true(Math.abs(correlation(W.subarray(2), W.subarray(0, -2))) <= bound, 'next but one');
    t.true(Math.abs(correlation(W, weights(method, { seed: 2 }).W)) <= bound, 'seeds');
    t.true(Math.abs(correlation(W, weights(method, { seed: 1 + 2 ** 32 }).W)) <= bound, 'seeds above 2³²');
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting', initMethod: method, seed: 1 }), 'net');
    for (let i = 0; i < 2; i++) net.addLayer(new FullyConnectedLayer(300, 300));
    const [first, second] = net.layers.map((layer) => layer.weights.W!.data);
    t.notDeepEqual(first, second);
    t.true(Math.abs(correlation(first!, second!)) <= sigmas / 300, 'layers');
  }
});

test('a net hands its method, seed and dtype to its layers; a layer may have a method of its own', (t) => {
  const make = (seed: number) => {
    const params = { netType: 'fitting', initMethod: 'msra', seed, dtype: 'float64' } as const;
    const net = new NeuralNet(new HyperParameters(params), 'net');
    net.addLayer(new FullyConnectedLayer(50, 200), 'own').addLayer(new ActivationLayer('relu'));
    net.addLayer(new FullyConnectedLayer(200, 100, { initMethod: 'zero' }), 'zero');
    return net;
  };
  const own = make(3).getLayer('own').weights.W!;
  t.is(own.dtype, 'float64');
  const square = sumOf(own.data, (value) => value * value) / own.size;
  t.true(Math.abs(square / (2 / 50) - 1) <= sigmas * Math.sqrt(2 / own.size));
  t.deepEqual(make(3).getLayer('own').weights.W!.data, own.data);
  t.notDeepEqual(make(4).getLayer('own').weights.W!.data, own.data);
  t.true(
    make(3)
      .getLayer('zero')
      .weights.W!.data.every((value) => value === 0),
  );
});

test('zero is zero, and hidden layers that start there never leave it', async (t) => {
  t.true(weights('zero').W.every((value) => value === 0));
  t.true(weights({ name: 'zero' }, { dtype: 'float32' }).W.every((value) => value === 0));
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', initMethod: 'zero', maxEpoch: 3 }), 'net');
  for (const [inputs, outputs] of [
    [4, 5],
    [5, 3],
  ] as const) {
    net.addLayer(new FullyConnectedLayer(inputs, outputs)).addLayer(new ActivationLayer('tanh'));
  }
  net.addLayer(new FullyConnectedLayer(3, 1), 'last');
  const [xTrain, yTrain] = [randomTensor([40, 4], 1).clone('float32'), randomTensor([40, 1], 2, 1, 2).clone('float32')];
  await net.train(DataReader.fromTensors({ xTrain, yTrain }));
  for (const layer of net.layers) t.true((layer.weights.W?.data ?? []).every((value) => value === 0));
  t.true(net.getLayer('last').weights.B!.data[0]! > 0.1);
});

test('unknown methods and options are refused', (t) => {
  const wrong: unknown[] = [
    'he',
    'toString',
    undefined,
    { name: 'xavier', distribution: 'gauss' },
    { name: 'msra', mode: 'fan_in' },
    { name: 'normal', scaled: true, distribution: 'gauss' },
    { name: 'normal', scaled: 'no' },
    { name: 'normal', scaled: null },
  ];
  for (const method of wrong) {
    const error = t.throws(() => createInitializer(method as InitMethodOptions), { instanceOf: BlasnetError });
    t.is(error?.code, 'ERR_BAD_ARGUMENT');
  }
});
