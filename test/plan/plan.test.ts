import test from 'ava';
import { Tensor } from 'blasnet';
import fc from 'fast-check';
import { PlanRecorder } from '#blasnet/plan/recorder';
import { Arena } from '#blasnet/runtime/arena';
import { native } from '#blasnet/runtime/native';
import { BoundInput } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';
import { badArgument, untyped } from '../support/errors.js';
import { transferAway } from '../support/memory.js';
import { standStillUntil } from '../support/replays.js';

/** y = relu of x, from a port of rows of two. */
function recorded(rows = 1) {
  const scalars = new RuntimeScalars(['parameter']);
  const recorder = new PlanRecorder(new Arena('float32'));
  const port = new BoundInput([2], 'float32');
  const y = recorder.tensor([rows, 2]);
  recorder.run('copy_rows', { source: port, firstRow: scalars.scalar('firstRow'), divisor: 1, x: y });
  recorder.run('leaky_relu_forward', { x: y, y, parameter: scalars.scalar('parameter') });
  const plan = recorder.finish();
  const replay = (options: Record<string, unknown> = {}) =>
    new native.Replay(
      untyped({
        epoch: null,
        step: plan.native,
        last: null,
        stepsPerEpoch: 1,
        batchRows: rows,
        scalars: scalars.data,
        ...options,
      }),
    );
  return { plan, port, y, scalars, replay };
}

test('a plan runs what was recorded, on the rows that its port is given', (t) => {
  const { plan, port, y, scalars, replay } = recorded();
  const step = replay({ stepsPerEpoch: 2 });
  plan.bind(port, Float32Array.of(1, 2, -3, -4), 2);
  scalars.set('parameter', 0.5);
  t.is(step.runSync(0, 2, false), null);
  t.deepEqual(y.toArray(), [[-1.5, -2]]);
  plan.bind(port, Float32Array.of(5, -6), 1);
  scalars.set('parameter', 0.25);
  t.is(step.runSync(0, 1, false), null);
  t.deepEqual(y.toArray(), [[5, -1.5]]);
});

