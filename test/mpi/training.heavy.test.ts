import test from 'ava';
import { buildMpi, trainOnRanks } from '../support/mpi.js';

test.before(buildMpi);

/** The results that a run prints, without its rank. */
const resultOf = ({ rank: _, ...result }: Record<string, unknown>) => result;

const kinds = [
  ...['dense', 'conv', 'lstm', 'masked', 'attention', 'norm', 'dropout', 'penalty', 'accumulate', 'average', 'double'],
  ...['plateau', 'clip', 'clipped'],
];
for (const kind of kinds) {
  test.serial(`1, 2 and 4 ranks end in the same bits: ${kind}`, async (t) => {
    // 182 rows: the last batch of an epoch has 22. With batches of 60 it has 2, fewer than there are shards.
    const settings = { kind, shards: 4, batchSize: kind === 'norm' || kind === 'dense' ? 60 : 32 };
    const alone = await trainOnRanks(1, settings);
    t.is(alone.code, 0, alone.errors);
    const [expected] = alone.lines.map(resultOf);
    t.regex(`${expected!.bits}`, /^[0-9a-f]{40}$/);
    for (const ranks of [2, 4]) {
      const { code, lines, errors } = await trainOnRanks(ranks, settings);
      t.is(code, 0, errors);
      t.deepEqual(lines.map(resultOf), Array(ranks).fill(expected), `${ranks} ranks`);
    }
  });
}

// Each rank updates its piece of the weights, and of the optimizer's arrays.
for (const [optimizer, kind] of [
  ['sgd', 'penalty'],
  ['momentum', 'accumulate'],
  ['nag', 'dense'],
  ['nag', 'average'],
  ['adaDelta', 'norm'],
  ['amsGrad', 'double'],
] as const) {
  test.serial(`ranks share updates and end in the same bits: ${optimizer}, ${kind}`, async (t) => {
    const settings = { kind, optimizer, shards: 4, maxEpoch: 3 };
    const [one, two, four] = [
      ...[await trainOnRanks(1, settings), await trainOnRanks(2, settings), await trainOnRanks(4, settings)],
    ] as const;
    const [expected] = one.lines.map(resultOf);
    t.regex(`${expected!.bits}`, /^[0-9a-f]{40}$/, one.errors);
    t.deepEqual(two.lines.map(resultOf), Array(2).fill(expected), two.errors);
    t.deepEqual(four.lines.map(resultOf), Array(4).fill(expected), four.errors);
  });
}

// Gradients of more than a megabyte are summed in parts, while the backward pass goes on. 620² weights are 1.5 MB.
const overlapping = { env: { BLASNET_MPI_OVERLAP: '1' } };
for (const kind of ['dense', 'conv', 'lstm', 'masked', 'norm', 'dropout', 'penalty', 'accumulate', 'double']) {
  test.serial(`sums that overlap with the backward pass have the same bits: ${kind}`, async (t) => {
    const settings = {
      kind,
      shards: 4,
      width: 620,
      maxEpoch: 2,
      batchSize: kind === 'norm' || kind === 'dense' ? 60 : 32,
    };
    const alone = await trainOnRanks(1, settings);
    t.is(alone.code, 0, alone.errors);
    const [expected] = alone.lines.map(resultOf);
    t.regex(`${expected!.bits}`, /^[0-9a-f]{40}$/);
    for (const ranks of [2, 4]) {
      const { code, lines, errors } = await trainOnRanks(ranks, settings, overlapping);
      t.is(code, 0, errors);
      t.deepEqual(lines.map(resultOf), Array(ranks).fill(expected), `${ranks} ranks`);
    }
  });
}

test.serial('3 ranks share 6 shards as 2 do', async (t) => {
  const [two, three] = [await trainOnRanks(2, { shards: 6 }), await trainOnRanks(3, { shards: 6 })];
  t.deepEqual(two.lines.map(resultOf)[0], three.lines.map(resultOf)[0]);
});

