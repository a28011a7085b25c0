import test from 'ava';
import {
  ActivationLayer,
  activationNames,
  ClassificationLayer,
  createInitializer,
  createLayer,
  createOptimizer,
  HyperParameters,
  optimizerNames,
  XavierInitializer,
} from 'blasnet';
import { didYouMean } from '#blasnet/core/did-you-mean';
import { badArgument, untyped } from './support/errors.js';
import { fittingNet, fittingReader } from './support/nets.js';

const suggestions: readonly (readonly [received: unknown, known: readonly string[], name: string | undefined])[] = [
  ['Adam', optimizerNames, 'adam'],
  ['ADAMW', optimizerNames, 'adamW'],
  ['adma', optimizerNames, 'adam'],
  ['rmsprop', optimizerNames, 'rmsProp'],
  ['ReLU', activationNames, 'relu'],
  ['leaky_relu', activationNames, 'leakyRelu'],
  ['tahn', activationNames, 'tanh'],
  ['swish', activationNames, 'silu'],
  ['linear', activationNames, 'identity'],
  ['epochs', ['maxEpoch', 'batchSize'], 'maxEpoch'],
  ['epochs', ['epoch', 'maxEpoch'], 'maxEpoch'],
  ['batch_size', ['maxEpoch', 'batchSize'], 'batchSize'],
  ['checkpont', ['checkpoint', 'checkpointFile'], 'checkpoint'],
  ['selu', ['relu', 'elu'], 'relu'],
  ['maxout', activationNames, undefined],
  ['lr', activationNames, undefined],
  ['toString', [], undefined],
  ['__proto__', activationNames, undefined],
  ['', activationNames, undefined],
  ['-', activationNames, undefined],
  ['x'.repeat(1e6), activationNames, undefined],
  [7, activationNames, undefined],
  [undefined, activationNames, undefined],
];

for (const [received, known, name] of suggestions) {
  test(`${String(received).slice(0, 20)} › ${name} of ${known.length} names beginning with ${known[0]}`, (t) => {
    t.is(didYouMean(received, known), name && `did you mean '${name}'?`);
  });
}

const calls: Readonly<Record<string, readonly [call: () => unknown, meant: string]>> = {
  optimizer: [() => createOptimizer(untyped('Adam')), 'adam'],
  "the hyperparameters' optimizer": [
    () => new HyperParameters({ netType: 'fitting', optimizer: untyped('SGD') }),
    'sgd',
  ],
  "an optimizer's constant": [() => createOptimizer('adam', untyped({ Beta1: 0.9 })), 'beta1'],
  activation: [() => new ActivationLayer(untyped('ReLU')), 'relu'],
  'activation with options': [() => new ActivationLayer(untyped({ name: 'LeakyReLU' })), 'leakyRelu'],
  "an activation's constant": [() => new ActivationLayer(untyped({ name: 'elu', Alpha: 1 })), 'alpha'],
  'the last layer': [() => new ClassificationLayer(untyped('Softmax')), 'softmax'],
  initMethod: [() => createInitializer(untyped('he')), 'msra'],
  "an initialiser's option": [() => new XavierInitializer(untyped({ Distribution: 'normal' })), 'distribution'],
  "an initialiser's word": [() => new XavierInitializer({ distribution: untyped('Normal') }), 'normal'],
  schedule: [
    () => new HyperParameters({ netType: 'fitting', learningRateSchedule: untyped({ kind: 'Cosine', length: 3 }) }),
    'cosine',
  ],
  "a schedule's constant": [
    () => new HyperParameters({ netType: 'fitting', learningRateSchedule: untyped({ kind: 'step', Every: 3 }) }),
    'every',
  ],
  netType: [() => new HyperParameters({ netType: untyped('classification') }), 'multipleClassifier'],
  'a hyperparameter': [() => new HyperParameters(untyped({ netType: 'fitting', epochs: 3 })), 'maxEpoch'],
  stopper: [
    () => new HyperParameters({ netType: 'fitting', stopper: untyped({ condition: 'stoploss', value: 1 }) }),
    'stopLoss',
  ],
  regularizer: [
    () => new HyperParameters({ netType: 'fitting', regularizer: untyped({ method: 'L2', value: 1 }) }),
    'l2',
  ],
  "a layer's type": [() => createLayer({ type: 'activationLayer', name: 'relu' }), 'ActivationLayer'],
  "a layer's field": [() => createLayer({ type: 'BatchNormLayer', features: 1, Momentum: 0.9 }), 'momentum'],
  "a layer's name": [() => fittingNet([1, 1]).getLayer('FC1'), 'fc1'],
};

for (const [name, [call, meant]] of Object.entries(calls)) {
  test(`did you mean › ${name}`, (t) => {
    t.throws(call, badArgument(new RegExp(`; did you mean '${meant}'\\?$`)));
  });
}

test('did you mean › an option of train', async (t) => {
  const train = fittingNet([1, 1]).train(fittingReader(1, 4), untyped({ onEpoch: () => {}, check_point: 1 }));
  await t.throwsAsync(train, badArgument(/but received 'onEpoch'$/));
  const another = fittingNet([1, 1]).train(fittingReader(1, 4), untyped({ check_point: 1 }));
  await t.throwsAsync(another, badArgument(/; did you mean 'checkpoint'\?$/));
});
