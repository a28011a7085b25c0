import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { WrongNumbers } from '../../bench/check.js';
import type { Contender, SequencesJob, SequencesResult } from '../../bench/contender.js';
import { readFloats, writeFloats } from '../../bench/data.js';
import type { Entrant } from '../../bench/roster.js';
import { compareSequences, comparisonsOf, requireAgreement, rowCounts } from '../../bench/sequences/compare.js';
import { writeSequences, writeSequenceWeights } from '../../bench/sequences/data.js';
import { memoryComparison, memoryRows } from '../../bench/sequences/memory.js';
import { type SequenceNet, sequenceNets, splitParameters } from '../../bench/sequences/nets.js';
import { isOfSequences, sequenceTable } from '../../bench/sequences/table.js';
import { summarize } from '../../bench/statistics.js';
import { trySequences } from '../../bench/support/blasnet-sequences.js';
import { judge } from '../../bench/targets.js';
import { comparisonOf, rowWith } from './reports.js';

const small = (name: string): SequenceNet => ({
  ...sequenceNets.find((net) => net.name === name)!,
  rows: 320,
  steps: 3,
});

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-test-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const { name } of sequenceNets) {
  test(`blasnet trains and predicts the net of the part: ${name}`, async (t) => {
    await inFolder(async (folder) => {
      const net = small(name);
      const files = { data: await writeSequences(net, folder), weights: await writeSequenceWeights(net, folder) };
      const out = join(folder, 'out.f32');
      const settings = { rows: rowCounts, threads: 1, dtype: 'float32', seconds: 0 } as const;
      const job: SequencesJob = { net, ...files, ...settings, check: { out } };
      const { training, predictions } = await trySequences(job);
      t.true(training!.checkLoss! > 0 && training!.microsecondsPerStep > 0);
      t.deepEqual(
        predictions.map(({ rows, output }) => [rows, output.length]),
        rowCounts.map((count) => [count, count]),
      );
      const [start, end] = [await readFloats(files.weights), await readFloats(out)];
      const before = splitParameters(net, start);
      const still = splitParameters(net, end).filter(({ values }, i) => {
        return values.every((value, at) => value === before[i]!.values[at]);
      });
      // A number that is added to all keys changes no probability.
      t.deepEqual(
        still.map(({ name }) => name).filter((name) => name !== 'attention.keyB'),
        [],
      );
    });
  });
}

test('parameters are cut in their order, and others are refused', (t) => {
  const net = { layers: [{ kind: 'gru', features: 1, units: 1 }] } as const;
  const parts = splitParameters(
    net,
    Float32Array.from({ length: 12 }, (_, i) => i),
  );
  t.deepEqual(
    parts.map(({ name, values }) => [name, ...values]),
    [
      ['W', 0, 1, 2],
      ['U', 3, 4, 5],
      ['B', 6, 7, 8],
      ['recurrentB', 9, 10, 11],
    ],
  );
  t.throws(() => splitParameters(net, new Float32Array(13)), { message: 'Expected 12 parameters but received 13' });
});

const net = small('text');
const start = Float32Array.of(0, 0);
const resultWith = (outputs: readonly number[], checkLoss: number): SequencesResult => ({
  training: { steps: 1, microsecondsPerStep: 10, checkLoss },
  predictions: [{ rows: outputs.length, times: summarize([3]), output: outputs }],
});

test('outputs, losses and weights must be those of blasnet, unless it is another net', async (t) => {
  await inFolder(async (folder) => {
    const path = (name: string) => join(folder, `${name}.f32`);
    await writeFloats(path('same'), Float32Array.of(1, 1));
    await writeFloats(path('other'), Float32Array.of(1, 2));
    const expected = { name: 'blasnet', result: resultWith([1, 2], 0.5), out: path('same') };
    const check = (result: SequencesResult, out = 'same') =>
      requireAgreement(net, { name: 'Other', result, out: path(out) }, expected, start);
    await t.notThrowsAsync(check(resultWith([1, 2.00001], 0.5)));
    await t.throwsAsync(check(resultWith([1, 2.01], 0.5)), {
      instanceOf: WrongNumbers,
      message: /^Expected Other to predict text as blasnet does but it is off by up to 0\.0\d+$/,
    });
    await t.throwsAsync(check(resultWith([1, 2], 0.6)), { instanceOf: WrongNumbers });
    await t.throwsAsync(check(resultWith([1, 2], 0.5), 'other'), { instanceOf: WrongNumbers });
    await t.notThrowsAsync(check({ ...resultWith([7, 7], 0.9), note: 'another net' }));
    await t.notThrowsAsync(check({ predictions: resultWith([1, 2], 0.5).predictions }, 'missing'));
  });
});

