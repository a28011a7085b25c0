import test from 'ava';
import { DataReader } from 'blasnet';
import { PlanRecorder } from '#blasnet/plan/recorder';
import { Arena } from '#blasnet/runtime/arena';
import { keepInPlace } from '#blasnet/runtime/keep-in-place';
import { BoundInput } from '#blasnet/runtime/runner';
import { badArgument } from './support/errors.js';
import { canBeTransferred } from './support/memory.js';
import { classifier, fittingNet, fittingReader, labelsFor, rowsOfNumbers } from './support/nets.js';

type Method = 'transfer' | 'transferToFixedLength';
const methods: readonly Method[] = ['transfer', 'transferToFixedLength'];

/** Calls a method that is not yet among those of the language level that the tests are written in. */
const call = (buffer: ArrayBufferLike, method: Method): unknown =>
  (Reflect.get(buffer, method) as (this: ArrayBufferLike) => unknown).call(buffer);

// Node.js 20 has no such methods.
for (const method of methods.filter((name) => !(name in ArrayBuffer.prototype))) {
  Object.defineProperty(ArrayBuffer.prototype, method, {
    configurable: true,
    value(this: ArrayBuffer) {
      return structuredClone(this, { transfer: [this] });
    },
  });
}

const refused = badArgument(/^Expected memory that no net uses .* \(copy it with slice\) for transfer but received/);

test('a buffer that is kept cannot be transferred in any way, however often it is kept', (t) => {
  const data = Float32Array.of(1, 2, 3);
  for (const _ of [1, 2]) {
    keepInPlace(data.buffer);
    for (const method of methods) t.throws(() => call(data.buffer, method), refused);
    t.false(canBeTransferred(data));
  }
  t.deepEqual(data, Float32Array.of(1, 2, 3));
  t.deepEqual(data.slice(1), Float32Array.of(2, 3));
});

test('nobody can take the refusal away again, and a buffer looks as before', (t) => {
  const { buffer } = Float32Array.of(1);
  keepInPlace(buffer);
  for (const method of methods) {
    t.false(Reflect.deleteProperty(buffer, method));
    t.false(Reflect.set(buffer, method, () => {}));
    t.false(Reflect.defineProperty(buffer, method, { value: () => {} }));
    t.throws(() => call(buffer, method), refused);
  }
  t.deepEqual(Object.keys(buffer), []);
});

test('a buffer that takes no new properties, and shared memory', (t) => {
  t.notThrows(() => keepInPlace(Object.freeze(new ArrayBuffer(8))));
  t.notThrows(() => keepInPlace(new SharedArrayBuffer(8)));
});

test('other buffers can be transferred as ever', (t) => {
  for (const method of methods) {
    const data = Float32Array.of(1, 2);
    t.deepEqual(new Float32Array(call(data.buffer, method) as ArrayBuffer), Float32Array.of(1, 2));
    t.is(data.length, 0);
  }
});

/** Whether one of the methods takes the memory away. */
function isTaken(data: ArrayBufferView, method: Method): boolean {
  try {
    call(data.buffer, method);
  } catch {
    // It is refused.
  }
  return data.byteLength === 0;
}

for (const method of methods) {
  test(`train › what it reads and writes stays when ${method} is called`, async (t) => {
    const net = fittingNet([8, 64, 1], { maxEpoch: 5 });
    const reader = fittingReader(100, 8);
    const [unused, weights] = [rowsOfNumbers(10, 8), net.getLayer('fc1').weights.W!];
    const running = net.train(reader);
    for (const { data } of [reader.xTrain, reader.yTrain, weights]) t.false(isTaken(data, method));
    t.true(isTaken(unused.data, method));
    t.is((await running).records.length, 5);
  });

  test(`train › class weights stay when ${method} is called`, async (t) => {
    const net = classifier(2, 2, { maxEpoch: 5 });
    const reader = fittingReader(100, 2);
    reader.yTrain.data.forEach((_, i, labels) => {
      labels[i] = i % 2;
    });
    reader.toOneHot();
    reader.setClassWeights([1, 2]);
    const running = net.train(reader);
    t.false(canBeTransferred(reader.classWeights!));
    t.false(isTaken(reader.classWeights!, method));
    t.is((await running).records.length, 5);
  });
}

test('train › the validation set stays from the start', async (t) => {
  const [x, xValidation] = [rowsOfNumbers(20, 2), rowsOfNumbers(10, 2)];
  const [y, yValidation] = [labelsFor(x), labelsFor(xValidation)];
  const reader = DataReader.fromBatches(() => [{ x, y }], { xValidation, yValidation });
  await reader.readData();
  const running = fittingNet([2, 1], { maxEpoch: 5 }).train(reader, { shuffle: false });
  for (const { data } of [reader.xDev, reader.yDev]) t.false(canBeTransferred(data));
  t.is((await running).records.length, 5);
});

test('a plan keeps all its memory but that of ports', (t) => {
  const workspace = new Arena('float32');
  const recorder = new PlanRecorder(workspace);
  const [x, port] = [rowsOfNumbers(2, 3), new BoundInput([3], 'float32')];
  const [y, z] = [workspace.tensor([2, 3]), workspace.tensor([2, 3])];
  recorder.run('relu_forward', { x, y, parameter: 0 });
  recorder.run('copy_rows', { source: port, firstRow: 0, divisor: 1, x: z });
  const plan = recorder.finish();
  const rows = rowsOfNumbers(2, 3);
  plan.bind(port, rows.data, 2);
  t.false(canBeTransferred(x.data));
  t.false(canBeTransferred(y.data));
  t.true(canBeTransferred(rows.data));
});
