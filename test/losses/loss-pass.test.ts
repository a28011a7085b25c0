// Weights of rows, classes and outputs: what the mean loss and its gradient are with them, recorded and at once.
import test from 'ava';
import { createLoss, type Loss, type LossOptions, Tensor } from 'blasnet';
import { type LossWeights, lossPass, totalLossPass } from '#blasnet/losses/loss-pass';
import { opsOn } from '#blasnet/ops/ops';
import { Tape } from '#blasnet/ops/tape';
import { Value } from '#blasnet/ops/value';
import { PlanRecorder } from '#blasnet/plan/recorder';
import { Arena } from '#blasnet/runtime/arena';
import { native } from '#blasnet/runtime/native';
import { EagerRunner, type Runner } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';
import { differences, oneHot, randomTensor, sumOf, uniforms } from '../support/numerics.js';

type Kind = 'softmax' | 'sigmoid' | undefined;

function pass(
  loss: Loss,
  kind: Kind,
  x: Tensor,
  y: Tensor,
  weights: LossWeights,
  runner: Runner,
  scalars: RuntimeScalars,
) {
  const tape = new Tape(runner);
  const input = new Value(x);
  const output = kind ? opsOn(tape)[kind](input) : input;
  const seeds = lossPass(loss, tape, output, y, scalars, weights);
  return tape.backward(seeds(), [{ value: input }])[0]!;
}

function atOnce(options: LossOptions, kind: Kind, x: Tensor, y: Tensor, weights: LossWeights = {}) {
  const scalars = new RuntimeScalars();
  const dx = pass(createLoss(options), kind, x, y, weights, new EagerRunner(x.dtype), scalars);
  return { mean: scalars.get('batchLoss'), sum: scalars.get('lossSum'), rows: scalars.get('rows'), dx };
}

/** The loss and gradient of one row alone. */
const rowsOf = (options: LossOptions, kind: Kind, x: Tensor, y: Tensor) =>
  Array.from({ length: x.rows }, (_, i) => atOnce(options, kind, x.slice(i, i + 1), y.slice(i, i + 1)));

const classes = [...uniforms(12, 5, 0, 3)].map(Math.floor);
const inputs: readonly [LossOptions, Kind, Tensor, Tensor][] = [
  ['meanSquaredError', undefined, randomTensor([12, 3], 1), randomTensor([12, 3], 2)],
  ['huber', undefined, randomTensor([12, 3], 1), randomTensor([12, 3], 2)],
  ['cosineSimilarity', undefined, randomTensor([12, 3], 1), randomTensor([12, 3], 2)],
  [
    'binaryCrossEntropy',
    'sigmoid',
    randomTensor([12, 1], 1),
    Tensor.from(
      classes.map((c) => [Math.min(c, 1)]),
      undefined,
      'float64',
    ),
  ],
  ['crossEntropy', 'softmax', randomTensor([12, 3], 1), oneHot(classes, 3)],
  [
    'sparseCrossEntropy',
    'softmax',
    randomTensor([12, 3], 1),
    Tensor.from(
      classes.map((c) => [c]),
      undefined,
      'float64',
    ),
  ],
];

for (const [name, kind, x, y] of inputs) {
  test(`${name}: sample weights are Σ wᵢ lossᵢ / m`, (t) => {
    const sampleWeights = randomTensor([12], 3, 0, 4);
    sampleWeights.data[2] = 0;
    const rows = rowsOf(name, kind, x, y);
    const weighted = atOnce(name, kind, x, y, { sampleWeights });
    const mean = sumOf(rows.map((row, i) => row.mean * sampleWeights.data[i]!)) / 12;
    t.deepEqual(differences([weighted.mean], [mean], { rtol: 1e-12 }), []);
    t.deepEqual(differences([weighted.sum, weighted.rows], [12 * mean, 12], { rtol: 1e-12 }), []);
    const gradient = rows.flatMap(({ dx }, i) => [...dx.data].map((g) => (g * sampleWeights.data[i]!) / 12));
    t.deepEqual(differences(weighted.dx.data, gradient, { rtol: 1e-11, atol: 1e-16 }), []);
    const ones = Tensor.from(new Float64Array(12).fill(1), [12]);
    const even = atOnce(name, kind, x, y, { sampleWeights: ones });
    const plain = atOnce(name, kind, x, y);
    t.deepEqual(differences([even.mean], [plain.mean], { rtol: 1e-13 }), []);
    t.deepEqual(differences(even.dx.data, plain.dx.data, { rtol: 1e-11, atol: 1e-16 }), []);
  });
}