test('recording checks names at once', (t) => {
  const recorder = new PlanRecorder(new Arena('float32'));
  t.throws(() => recorder.run('nope', {}), badArgument(/the name of a kernel/));
  t.throws(() => recorder.run('relu_forward', {}), badArgument(/relu_forward's x/));
});

test('finish checks dtypes', (t) => {
  const recorder = new PlanRecorder(new Arena('float32'));
  recorder.run('relu_forward', { x: Tensor.zeros([1], 'float64'), y: Tensor.zeros([1]), parameter: 0 });
  t.throws(() => recorder.finish(), badArgument(/Expected float32 for relu_forward's x but received float64/));
});

test('finish refuses a detached buffer', (t) => {
  const x = Tensor.zeros([1]);
  const recorder = new PlanRecorder(new Arena('float32'));
  recorder.run('relu_forward', { x, y: Tensor.zeros([1]), parameter: 0 });
  transferAway(x.data);
  t.throws(() => recorder.finish(), badArgument(/to be attached but it is detached/));
});

test('shapes that do not fit each other end a run', (t) => {
  const recorder = new PlanRecorder(new Arena('float32'));
  recorder.run('relu_forward', { x: Tensor.zeros([3]), y: Tensor.zeros([2]), parameter: 0 });
  const step = recorder.finish().native;
  const scalars = new RuntimeScalars().data;
  const replay = new native.Replay({ epoch: null, step, last: null, stepsPerEpoch: 1, batchRows: 1, scalars });
  const outcome = replay.runSync(0, 5, false);
  t.is(outcome?.reason, 'failed');
  t.is(outcome?.next, 0);
  t.regex(String(outcome?.message), /Expected 3 for y's size but received 2/);
});

test('a port that is bound badly, or not at all', (t) => {
  const { plan, port, replay } = recorded(2);
  const step = replay();
  t.throws(() => step.runSync(0, 1, false), { message: /every port to be bound/ });
  t.throws(() => plan.bind(port, new Float32Array(3), 2), { message: /a tensor to lie within its buffer/ });
  t.throws(() => plan.bind(port, new Float32Array(4), -1), { message: /a whole number for rows/ });
  t.throws(() => plan.bind(port, new Float32Array(4), 2 ** 52), { message: /a tensor to lie within its buffer/ });
  t.throws(() => plan.bind(new BoundInput([1], 'float32'), new Float32Array(4), 1), {
    message: /a whole number for port/,
  });
  t.throws(() => step.runSync(0, 1, false), { message: /every port to be bound/ });
  plan.bind(port, new Float32Array(2), 1);
  t.regex(String(step.runSync(0, 1, false)?.message), /the batch to lie within the data set/);
});

/** y = x of the input, two rows a step but for the last. */
function recordedInput() {
  const scalars = new RuntimeScalars();
  const target = new Float32Array(6);
  const record = (rows: number) => {
    const recorder = new PlanRecorder(new Arena('float32'));
    const a = recorder.input([rows, 2]).reshape([rows, 1, 2]);
    recorder.run('store_rows', { a, firstRow: scalars.scalar('firstRow'), target: { data: target, shape: [3, 2] } });
    return recorder.finish().native;
  };
  const options = { stepsPerEpoch: 2, batchRows: 2, inputRowBytes: 8, scalars: scalars.data };
  const replay = new native.Replay({ epoch: null, step: record(2), last: record(1), ...options });
  return { replay, target, record, options };
}

test('an input lies where each run is told, here and on a thread', async (t) => {
  const { replay, target } = recordedInput();
  const x = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6);
  t.is(replay.runSync(0, 2, false, x.subarray(2)), null);
  t.deepEqual(target, Float32Array.of(1, 2, 3, 4, 5, 6));
  t.is((await replay.run(0, 2, false, undefined, x.subarray(0, 6))).reason, 'finished');
  t.deepEqual(target, Float32Array.of(9, 9, 1, 2, 3, 4));
});

test('an input that is not there, too short or detached', (t) => {
  const { replay, target } = recordedInput();
  const gone = new Float32Array(6);
  transferAway(gone);
  for (const x of [undefined, null, 1, [1, 2, 3, 4, 5, 6]]) {
    t.throws(() => replay.runSync(0, 2, false, untyped(x)), { message: /a typed array for the input/ });
    t.throws(() => replay.run(0, 2, false, undefined, untyped(x)), { message: /a typed array for the input/ });
  }
  t.throws(() => replay.runSync(0, 2, false, gone), { message: /the input to be attached/ });
  for (const size of [0, 3]) {
    const outcome = replay.runSync(0, 2, false, new Float32Array(size));
    t.regex(String(outcome?.message), /a tensor to lie within its buffer/);
  }
  const outcome = replay.runSync(0, 2, false, Float32Array.of(1, 2, 3, 4));
  t.like(outcome, { reason: 'failed', next: 1 });
  t.deepEqual(target, Float32Array.of(1, 2, 3, 4, 0, 0));
});

test('what an input may be', (t) => {
  const { record, options } = recordedInput();
  const step = record(2);
  const make = (more: object) => new native.Replay(untyped({ epoch: null, step, last: null, ...options, ...more }));
  t.throws(() => make({ epoch: record(2) }), { message: /an input for steps only/ });
  t.throws(() => make({ inputRowBytes: undefined }), { message: /a whole number for inputRowBytes/ });
  t.throws(() => make({ inputRowBytes: 3 }), { message: /rows of whole numbers/ });
  const buffers = [new ArrayBuffer(8), null];
  for (const port of [0, 2]) {
    t.throws(() => new native.Plan('float32', buffers, [], port), { message: /the input to be a port/ });
  }
  t.throws(() => new native.Plan('float32', buffers, [], untyped(null)), { message: /a whole number for input/ });
});

test('a replay checks its options', (t) => {
  const { plan, port, replay } = recorded();
  plan.bind(port, new Float32Array(2), 1);
  const cases: readonly [Record<string, unknown>, RegExp][] = [
    [{ step: null }, /a plan for a step/],
    [{ step: {} }, /Expected a Plan or null for step/],
    [{ step: undefined }, /Expected a Plan or null for step/],
    [{ stepsPerEpoch: 0 }, /at least one step an epoch/],
    [{ stepsPerEpoch: 1.5 }, /a whole number for stepsPerEpoch/],
    [{ batchRows: -1 }, /a whole number for batchRows/],
    [{ scalars: new Float32Array(99) }, /a Float64Array for scalars/],
    [{ scalars: new Float64Array(2) }, /Expected more scalars/],
  ];
  for (const [options, message] of cases) t.throws(() => replay(options), { message }, String(message));
  t.throws(() => new native.Replay(untyped(undefined)), { message: /an object for options/ });
  t.throws(() => replay().runSync(-1, 1, false), { message: /a whole number for first/ });
});

test('a replay does not run twice at once', async (t) => {
  const { plan, port, replay } = recorded();
  plan.bind(port, new Float32Array(2), 1);
  const step = replay();
  const running = step.run(0, 1e12, false);
  await t.throwsAsync(async () => step.run(0, 1, false), { message: /not to be running/ });
  step.abort();
  t.is((await running).reason, 'aborted');
});

test('run computes on another thread, while that of the event loop stands still', async (t) => {
  const { plan, port, scalars, replay } = recorded();
  plan.bind(port, new Float32Array(2), 1);
  const step = replay();
  const running = step.run(0, 1e12, false);
  standStillUntil(() => scalars.get('iteration') > 1000);
  step.abort();
  const { reason, next } = await running;
  t.is(reason, 'aborted');
  t.true(next > 1000);
});

// What follows throws anything at C++: all of it must come back as an Error, or work.

const names = Object.keys(native.kernels);
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(5) },
  fc.constantFrom(-1, 0.5, Number.NaN, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 'x', null, undefined),
);
const shape = fc.oneof(
  { weight: 8, arbitrary: fc.array(length, { maxLength: 5 }) },
  fc.constantFrom(undefined, null, 'abc', { length: 3 }, [[1]], new Float32Array(2)),
);
const array = fc
  .tuple(fc.constantFrom(Float32Array, Float64Array, Uint8Array, Int32Array, Int16Array, BigInt64Array), fc.nat(9))
  .map(([Type, size]) => new Type(size));
const scalar = fc.oneof(fc.nat(2), fc.double(), fc.integer());
const junk = fc.oneof(fc.anything({ maxDepth: 1, withBigInt: true, withTypedArray: true }), fc.constant(Symbol('odd')));
const runs = { numRuns: 1500, seed: 20240501 };

function onlyErrors(t: { fail(message: string): void }, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error)) t.fail(`threw ${String(error)}`);
  }
}

