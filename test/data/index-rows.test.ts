import test from 'ava';
import { setThreads, Tensor } from 'blasnet';
import { takeRows } from '#blasnet/data/part';
import { batchPass, boundInputFor, floatBatchPass, requireFinite, rowsIn, rowsOf, tensorOf } from '#blasnet/data/rows';
import { createReplay } from '#blasnet/replay/replay';
import { Arena } from '#blasnet/runtime/arena';
import { EagerRunner, type Runner } from '#blasnet/runtime/runner';
import { RuntimeScalars } from '#blasnet/runtime/runtime-scalars';

/** Rows of indices of that shape, all of them different. */
function indices(rows: number, rowShape: readonly number[]): Tensor<'int32'> {
  const shape = [rows, ...rowShape];
  const size = shape.reduce((product, length) => product * length, 1);
  return Tensor.from(
    Int32Array.from({ length: size }, (_, i) => i * 3 - 7),
    shape,
  );
}

const order = Int32Array.from({ length: 20 }, (_, i) => (i * 7) % 20);

for (const rowShape of [[], [1], [5], [3, 4], [0]]) {
  for (const dtype of ['float32', 'float64'] as const) {
    test(`batches of rows [${rowShape}] are int32, in a net of ${dtype}`, (t) => {
      const source = indices(20, rowShape);
      const rows = rowsIn(dtype, rowsOf(source));
      t.is(rows.data, source.data);
      const runner = new EagerRunner(dtype);
      const plain = batchPass(runner, rows, rows, { count: 6, firstRow: 4 });
      t.is(plain.dtype, 'int32');
      t.deepEqual(plain.shape, [6, ...rowShape]);
      t.deepEqual(plain.data, source.slice(4, 10).data);
      const shuffled = batchPass(runner, rows, rows, { count: 6, firstRow: 4, order });
      t.deepEqual(shuffled.data, takeRows(rows, order.slice(4, 10)).data);
    });
  }
}

for (const isRecordable of [true, false]) {
  test.serial(`replays gather them from memory and from ports${isRecordable ? '' : ', call by call'}`, (t) => {
    for (const threads of [1, 2]) {
      setThreads(threads);
      const source = indices(20, [3]);
      const rows = rowsOf(source);
      const floats = rowsOf(Tensor.from(Float64Array.from(source.data), [20, 3]));
      const port = boundInputFor('float64', rows);
      t.is(port.type, 'int32');
      const scalars = new RuntimeScalars();
      const results: Tensor<'int32'>[] = [];
      const target = Tensor.zeros([4, 3], 'float64');
      const step = (runner: Runner) => {
        const firstRow = scalars.scalar('firstRow');
        const before = floatBatchPass(runner, floats, floats, { count: 4, firstRow });
        results.push(
          batchPass(runner, rows, rows, { count: 4, firstRow, order }) as Tensor<'int32'>,
          batchPass(runner, port, rows, { count: 4, firstRow }) as Tensor<'int32'>,
        );
        const after = floatBatchPass(runner, floats, floats, { count: 4, firstRow, order });
        runner.run('store_rows', { a: before, firstRow: 0, target });
        runner.run('store_rows', { a: after, firstRow: 0, target });
      };
      const replay = createReplay(
        { step },
        { dtype: 'float64', scalars, stepsPerEpoch: 5, batchRows: 4 },
        isRecordable,
      );
      replay.bind(port, source.data, 20);
      t.is(replay.runSync(0, 3, false).reason, 'finished');
      const [gathered, copied] = results.slice(-2) as [Tensor<'int32'>, Tensor<'int32'>];
      const expected = takeRows(rows, order.slice(8, 12)).data;
      t.deepEqual(gathered.data, expected as Int32Array);
      t.deepEqual([...target.data], [...expected]);
      t.deepEqual(copied.data, source.slice(8, 12).data);
    }
  });
}

test('a plan refuses memory of another size than its indices need', (t) => {
  const rows = rowsOf(indices(4, [2]));
  const port = boundInputFor('float32', rows);
  const setup = { dtype: 'float32', scalars: new RuntimeScalars(), stepsPerEpoch: 1, batchRows: 4 } as const;
  const replay = createReplay(
    { step: (runner) => void batchPass(runner, port, rows, { count: 4, firstRow: 0 }) },
    setup,
  );
  t.throws(() => replay.bind(port, new Int32Array(7), 4), { message: /lie within its buffer/ });
});

test('a run may be given its input as int32', (t) => {
  for (const isRecordable of [true, false]) {
    const seen: number[][] = [];
    const scalars = new RuntimeScalars();
    const source = indices(6, [2]);
    const results: Tensor<'int32'>[] = [];
    const step = (runner: Parameters<NonNullable<Parameters<typeof createReplay>[0]['step']>>[0]) => {
      const x = runner.input([3, 2], 'int32');
      const copy = runner.tensor([3, 2], 'int32');
      runner.run('copy_index_rows', { source: x, firstRow: 0, x: copy });
      results.push(copy);
    };
    const setup = {
      dtype: 'float64',
      scalars,
      stepsPerEpoch: 2,
      batchRows: 3,
      inputSize: 2,
      inputType: 'int32',
    } as const;
    const replay = createReplay({ step }, setup, isRecordable);
    for (const first of [0, 1]) {
      t.is(replay.runSync(first, first + 1, false, source.data).reason, 'finished');
      seen.push([...results.at(-1)!.data]);
    }
    t.deepEqual(seen, [[...source.slice(0, 3).data], [...source.slice(3).data]]);
  }
});

test('an arena holds tensors of several types, each aligned', (t) => {
  const arena = new Arena('float64');
  const [a, b, c] = [arena.tensor([3]), arena.tensor([5], 'int32'), arena.tensor([2])];
  b.data.fill(-1);
  t.true(b.data instanceof Int32Array);
  t.deepEqual([...a.data, ...c.data], [0, 0, 0, 0, 0]);
  t.is(b.data.byteOffset - a.data.byteOffset, 64);
  t.is(c.data.byteOffset - b.data.byteOffset, 64);
});

test('tensors of rows are views, and indices are always finite', (t) => {
  const source = indices(4, [2]);
  const rows = rowsOf(source);
  t.is(tensorOf(rows).data, source.data);
  t.notThrows(() => requireFinite('rows', rows));
});