for (const [name, kind, x, y] of inputs.slice(3)) {
  test(`${name}: class weights, and sample weights beside them`, (t) => {
    const values = kind === 'sigmoid' ? [0.5, 3] : [0.5, 3, 1.25];
    const classWeights = { data: Float64Array.from(values), shape: [values.length] };
    const sampleWeights = randomTensor([12], 3, 0, 4);
    const ofRow = classes.map((c) => values[kind === 'sigmoid' ? Math.min(c, 1) : c]!);
    for (const own of [undefined, sampleWeights]) {
      const all = Float64Array.from(ofRow, (weight, i) => weight * (own?.data[i] ?? 1));
      const expected = atOnce(name, kind, x, y, { sampleWeights: Tensor.from(all, [12]) });
      const given = atOnce(name, kind, x, y, { classWeights, sampleWeights: own });
      t.deepEqual(differences([given.mean], [expected.mean], { rtol: 1e-13 }), []);
      t.deepEqual(differences(given.dx.data, expected.dx.data, { rtol: 1e-11, atol: 1e-16 }), []);
    }
  });
}

test('factor and rows scale the gradient, not the sums of the output', (t) => {
  for (const [name, kind, x, y] of inputs) {
    for (const sampleWeights of [undefined, randomTensor([12], 3, 0, 4)]) {
      const plain = atOnce(name, kind, x, y, { sampleWeights });
      const scaled = atOnce(name, kind, x, y, { sampleWeights, factor: 3, rows: 48 });
      t.is(scaled.mean, plain.mean);
      const expected = plain.dx.data.map((g) => (g * 3) / 4);
      t.deepEqual(differences(scaled.dx.data, expected, { rtol: 1e-13, atol: 1e-17 }), []);
    }
  }
});

test('a recorded plan gives the same bits as calls, again and again', (t) => {
  for (const [name, kind, x64, y64] of inputs) {
    for (const weighted of [false, true]) {
      const [x, y] = [x64.clone('float32'), y64.clone('float32')];
      const sampleWeights = weighted ? randomTensor([12], 3, 0, 4).clone('float32') : undefined;
      const expected = atOnce(name, kind, x, y, { sampleWeights });
      const [recorder, scalars] = [new PlanRecorder(new Arena('float32')), new RuntimeScalars()];
      const dx = pass(createLoss(name), kind, x, y, { sampleWeights }, recorder, scalars);
      const step = recorder.finish().native;
      const setup = { epoch: null, step, last: null, stepsPerEpoch: 1, batchRows: 1, scalars: scalars.data };
      const replay = new native.Replay(setup);
      for (let times = 1; times <= 2; times++) {
        t.falsy(replay.runSync(0, 1, false));
        t.deepEqual(dx.data, expected.dx.data);
        t.is(scalars.get('batchLoss'), expected.mean);
        t.is(scalars.get('lossSum'), times * expected.sum);
        t.is(scalars.get('rows'), times * 12);
      }
    }
  }
});

test('losses of several outputs add up by their weights', (t) => {
  const [first, second, total] = [new RuntimeScalars(), new RuntimeScalars(), new RuntimeScalars()];
  const runner = new EagerRunner('float64');
  const [price, kind] = [inputs[1]!, inputs[4]!];
  for (let batch = 1; batch <= 3; batch++) {
    pass(createLoss(price[0]), price[1], price[2], price[3], { factor: 2 }, runner, first);
    pass(createLoss(kind[0]), kind[1], kind[2], kind[3], { factor: 0.5 }, runner, second);
    const parts = [
      { scalars: first, factor: 2 },
      { scalars: second, factor: 0.5 },
    ];
    totalLossPass(runner, parts, 12, total);
    const mean = 2 * first.get('batchLoss') + 0.5 * second.get('batchLoss');
    t.deepEqual(differences([total.get('batchLoss')], [mean], { rtol: 1e-14 }), []);
    t.deepEqual(differences([total.get('lossSum')], [batch * 12 * mean], { rtol: 1e-13 }), []);
    t.is(total.get('rows'), batch * 12);
  }
});
