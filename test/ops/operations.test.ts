// Every operation: values against plain loops, gradients against central differences, a recorded plan against calls, and
// the same bits for any number of threads.
import test from 'ava';
import { type DType, getThreads, type Ops, setThreads, type Tensor } from 'blasnet';
import * as operations from '#blasnet/ops/operations/index';
import { opsOn } from '#blasnet/ops/ops';
import { Tape } from '#blasnet/ops/tape';
import { Value } from '#blasnet/ops/value';
import { PlanRecorder } from '#blasnet/plan/recorder';
import { Arena } from '#blasnet/runtime/arena';
import { native } from '#blasnet/runtime/native';
import { EagerRunner, type Runner } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';
import { naive, numbersOf } from '../support/naive-tensors.js';
import { awayFrom, checkClaims, differences, randomTensor, sumOf } from '../support/numerics.js';
import { cases, type OperationCase } from './cases.js';
import { imageCases } from './image-cases.js';
import { layerCases } from './layer-cases.js';
import { recurrentCases } from './recurrent-cases.js';
import { sequenceCases } from './sequence-cases.js';

const names = Object.keys(operations) as (keyof Ops)[];

function inputsOf({ shapes, range = [-1, 1], kink }: OperationCase, dtype: DType = 'float64'): Tensor[] {
  return shapes.map((shape, i) => {
    const x = randomTensor(shape, 31 * i + shape.length, ...range);
    return (kink === undefined ? x : awayFrom(kink, 0.01, x)).clone(dtype);
  });
}

interface Pass {
  readonly y: Tensor;
  readonly gradients: readonly Tensor[];
}

/** The operation on those inputs and, with c, the gradients of Σ c·y. `times`: so often, the results added up. */
function pass(runner: Runner, { apply }: OperationCase, inputs: readonly Tensor[], c?: Tensor, times = 1): Pass {
  const tape = new Tape(runner);
  const ops = opsOn(tape);
  const values = inputs.map((x) => new Value(x));
  let y: Value = apply(ops, ...values);
  for (let i = 1; i < times; i++) y = ops.add(y, apply(ops, ...values));
  const wanted = values.map((value) => ({ value }));
  return { y: y.tensor, gradients: c ? tape.backward([{ value: y, gradient: c.reshape(y.shape) }], wanted) : [] };
}

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

/** Shapes large enough to be cut into tiles. */
const large: Partial<Record<keyof Ops, readonly (readonly number[])[]>> = {
  matmul: [
    [300, 257],
    [257, 190],
  ],
  where: [[301, 257], [257]],
  affine: [[300, 257], [257, 190], [190]],
  convolution: [[9, 8, 33, 30], [16, 8, 3, 2], [16]],
  maxPool: [[9, 8, 34, 30]],
  averagePool: [[9, 8, 34, 30]],
  globalAveragePool: [[60, 40, 9, 7]],
  batchNorm: [[500, 3], [3], [3]],
  dropout: [[301, 257]],
  convTranspose: [[9, 8, 17, 30], [8, 16, 3, 2], [16]],
  globalMaxPool: [[60, 40, 9, 7]],
  upsample: [[9, 8, 33, 30]],
  attention: [
    [9, 150, 32],
    [9, 140, 32],
    [9, 140, 16],
  ],
  attentionWeights: [
    [9, 70, 32],
    [9, 60, 32],
  ],
  embedding: [[900, 257]],
  stepWindows: [[40, 101, 17]],
  conv1d: [
    [40, 101, 3],
    [3, 3, 64],
  ],
  layerNorm: [[301, 257], [257], [257]],
  rmsNorm: [[301, 257], [257]],
  groupNorm: [[3001, 64], [64], [64]],
};

test('results are the same to the bit for one, two and three threads', (t) => {
  const before = getThreads();
  t.teardown(() => setThreads(before));
  for (const name of names) {
    const [one] = cases[name];
    const isBinary = one!.shapes.length === 2;
    const shapes = large[name] ?? (isBinary ? [[301, 257], [257]] : [[301, 257]]);
    const isNamed = [layerCases, imageCases, recurrentCases, sequenceCases].some((group) => name in group);
    const isFixed = isNamed || ['reshape', 'concatenate', 'gather'].includes(name);
    const fits = large[name] ?? (isFixed ? one!.shapes : shapes);
    const inputs = inputsOf({ ...one!, shapes: fits }, 'float32');
    const results = [1, 2, 3].map((threads) => {
      setThreads(threads);
      const { y } = pass(new EagerRunner('float32'), one!, inputs);
      const c = randomTensor(y.shape, 7).clone('float32');
      const { gradients } = pass(new EagerRunner('float32'), one!, inputs, c);
      return [y.data, ...gradients.map((gradient) => gradient.data)];
    });
    t.deepEqual(results[1], results[0], name);
    t.deepEqual(results[2], results[0], name);
  }
});
