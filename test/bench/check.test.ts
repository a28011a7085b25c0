import test from 'ava';
import { requireLearning, requireSame, requireSimilar, WrongNumbers } from '../../bench/check.js';
import { findWorkload, flopsPerStep, layerParts, parameterCount, type Workload } from '../../bench/workloads.js';

const workload: Workload = { ...findWorkload('curve'), widths: [1, 1] };
const start = Float32Array.of(0, 0);
const trained = (loss: number, ...parameters: number[]) => ({ loss, parameters: Float32Array.from(parameters) });
const expected = trained(0.5, 1, 1);

test('requireSame takes what rounding does, and no more, of weights and of the loss', (t) => {
  t.notThrows(() => requireSame(workload, 'rival', trained(0.50001, 1.001, 0.999), expected, start));
  const wrong = [trained(0.5, 1.1, 1), trained(0.6, 1, 1), trained(Number.NaN, 1, 1), trained(0.5, Number.NaN, 1)];
  for (const actual of wrong) {
    t.throws(() => requireSame(workload, 'rival', actual, expected, start), { instanceOf: WrongNumbers });
  }
});

test('requireSimilar takes a loss that is a tenth off', (t) => {
  t.notThrows(() => requireSimilar(workload, 'rival', trained(0.54, 9, 9), expected));
  t.throws(() => requireSimilar(workload, 'rival', trained(0.56, 1, 1), expected), { instanceOf: WrongNumbers });
  t.throws(() => requireSimilar(workload, 'rival', trained(Number.NaN, 1, 1), expected), { instanceOf: WrongNumbers });
});

test('weights that do not move are no training', (t) => {
  t.notThrows(() => requireLearning(workload, start, expected));
  t.throws(() => requireLearning(workload, start, trained(0.5, 0, 1)), {
    instanceOf: WrongNumbers,
    message: 'Expected layer 1 of curve to learn but its weights moved by 0',
  });
});

test('layerParts are views of W and B, one layer after the other', (t) => {
  const net = { widths: [2, 3, 1] };
  t.is(parameterCount(net), 2 * 3 + 3 + 3 + 1);
  const parameters = Float32Array.from({ length: 13 }, (_, i) => i);
  const [first, second] = layerParts(net, parameters);
  t.deepEqual([first!.inputs, first!.outputs, [...first!.bias]], [2, 3, [6, 7, 8]]);
  t.deepEqual([...second!.weights, ...second!.bias], [9, 10, 11, 12]);
});

test('a step has two products in the first layer and three in the others', (t) => {
  t.is(flopsPerStep({ widths: [2, 3, 1], batch: 10 }), 2 * 10 * (2 * 2 * 3 + 3 * 3 * 1));
});
