// Every operation: values against plain loops, gradients against central differences, a recorded plan against calls; in
// operations.heavy.test.ts, the same bits for any number of threads.
import test from 'ava';
import { PlanRecorder } from '#blasnet/plan/recorder';
import { Arena } from '#blasnet/runtime/arena';
import { native } from '#blasnet/runtime/native';
import { EagerRunner } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';
import { naive, numbersOf } from '../support/naive-tensors.js';
import { checkClaims, differences, randomTensor, sumOf } from '../support/numerics.js';
import { cases, type OperationCase } from './cases.js';
import { inputsOf, names, pass } from './operation-cases.js';

const labelOf = ({ shapes }: OperationCase, i: number) => `case ${i}, ${shapes.map((s) => `[${s}]`).join(' and ')}`;

test('every operation has cases', (t) => {
  t.deepEqual(Object.keys(cases).sort(), [...names].sort());
});

for (const name of names) {
  test(`${name}: values are those of plain loops, in float64 and float32`, (t) => {
    for (const [dtype, tolerance] of [
      ['float64', { rtol: 1e-12, atol: 1e-13 }],
      ['float32', { rtol: 2e-5, atol: 2e-5 }],
    ] as const) {
      const found = cases[name].flatMap((one, i) => {
        const inputs = inputsOf(one, dtype);
        const expected = one.twin(...inputs.map((x) => naive(x.shape, x.data)));
        const { y } = pass(new EagerRunner(dtype), one, inputs);
        t.deepEqual(y.shape, expected.shape, labelOf(one, i));
        return differences(y.data, numbersOf(expected), tolerance, labelOf(one, i));
      });
      t.deepEqual(found, []);
    }
  });

  test(`${name}: gradients are those of central differences, and contributions add up`, (t) => {
    const found = cases[name].flatMap((one, i) => {
      const inputs = inputsOf(one);
      const { y } = pass(new EagerRunner('float64'), one, inputs);
      const c = randomTensor(y.shape, 7);
      const { gradients } = pass(new EagerRunner('float64'), one, inputs, c);
      if (one.hasGradient === false)
        return gradients.flatMap(({ data }) =>
          differences(
            data,
            data.map(() => 0),
            { rtol: 0 },
          ),
        );
      const claims = inputs.map((x, j) => ({
        name: `${labelOf(one, i)}, input ${j}`,
        values: x.data,
        gradient: gradients[j]!.data.slice(),
      }));
      const value = () => sumOf(pass(new EagerRunner('float64'), one, inputs).y.data, (v, j) => v * c.data[j]!);
      const twice = pass(new EagerRunner('float64'), one, inputs, c, 2).gradients;
      const doubled = twice.flatMap((gradient, j) =>
        differences(
          gradient.data,
          claims[j]!.gradient.map((g) => 2 * g),
          { rtol: 1e-12, atol: 1e-13 },
          `twice ${claims[j]!.name}`,
        ),
      );
      return [...checkClaims(value, claims), ...doubled];
    });
    t.deepEqual(found, []);
  });

  test(`${name}: a recorded plan gives the same bits as calls`, (t) => {
    for (const one of cases[name]) {
      const inputs = inputsOf(one, 'float32');
      const y = pass(new EagerRunner('float32'), one, inputs).y;
      const c = randomTensor(y.shape, 7).clone('float32');
      const eager = pass(new EagerRunner('float32'), one, inputs, c);
      const recorder = new PlanRecorder(new Arena('float32'));
      const recorded = pass(recorder, one, inputs, c);
      run(recorder);
      t.deepEqual(recorded.y.data, eager.y.data);
      recorded.gradients.forEach((gradient, i) => {
        t.deepEqual(gradient.data, eager.gradients[i]!.data);
      });
    }
  });
}

function run(recorder: PlanRecorder): void {
  const step = recorder.finish().native;
  const scalars = new RuntimeScalars().data;
  const replay = new native.Replay({ epoch: null, step, last: null, stepsPerEpoch: 1, batchRows: 1, scalars });
  const outcome = replay.runSync(0, 1, false);
  if (outcome) throw new Error(outcome.message);
}
