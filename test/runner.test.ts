import test from 'ava';
import { EagerRunner, type KernelArgument, Tensor } from 'blasnet';
import { native } from '#blasnet/runtime/native';
import { BoundInput, fromNative, inOrder, isRuntimeScalar } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';
import { badArgument, untyped } from './support/errors.js';
import { transferAway } from './support/memory.js';

const relu = (args: Record<string, unknown>) => () =>
  new EagerRunner('float32').run('relu_forward', untyped<Record<string, KernelArgument>>(args));
const x = Tensor.from([-1, 2]);

test('a kernel runs at once', (t) => {
  const runner = new EagerRunner('float32');
  const y = runner.tensor([1, 2]);
  runner.run('relu_forward', { y, parameter: 0, x: Tensor.from([-1, 2]) });
  t.deepEqual(y.toArray(), [[0, 2]]);
});

test('a scalar is read when the kernel runs', (t) => {
  const scalars = new RuntimeScalars(['slope']);
  scalars.set('slope', 0.5);
  const y = Tensor.zeros([1, 2]);
  new EagerRunner('float32').run('leaky_relu_forward', { x, y, parameter: scalars.scalar('slope') });
  t.deepEqual(y.toArray(), [[-0.5, 2]]);
  t.true(isRuntimeScalar(scalars.scalar('slope')));
  t.false(isRuntimeScalar(y));
});

test('scalars › names, sums and an unknown name', (t) => {
  const scalars = new RuntimeScalars(['rate']);
  scalars.set('lossSum', 3);
  scalars.set('rate', 2);
  t.is(scalars.sums().lossSum, 3);
  t.is(scalars.sums(new Float64Array(scalars.data.length)).lossSum, 0);
  scalars.clearSums();
  t.is(scalars.sums().lossSum, 0);
  t.is(scalars.data[scalars.scalar('rate').index], 2);
  t.throws(() => scalars.scalar('nope'), { instanceOf: RangeError, message: /no scalar is named nope/ });
});

test('an unknown kernel', (t) => {
  for (const kernel of ['nope', '', 'toString', '__proto__']) {
    t.throws(() => inOrder(kernel, {}), badArgument(/^Expected the name of a kernel for kernel but received/));
  }
});

test('arguments that are missing or too many', (t) => {
  t.throws(relu({ x, parameter: 0 }), badArgument(/^Expected an argument for relu_forward's y but received undefined/));
  t.throws(relu({ x, y: null, parameter: 0 }), badArgument(/relu_forward's y but received null/));
  t.throws(
    relu({ x, y: x, parameter: 0, slope: 1 }),
    badArgument(/^Expected arguments x, y, parameter for kernel relu_forward but received 'slope'/),
  );
});

test('arguments of another kind, dtype or shape', (t) => {
  const cases: readonly [Record<string, unknown>, RegExp][] = [
    [{ x, y: Tensor.zeros([1, 2], 'float64'), parameter: 0 }, /Expected float32 for relu_forward's y but .* float64/],
    [{ x, y: Tensor.zeros([1, 3]), parameter: 0 }, /Expected 2 for y's size but received 3/],
    [{ x, y: 1, parameter: 0 }, /relu_forward's y \(0: tensor, 1: scalar\)/],
    [{ x, y: x, parameter: x }, /relu_forward's parameter \(0: tensor, 1: scalar\)/],
    [{ x, y: 'abc', parameter: 0 }, /Expected a typed array for a tensor's data/],
    [{ x, y: {}, parameter: 0 }, /Expected a typed array for a tensor's data/],
    [
      { x, y: new BoundInput([2], 'float32'), parameter: 0 },
      /Expected tensors for relu_forward's arguments but .* BoundInput/,
    ],
    [{ x, y: { data: x.data, shape: [1, 99] }, parameter: 0 }, /a tensor to lie within its buffer/],
    [{ x, y: { data: x.data, shape: [2 ** 40, 2 ** 40] }, parameter: 0 }, /Expected a smaller shape/],
    [{ x, y: { data: x.data, shape: [-1] }, parameter: 0 }, /Expected a whole number for a dimension/],
    [{ x, y: { data: x.data, shape: [1, 1, 1, 1, 1, 1, 1, 1, 2] }, parameter: 0 }, /at most eight dimensions/],
    [{ x, y: { data: x.data, shape: 2 }, parameter: 0 }, /Expected an array for shape/],
    [
      { x, y: { data: new Int16Array(2), shape: [2] }, parameter: 0 },
      /Float32Array, Float64Array, Uint8Array or Int32/,
    ],
  ];
  for (const [args, message] of cases) t.throws(relu(args), badArgument(message), String(message));
});

test('a detached buffer', (t) => {
  const gone = Tensor.from([1, 2]);
  transferAway(gone.data);
  t.throws(relu({ x, y: gone, parameter: 0 }), badArgument(/a tensor to be attached but it is detached/));
});

test('a dtype that there is not', (t) => {
  const runner = new EagerRunner(untyped('int8'));
  t.throws(() => runner.run('relu_forward', { x, y: x, parameter: 0 }), badArgument(/for dtype but received 'int8'/));
});

test('fromNative › the code follows the message', (t) => {
  t.is(fromNative(new Error('the loss is not finite')).code, 'ERR_NOT_FINITE');
  t.is(fromNative('odd').code, 'ERR_BAD_ARGUMENT');
  const cause = new Error('why');
  t.is(fromNative(cause).cause, cause);
});

test('native › every kernel names its parameters once', (t) => {
  for (const [kernel, parameters] of Object.entries(native.kernels)) {
    const names = parameters.map(({ name }) => name);
    t.is(new Set(names).size, names.length, kernel);
  }
});
