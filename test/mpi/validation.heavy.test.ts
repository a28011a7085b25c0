import { resolve } from 'node:path';
import test from 'ava';
import { buildMpi, runRanks } from '../support/mpi.js';

test.before(buildMpi);

const judged = (ranks: number, settings: object) =>
  runRanks(ranks, [resolve('test/mpi/judge.mjs'), JSON.stringify(settings)]);

/** The results that a run prints, without its rank. */
const figuresOf = ({ rank: _, alone: __, ...figures }: Record<string, unknown>) => figures;

/** The loss of the last checkpoint and that of the test set. */
const lossesOf = ({ validation, test: tested }: Record<string, unknown>) => [
  (validation as { lossValidation: number }[]).at(-1)!.lossValidation,
  (tested as { loss: number }).loss,
];

// In chunks of 256 rows: 700 make one pass of three for 4 ranks, of which one has none; for 2 ranks, one that both compute
// is left. 1200 make five.
for (const [kind, rows] of [
  ['classes', 1200],
  ['classes', 700],
  ['answers', 700],
  ['fitting', 1200],
  ['images', 700],
  ['steps', 700],
] as const) {
  test.serial(
    `ranks share validation and test set, and find what one process finds: ${kind}, ${rows} rows`,
    async (t) => {
      const alone = await judged(1, { kind, rows });
      t.is(alone.code, 0, alone.errors);
      const [expected] = alone.lines.map(figuresOf);
      t.true(lossesOf(expected!).every((loss) => Number.isFinite(loss!)));
      for (const ranks of [2, 4]) {
        const { code, lines, errors } = await judged(ranks, { kind, rows });
        t.is(code, 0, errors);
        t.deepEqual(lines.map(figuresOf), Array(ranks).fill(expected), `${ranks} ranks`);
        for (const line of lines) {
          const whole = (line.alone as { loss: number }[]).map(({ loss }) => loss);
          t.deepEqual(lossesOf(line), whole, 'what net.test finds with all rows');
        }
      }
    },
  );
}

test.serial('a rank reads no rows of a validation or test set but those of its own chunks', async (t) => {
  for (const ranks of [2, 4]) {
    const expected = await judged(ranks, { kind: 'classes', rows: 1200 });
    const { code, lines, errors } = await judged(ranks, { kind: 'classes', rows: 1200, spoils: true });
    t.is(code, 0, errors);
    t.deepEqual(lines.map(figuresOf), expected.lines.map(figuresOf), `${ranks} ranks`);
  }
});

test.serial('ranks with other test data are refused before the first step', async (t) => {
  const { lines } = await judged(2, { kind: 'classes', rows: 700, odd: 1 });
  t.is(lines.length, 2);
  for (const { message } of lines) t.regex(`${message}`, /^Expected the same test data on all ranks, .* on rank 1$/);
});
