import test from 'ava';
import { type BatchSource, DataReader, type StreamOptions, Tensor } from 'blasnet';
import { badArgument } from '../support/errors.js';
import { fakeRanks } from '../support/fake-ranks.js';
import { fittingNet, labelsFor, rowsOfNumbers } from '../support/nets.js';

const count = 43;
const x = rowsOfNumbers(count, 3);
const classes = Tensor.from(
  Float32Array.from({ length: count }, (_, i) => (i > 40 ? 4 : i % 4)),
  [count, 1],
);

/** Gives the rows of a rank, and counts them. */
function sourceOf(y: Tensor, read: number[] = [], rows = count): BatchSource {
  return function* ({ rank, ranges }) {
    for (const [from, to] of ranges(rows)) {
      read[rank] = (read[rank] ?? 0) + to - from;
      yield { x: x.slice(from, to), y: y.slice(from, to) };
    }
  };
}

async function readOn(size: number, source: BatchSource, options: StreamOptions = {}): Promise<DataReader[]> {
  const readers = fakeRanks(size).map((communicator) =>
    DataReader.fromBatches(source, { communicator, batchSize: 8, ...options }),
  );
  await Promise.all(readers.map((reader) => reader.readData()));
  return readers;
}

test('ranks read their own rows, and agree on counts, scalings and classes with one that reads all', async (t) => {
  const found = [];
  for (const size of [1, 2, 3, 4]) {
    const read: number[] = [];
    for (const reader of await readOn(size, sourceOf(classes, read))) {
      reader.normalizeX({ method: 'standard' });
      reader.normalizeY('multipleClassifier');
      reader.setClassWeights('balanced');
      const { numTrain, preparation, classWeights } = reader;
      found.push({ numTrain, preparation, classWeights });
    }
    t.is(read.length, size);
    t.is(
      read.reduce((sum, rows) => sum + rows),
      count,
    );
    t.true(
      read.every((rows) => Math.abs(rows - count / size) <= 6),
      `${read}`,
    );
  }
  for (const one of found) t.deepEqual(one, found[0]);
  t.is(found[0]!.numTrain, count);
  t.deepEqual(found[0]!.classWeights?.length, 5);
});

test('numTrain is that of all ranks, and rows beyond it are not asked for', async (t) => {
  const readers = await readOn(2, sourceOf(classes), { numTrain: 20 });
  t.deepEqual(
    readers.map(({ numTrain }) => numTrain),
    [20, 20],
  );
  for (const [rank, reader] of readers.entries()) {
    let rows = 0;
    for await (const part of { [Symbol.asyncIterator]: () => reader.trainingStream!.open() })
      rows += part.inputs['']!.count;
    t.is(rows, 10, `rank ${rank}`);
  }
  const short = readOn(2, sourceOf(classes, [], 10), { numTrain: 40 });
  await t.throwsAsync(short, { message: /^Expected 20 rows for the stream of rank [01] but received/ });
});

test('where one rank has fewer rows, all leave out the rest', async (t) => {
  const readers = await readOn(2, function* ({ rank }) {
    yield { x: x.slice(0, rank === 0 ? 20 : 9), y: classes.slice(0, rank === 0 ? 20 : 9) };
  });
  t.deepEqual(
    readers.map(({ numTrain }) => numTrain),
    [18, 18],
  );
});

test('a rank that cannot read its rows fails all of them', async (t) => {
  const readers = fakeRanks(2).map((communicator) =>
    DataReader.fromBatches(
      function* ({ rank }) {
        if (rank === 1) throw new Error('no such file');
        yield { x, y: classes };
      },
      { communicator, batchSize: 8 },
    ),
  );
  const results = await Promise.allSettled(readers.map((reader) => reader.readData()));
  t.deepEqual(
    results.map((result) => result.status === 'rejected' && result.reason.message),
    ['Expected all ranks to read their rows but rank 1 failed: no such file', 'no such file'],
  );
});

test('rows of another shape on one rank are refused on all', async (t) => {
  const reading = readOn(2, function* ({ rank }) {
    yield { x: rank === 0 ? x : rowsOfNumbers(count, 2), y: classes };
  });
  await t.throwsAsync(
    reading,
    badArgument(/^Expected \[3\] of float32 .* for the rows of all ranks but received '?\[2\] .* on rank 1/),
  );
});

test('options that do not fit are refused', async (t) => {
  const source = sourceOf(labelsFor(x));
  const [rank] = fakeRanks(2);
  const refused = (options: StreamOptions, message: RegExp) =>
    t.throws(() => DataReader.fromBatches(source, options), badArgument(message));
  refused({ communicator: rank }, /for batchSize but received undefined$/);
  refused({ communicator: rank, batchSize: 1 }, /from 2, the number of ranks/);
  refused({ batchSize: 8 }, /^Expected a communicator with it for batchSize/);
  refused({ communicator: {} as never, batchSize: 8 }, /what mpi\(\) of 'blasnet\/mpi' resolves with/);
  const [reader] = await readOn(2, source);
  const net = fittingNet([3, 4, 1], { batchSize: 8 });
  await t.throwsAsync(
    net.train(reader!, { shuffle: false }),
    badArgument(/rank 0 of 2 has its own rows for communicator/),
  );
  const other = fittingNet([3, 4, 1], { batchSize: 4 });
  const [alone] = await readOn(1, source);
  await other.train(alone!, { shuffle: false, communicator: fakeRanks(1)[0] });
});