/** As many operands as the kernel has, mostly of the right kinds, so that many calls get past the first checks. */
const kernelCall = <Operand>(tensor: fc.Arbitrary<Operand>) =>
  fc
    .constantFrom(...names)
    .chain((kernel) =>
      fc.tuple(
        fc.constant(kernel),
        fc.tuple(
          ...native.kernels[kernel]!.map((parameter) =>
            fc.oneof({ weight: 12, arbitrary: parameter.scalar ? scalar : tensor }, { weight: 1, arbitrary: junk }),
          ),
        ),
      ),
    );

/** Few shapes and types, so that they often agree. */
const plausible = fc
  .tuple(
    fc.constantFrom(Float32Array, Float32Array, Float32Array, Float64Array, Uint8Array, Int32Array),
    fc.nat(3),
    fc.nat(3),
  )
  .map(([Type, rows, columns]) => ({ data: new Type(rows * columns), shape: [rows, columns] }));

test('fuzz › execute with operands of any shape', (t) => {
  const eager = fc.oneof(
    { weight: 3, arbitrary: plausible },
    { weight: 2, arbitrary: fc.record({ data: array, shape }) },
  );
  fc.assert(
    fc.property(fc.constantFrom('float32', 'float64'), kernelCall<unknown>(eager), (dtype, [kernel, operands]) => {
      onlyErrors(t, () => native.execute(untyped(dtype), kernel, untyped(operands)));
    }),
    runs,
  );
  t.pass();
});

