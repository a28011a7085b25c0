import test from 'ava';
import { naivePrediction } from '../../bench/naive.js';
import { lossOf } from '../../bench/plain/activations.js';
import { PlainNet } from '../../bench/plain/net.js';
import { Random } from '../../bench/random.js';
import { findWorkload, parameterCount, type Workload } from '../../bench/workloads.js';

// Widths that no unrolled loop divides, and rows likewise.
const base: Workload = { ...findWorkload('mnist'), widths: [7, 6, 5, 3], batch: 5, learningRate: 1e-3 };
const kinds: Partial<Workload>[] = [
  { hidden: 'relu', last: 'softmax' },
  { hidden: 'sigmoid', last: 'identity' },
  { hidden: 'tanh', last: 'sigmoid' },
];

function setUp(workload: Workload) {
  const random = new Random(3);
  const floats = (count: number) => Float32Array.from({ length: count }, () => random.uniform() - 0.4);
  const parameters = floats(parameterCount(workload));
  const x = floats(5 * 7);
  const y = new Float32Array(5 * 3);
  for (let row = 0; row < 5; row++) y[row * 3 + (row % 3)] = 1;
  return { workload, parameters, x, y, threads: 1, dtype: 'float64' as const };
}

for (const kind of kinds) {
  const workload = { ...base, ...kind };
  const title = `${workload.hidden} and ${workload.last}`;

  test(`plain loops predict what the naive ones do: ${title}`, (t) => {
    const setup = setUp(workload);
    const expected = naivePrediction(workload, setup.parameters, setup.x);
    const actual = new PlainNet(setup).predict(0, 5);
    expected.forEach((value, i) => {
      t.true(Math.abs(value - actual[i]!) < 1e-12);
    });
  });

  test(`plain loops descend along the gradient of the loss: ${title}`, (t) => {
    const setup = setUp(workload);
    const lossAt = (parameters: Float32Array) =>
      lossOf(workload.last, Float64Array.from(naivePrediction(workload, parameters, setup.x)), setup.y, 0, 15, 5);
    const net = new PlainNet(setup);
    t.true(Math.abs(net.step(0, true) - lossAt(setup.parameters)) < 1e-12);
    const after = net.parameters();
    const step = 2 ** -12; // few roundings of float32, and no kink of relu between
    for (let i = 0; i < after.length; i += 5) {
      const moved = (by: number) => setup.parameters.map((value, at) => (at === i ? value + by : value));
      const gradient = (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
      t.true(Math.abs((setup.parameters[i]! - after[i]!) / workload.learningRate - gradient) < 1e-3, `parameter ${i}`);
    }
  });
}

test("Adam's first step has the size of the learning rate, whatever the gradient", (t) => {
  const setup = setUp({ ...base, hidden: 'tanh', optimizer: 'adam' });
  const net = new PlainNet(setup);
  net.step(0, false);
  net.parameters().forEach((value, i) => {
    t.true(Math.abs(Math.abs(value - setup.parameters[i]!) - 1e-3) < 1e-5, `parameter ${i}`);
  });
});