test.serial('a loss that is no number ends all ranks alike, and names the layer', async (t) => {
  const { lines } = await trainOnRanks(2, { kind: 'notFinite' });
  t.is(lines.length, 2);
  for (const { code, message } of lines) {
    t.is(code, 'ERR_NOT_FINITE');
    t.regex(`${message}`, /first in layer 'fully-connected-\d'/);
  }
});

test.serial('ranks with other data, options or shards are refused before the first step', async (t) => {
  const expectations = {
    'training data': { odd: { data: 1 } },
    learningRate: { odd: { learningRate: 1 } },
  };
  for (const [name, settings] of Object.entries(expectations)) {
    const { lines } = await trainOnRanks(2, settings);
    for (const { code, message } of lines) {
      t.is(code, 'ERR_BAD_ARGUMENT');
      t.regex(`${message}`, new RegExp(`^Expected the same ${name} on all ranks, .* but received .* on rank 1$`));
    }
  }
  const { lines } = await trainOnRanks(2, { shards: 3 });
  t.is(lines.length, 2);
  for (const { message } of lines) t.regex(`${message}`, /^Expected a multiple of 2, the number of ranks, for shards/);
});

test.serial('stop() of a callback on one rank ends the run on all', async (t) => {
  const { lines, errors } = await trainOnRanks(2, { failing: { rank: 1, place: 'stop' } });
  t.is(lines.length, 2, errors);
  t.deepEqual(resultOf(lines[0]!), resultOf(lines[1]!));
  t.is(lines[0]!.stopReason, 'callback');
  t.is((lines[0]!.records as unknown[]).length, 2);
});

test.serial('a rank whose callback throws ends the run on all, with an error that names it', async (t) => {
  const { lines } = await trainOnRanks(3, { failing: { rank: 1, place: 'callback' } });
  t.deepEqual(
    lines.map(({ message }) => message),
    [0, 1, 2].map((rank) =>
      rank === 1 ? 'the callback fails' : 'Expected all ranks to go on but rank 1 failed: the callback fails',
    ),
  );
});

test.serial('a signal on one rank ends the run on all in mid-epoch', async (t) => {
  const { lines } = await trainOnRanks(2, { maxEpoch: 1e6, failing: { rank: 0, place: 'signal' } });
  const failures = lines.flatMap(({ message }) => message ?? []);
  t.deepEqual(failures, ['that will do', 'Expected all ranks to go on but rank 0 failed: that will do']);
});

for (const kind of ['dense', 'dropout', 'masked', 'accumulate']) {
  test.serial(`ranks that read only their rows end in the bits of one that reads all: ${kind}`, async (t) => {
    // 122 rows by 32 or 60: the last batch has 26, or 2, of which two of 4 ranks have none.
    const settings = { kind, stream: true, shards: 4, rows: 122, batchSize: kind === 'dense' ? 60 : 32 };
    const alone = await trainOnRanks(1, settings);
    t.is(alone.code, 0, alone.errors);
    const [expected] = alone.lines.filter(({ bits }) => bits).map(resultOf);
    t.regex(`${expected!.bits}`, /^[0-9a-f]{40}$/);
    for (const ranks of [2, 4]) {
      const { code, lines, errors } = await trainOnRanks(ranks, settings);
      t.is(code, 0, errors);
      t.deepEqual(lines.filter(({ bits }) => bits).map(resultOf), Array(ranks).fill(expected), `${ranks} ranks`);
      const read = lines.flatMap(({ rowsRead }) => rowsRead ?? []) as number[];
      t.is(read.length, ranks);
      t.is(
        read.reduce((sum, rows) => sum + rows),
        122,
      );
      t.true(Math.max(...read) <= Math.ceil(122 / ranks) + 3, `${read}`);
    }
  });
}

test.serial('ranks that share the rows of a stream by another batch size are refused', async (t) => {
  const { lines } = await trainOnRanks(2, { stream: true, odd: { batchSize: 1 } });
  const expected = "Expected 32, as on rank 0, for batchSize on all ranks but received '33 on rank 1'";
  t.deepEqual(
    lines.map(({ message }) => message),
    [expected, expected],
  );
});