const oneNumber = { data: new Float64Array(1), shape: [1] };

/** Operands of the same width, and orders of rows that there may be: numbers by chance would agree too rarely. */
test('fuzz › rows picked from a data set', (t) => {
  const picking = names.filter((name) => native.kernels[name]!.some((parameter) => parameter.name === 'order'));
  const few = fc.nat(3);
  const args = fc.tuple(fc.constantFrom(...picking), fc.boolean(), few, few, fc.array(few, { maxLength: 4 }), few, few);
  fc.assert(
    fc.property(args, ([kernel, bytes, rows, columns, order, firstRow, batch]) => {
      const Source = bytes ? Uint8Array : Float32Array;
      const operands: Record<string, unknown> = {
        source: { data: new Source(rows * columns), shape: [rows, columns] },
        order: { data: Int32Array.from(order), shape: [order.length] },
        firstRow,
        x: { data: new Float32Array(batch * columns), shape: [batch, columns] },
      };
      const all = native.kernels[kernel]!.map(({ name, scalar }) => operands[name] ?? (scalar ? 1 : oneNumber));
      onlyErrors(t, () => native.execute('float32', kernel, untyped(all)));
    }),
    runs,
  );
  t.pass();
});
test('fuzz › execute with junk', (t) => {
  fc.assert(
    fc.property(junk, fc.oneof(junk, fc.constantFrom(...names)), fc.oneof(junk, fc.array(junk)), (...args) => {
      onlyErrors(t, () => Reflect.apply(native.execute, undefined, args));
    }),
    runs,
  );
  t.pass();
});

const place = fc.record({
  buffer: fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, length),
  offset: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0, 0, 8, 64) }, length),
  type: fc.constantFrom('float32', 'float32', 'float64', 'uint8', 'int32', 'int16', undefined),
  shape,
});

test('fuzz › plans of operands that lie anywhere', (t) => {
  const scalars = new RuntimeScalars().data;
  fc.assert(
    fc.property(fc.array(kernelCall<unknown>(place), { maxLength: 3 }), fc.nat(2), scalar, (calls, port, rows) => {
      onlyErrors(t, () => {
        const buffers = [new ArrayBuffer(256), new ArrayBuffer(64), null];
        const recordedCalls = calls.map(([kernel, operands]) => ({ kernel, operands }));
        const step = new native.Plan('float32', buffers, untyped(recordedCalls));
        onlyErrors(t, () => step.bind(port, new Float32Array(8), rows));
        step.bind(2, new Float32Array(8), 2);
        new native.Replay({ epoch: step, step, last: null, stepsPerEpoch: 2, batchRows: 1, scalars }).runSync(
          0,
          4,
          true,
        );
      });
    }),
    runs,
  );
  t.pass();
});

test('fuzz › plans and replays of junk', (t) => {
  const something = fc.oneof(
    junk,
    fc.array(junk),
    fc.array(fc.record({ kernel: fc.constantFrom(...names), operands: junk })),
  );
  fc.assert(
    fc.property(fc.constantFrom('float32', 'x'), something, something, junk, (dtype, buffers, calls, other) => {
      onlyErrors(t, () => Reflect.construct(native.Plan, [dtype, buffers, calls]));
      onlyErrors(t, () => Reflect.construct(native.Plan, [dtype, [], calls]));
      onlyErrors(t, () => Reflect.construct(native.Replay, [other]));
      onlyErrors(t, () => Reflect.apply(native.misalignment, undefined, [other]));
      if (other !== 1) onlyErrors(t, () => Reflect.apply(native.setThreads, undefined, [String(other)]));
    }),
    runs,
  );
  t.pass();
});
