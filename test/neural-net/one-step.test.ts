import test from 'ava';
import { ActivationLayer, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
import { badArgument, notFinite, shapeMismatch, untyped } from '../support/errors.js';
import { fittingNet, labelsFor, rowsOfNumbers, weightsOf } from '../support/nets.js';

test('trainOnBatch › a step is forward, backward and update', (t) => {
  const x = rowsOfNumbers(5, 3);
  const y = labelsFor(x);
  const [recorded, eager] = [fittingNet([3, 8, 1], { seed: 2 }), fittingNet([3, 8, 1], { seed: 2 })];
  for (let step = 0; step < 3; step++) {
    const { loss } = recorded.trainOnBatch(x, y);
    t.true(Math.abs(loss - eager.test(x, y).loss) < 1e-6);
    eager.preUpdateWeights();
    eager.forward(x);
    eager.backward(y);
    eager.updateWeights();
    t.deepEqual(weightsOf(recorded), weightsOf(eager));
  }
});

test('trainOnBatch › x that makes the loss infinite changes nothing', (t) => {
  const net = fittingNet([1, 1]);
  net.layers[0]!.setWeights({ W: Tensor.from([[10]]) });
  const before = weightsOf(net);
  t.throws(
    () => net.trainOnBatch(Tensor.from([[3e38]]), Tensor.from([[0]])),
    notFinite(/Expected a finite loss for the batch but received Infinity/),
  );
  t.deepEqual(weightsOf(net), before);
  t.true(Number.isFinite(net.trainOnBatch(Tensor.from([[1]]), Tensor.from([[1]])).loss));
});

const finiteRows = [
  [1, 2],
  [3, 4],
];

for (const [optimizer, activation] of [
  ['sgd', 'tanh'],
  ['nag', 'sigmoid'],
  ['adam', 'tanh'],
] as const) {
  test(`trainOnBatch › x that is not finite is named, even where its loss is finite › ${optimizer}`, (t) => {
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting', optimizer }), 'saturated')
      .addLayer(new FullyConnectedLayer(2, 3), 'hidden')
      .addLayer(new ActivationLayer(activation), activation)
      .addLayer(new FullyConnectedLayer(3, 1), 'output');
    const y = Tensor.from([[1], [2]]);
    net.trainOnBatch(Tensor.from(finiteRows), y);
    const before = weightsOf(net);
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      t.throws(
        () => net.trainOnBatch(Tensor.from([finiteRows[0]!, [1, value]]), y),
        notFinite(new RegExp(`^Expected finite numbers for the batch's x but received ${value} in row 1, column 1$`)),
      );
      t.deepEqual(weightsOf(net), before);
    }
    t.true(Number.isFinite(net.trainOnBatch(Tensor.from(finiteRows), y).loss));
  });
}

test('updateWeights › gradients that are not finite change nothing', (t) => {
  const net = new NeuralNet(new HyperParameters({ netType: 'fitting', optimizer: 'nag' }), 'by hand')
    .addLayer(new FullyConnectedLayer(1, 2), 'hidden')
    .addLayer(new ActivationLayer('tanh'), 'tanh')
    .addLayer(new FullyConnectedLayer(2, 1), 'output');
  const before = weightsOf(net);
  net.preUpdateWeights();
  net.forward(Tensor.from([[Number.POSITIVE_INFINITY]]));
  net.backward(Tensor.from([[0]]));
  t.throws(() => net.updateWeights(), notFinite(/^Expected finite gradients for updateWeights .* in layer 'hidden'$/));
  net.inference(Tensor.from([[1]]));
  t.deepEqual(weightsOf(net), before);
});

test('backward › needs a forward that the layers still remember', (t) => {
  const net = fittingNet([2, 1]);
  const x = rowsOfNumbers(2, 2);
  const y = labelsFor(x);
  const none = badArgument(/^Call forward\(x\) before backward\(\)$/);
  t.throws(() => net.backward(y), none);
  for (const between of [() => net.inference(x), () => net.test(x, y), () => net.trainOnBatch(x, y)]) {
    net.forward(x);
    between();
    t.throws(() => net.backward(y), none);
  }
  net.forward(x);
  t.throws(() => net.backward(Tensor.zeros([3, 1])), shapeMismatch(/shape \[2, 1\] for y but received \[3, 1\]/));
  t.throws(() => net.backward(untyped([1])), badArgument(/a Tensor for y/));
  t.notThrows(() => net.backward(y));
});