const entrant = (name: string, changes: Partial<Contender> = {}): Entrant => ({
  module: `${name}.js`,
  contender: { name, family: 'C++', variants: [], about: async () => '1', ...changes },
  name,
  threads: 1,
  dtype: 'float32',
  version: '1',
});

test('each task has a table with who does it', (t) => {
  const [trains, predicts] = [entrant('A'), entrant('B')];
  const results = (rows: number): SequencesResult => ({
    predictions: [{ rows, times: summarize([rows]), output: [] }],
  });
  const comparisons = comparisonsOf(net, [
    { entrant: trains, results: [resultWith(new Array(64).fill(0), 0.5), resultWith(new Array(64).fill(0), 0.5)] },
    { entrant: predicts, results: [{ ...results(1), note: 'another net' }] },
    { entrant: entrant('failed'), results: [] },
  ]);
  t.deepEqual(
    comparisons.map(({ id, rows }) => [id, ...rows.map(({ name, summary }) => `${name} ${summary.median}`)]),
    [
      ['sequences text train', 'A 10'],
      ['sequences text 64', 'A 3'],
      ['sequences text 1', 'B 1'],
    ],
  );
  t.is(comparisons[2]!.rows[0]!.note, 'another net');
});

test('nobody is asked for a net of sequences that it does not know', async (t) => {
  await inFolder(async (folder) => {
    const bench = { effort: { runs: 1, seconds: 0, budget: 9, quick: true }, folder, leaveOut: t.fail };
    const unable = [entrant('A'), entrant('B', { sequenceNets: ['lstm'], sequences: async () => t.fail() as never })];
    const comparisons = await compareSequences(net, unable, bench);
    t.true(comparisons.every(({ rows }) => rows.length === 0));
  });
});

test('one table holds all nets, with ratios, dashes for who is missing, and notes', (t) => {
  const rival = { ...rowWith('rival', 'C++', 40), note: 'another net' };
  const comparisons = [
    comparisonOf('sequences lstm train', rowWith('blasnet', 'blasnet', 10), rowWith('PyTorch', 'Python', 30)),
    comparisonOf('sequences lstm 1', rowWith('blasnet', 'blasnet', 20), rival),
  ];
  t.deepEqual(sequenceTable(comparisons), {
    header: ['median µs', 'blasnet', 'PyTorch', 'blasnet is', 'rival', 'blasnet is'],
    rows: [
      ['lstm, training step', '10.0', '30.0', '3.00 ×', '–', ''],
      ['lstm, one sequence', '20.0', '–', '', '40.0', '2.00 ×'],
    ],
    notes: ['rival: another net'],
  });
  t.true(comparisons.every(isOfSequences));
  t.false(isOfSequences({ id: 'sequences memory' }));
});

test('sequences are judged by training beside PyTorch, one sequence beside onnxruntime-node, and memory', (t) => {
  const memory = { streamBefore: 100, streamAfter: 110, trainingPeak: 9, activations: 5 };
  const comparisons = [
    comparisonOf('sequences gru train', rowWith('blasnet', 'blasnet', 10), rowWith('PyTorch', 'Python', 50)),
    comparisonOf('sequences encoder 1', rowWith('blasnet', 'blasnet', 10), rowWith('onnxruntime-node', 'C++', 9)),
    memoryComparison([memory]),
  ];
  t.deepEqual(judge(comparisons), [
    { text: 'gru, training: 4 × as fast as PyTorch', value: 5, met: true },
    { text: 'encoder, one sequence: 1 × as fast as onnxruntime-node', value: 0.9, met: false },
    { text: 'stream: at most 1.05 × the memory after 100,000 steps', value: 1.1, met: false },
  ]);
  t.deepEqual(
    memoryComparison([memory]).rows.map(({ name }) => name),
    Object.values(memoryRows),
  );
});
