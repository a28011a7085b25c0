import test from 'ava';
import { lossOf } from '../../bench/plain/activations.js';
import { Convolution } from '../../bench/plain/convolution.js';
import { PlainNet } from '../../bench/plain/net.js';
import { Random } from '../../bench/random.js';
import {
  convolutionShapes,
  findWorkload,
  flopsPerStep,
  inputsOf,
  layerParts,
  parameterCount,
  shapeOf,
  type Workload,
} from '../../bench/workloads.js';

const rows = 3;
const workload: Workload = {
  ...findWorkload('mnist'),
  convolutions: {
    inputShape: [2, 6, 5],
    layers: [
      { filters: 3, kernelSize: 3, padding: 1, pools: true }, // 3×6×5, then 3×3×2
      { filters: 2, kernelSize: 2, padding: 0, pools: false }, // 2×2×1
    ],
  },
  widths: [4, 5, 3],
  hidden: 'tanh',
  batch: rows,
  learningRate: 1e-3,
};

function setUp() {
  const random = new Random(5);
  const floats = (count: number) => Float32Array.from({ length: count }, () => random.uniform() - 0.4);
  const y = Float32Array.from({ length: rows * 3 }, (_, i) => Number(i % 4 === 0));
  const parameters = floats(parameterCount(workload));
  return { workload, parameters, x: floats(rows * inputsOf(workload)), y, threads: 1, dtype: 'float64' as const };
}

test('a convolution is the sum over its window, then relu and the greatest of four', (t) => {
  const { x, parameters } = setUp();
  const [part] = layerParts(workload, parameters);
  const [shape] = convolutionShapes(workload);
  const convolution = new Convolution(shape!, part!, rows, Float64Array);
  convolution.forward(x, 60, 1); // the second image
  const pixel = (channel: number, i: number, j: number) =>
    i < 0 || i > 5 || j < 0 || j > 4 ? 0 : x[60 + (channel * 6 + i) * 5 + j]!;
  const at = (filter: number, row: number, column: number) => {
    let sum = part!.bias[filter]!;
    for (let tap = 0; tap < 18; tap++) {
      const [channel, i, j] = [Math.floor(tap / 9), Math.floor(tap / 3) % 3, tap % 3];
      sum += part!.weights[tap * 3 + filter]! * pixel(channel, row + i - 1, column + j - 1);
    }
    return sum;
  };
  for (let i = 0; i < 18; i++) {
    const [filter, row, column] = [Math.floor(i / 6), 2 * (Math.floor(i / 2) % 3), 2 * (i % 2)];
    const four = [at(filter, row, column), at(filter, row, column + 1), at(filter, row + 1, column)];
    const expected = Math.max(0, ...four, at(filter, row + 1, column + 1));
    t.true(Math.abs(convolution.y[i]! - expected) < 1e-12);
  }
});

test('a net with convolutions descends along the gradient of the loss', (t) => {
  const setup = setUp();
  const lossAt = (parameters: Float32Array) => {
    const a = new PlainNet({ ...setup, parameters }).predict(0, rows);
    return lossOf('softmax', a, setup.y, 0, rows * 3, rows);
  };
  const net = new PlainNet(setup);
  t.is(net.step(0, true), lossAt(setup.parameters));
  const after = net.parameters();
  t.is(after.length, setup.parameters.length);
  const step = 2 ** -12;
  after.forEach((value, i) => {
    const moved = (by: number) => setup.parameters.map((old, at) => (at === i ? old + by : old));
    const gradient = (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
    t.true(Math.abs((setup.parameters[i]! - value) / workload.learningRate - gradient) < 1e-3, `parameter ${i}`);
  });
});

test('shapes, parameters and operations of convolutions', (t) => {
  t.is(shapeOf(findWorkload('lenet')), '1×28×28-6@5×5↓-16@5×5↓-400-120-84-10, batch 64');
  t.is(inputsOf(findWorkload('vgg')), 3 * 32 * 32);
  t.deepEqual(
    convolutionShapes(findWorkload('lenet')).map(({ output }) => output),
    [
      [6, 28, 28],
      [16, 10, 10],
    ],
  );
  t.is(parameterCount(workload), 18 * 3 + 3 + (12 * 2 + 2) + (4 * 5 + 5) + (5 * 3 + 3));
  t.is(flopsPerStep(workload), 2 * rows * (2 * 18 * 3 * 30 + 3 * 12 * 2 * 2 + 3 * 4 * 5 + 3 * 5 * 3));
});
