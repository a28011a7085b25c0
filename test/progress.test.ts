import { PassThrough } from 'node:stream';
import test from 'ava';
import {
  createProgressDisplay,
  formatBar,
  formatDuration,
  formatNumber,
  formatProgress,
  formatRate,
  plainDisplay,
} from '#blasnet/training/progress-bar';
import type { CheckpointRecord, TrainingProgress } from '#blasnet/training-history';
import { runScript } from './support/processes.js';

const progress: TrainingProgress = {
  epoch: 3,
  maxEpoch: 10,
  iteration: 2579,
  totalIterations: 8600,
  iterationsPerEpoch: 860,
  loss: 0.0812,
  accuracy: 0.9761,
  samplesPerSecond: 212_345,
  secondsLeft: 8.7,
};
const validated: CheckpointRecord = {
  epoch: 2.5,
  iteration: 2150,
  lossTrain: 0.09,
  accuracyTrain: 0.97,
  lossValidation: 0.0921,
  accuracyValidation: 0.9712,
  learningRate: 0.1,
};
const line = 'epoch 3/10  step 2579/8600  loss 0.0812  accuracy 0.9761  212,000 samples/s  9 s left';
const at = (iteration: number): TrainingProgress => ({ ...progress, iteration, epoch: Math.ceil(iteration / 860) });

/** A stream that keeps what is written, and passes for a terminal if it has columns. */
function fakeStream(columns?: number): { stream: NodeJS.WriteStream; text: () => string } {
  const chunks: string[] = [];
  const through = new PassThrough();
  through.on('data', (chunk) => chunks.push(String(chunk)));
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  return { stream: Object.assign(through, terminal) as unknown as NodeJS.WriteStream, text: () => chunks.join('') };
}

test('formatProgress', (t) => {
  t.is(formatProgress(progress), line);
});

test('formatProgress shows the validation set of the last checkpoint', (t) => {
  t.is(
    formatProgress(progress, validated),
    'epoch 3/10  step 2579/8600  loss 0.0812  accuracy 0.9761  validation loss 0.0921  validation accuracy 0.9712  212,000 samples/s  9 s left',
  );
  const { lossValidation: _loss, accuracyValidation: _accuracy, ...training } = validated;
  t.is(formatProgress(progress, training), line);
});

test('formatProgress shows metrics that are numbers, and leaves out those of the validation set first', (t) => {
  const metrics = { accuracy: 0.9761, f1: 0.97, confusionMatrix: [[1, 2]] };
  const validationMetrics = { accuracy: 0.9712, f1: 0.96, confusionMatrix: [[1, 2]] };
  const [run, record] = [
    { ...progress, metrics },
    { ...validated, validationMetrics },
  ];
  const start = 'epoch 3/10  step 2579/8600  loss 0.0812  accuracy 0.9761  ';
  const validation = 'validation loss 0.0921  validation accuracy 0.9712  ';
  const end = '212,000 samples/s  9 s left';
  const whole = `${start}f1 0.9700  ${validation}validation f1 0.9600  ${end}`;
  t.is(formatProgress(run, record), whole);
  t.is(formatProgress(run, record, { width: whole.length - 1 }), `${start}f1 0.9700  ${validation}${end}`);
  t.is(formatProgress(run, record, { width: `${start}${validation}${end}`.length }), `${start}${validation}${end}`);
  t.is(formatProgress({ ...progress, accuracy: Number.NaN }), line.replace('accuracy 0.9761  ', ''));
});

test('formatProgress calls the figure of a net for fitting R²', async (t) => {
  const expected =
    'epoch 3/10  step 2579/8600  loss 0.0812  R² 0.9761  validation loss 0.0921  validation R² 0.9712  212,000 samples/s  9 s left';
  t.is(formatProgress(progress, validated, { figure: 'R²' }), expected);
  for (const columns of [undefined, 200]) {
    const { stream, text } = fakeStream(columns);
    const display = await createProgressDisplay({ stream, figure: 'R²' });
    display.checkpoint(validated);
    display.update(progress);
    display.stop();
    t.regex(text(), /loss 0\.0812 {2}R² 0\.9761 {2}validation loss 0\.0921 {2}validation R² 0\.9712/);
    t.notRegex(text(), /accuracy/);
  }
});

test('formatProgress leaves out a pace that nobody knows yet', (t) => {
  const start = { ...progress, samplesPerSecond: 0, secondsLeft: Number.POSITIVE_INFINITY };
  t.is(formatProgress(start), 'epoch 3/10  step 2579/8600  loss 0.0812  accuracy 0.9761');
});

test('formatProgress leaves out what tells least where room is short', (t) => {
  t.is(formatProgress(progress, validated, { width: line.length }), line);
  t.is(
    formatProgress(progress, validated, { width: 84 }),
    'epoch 3/10  loss 0.0812  accuracy 0.9761  212,000 samples/s  9 s left',
  );
  t.is(formatProgress(progress, validated, { width: 60 }), 'epoch 3/10  loss 0.0812  accuracy 0.9761  9 s left');
  t.is(formatProgress(progress, validated, { width: 40 }), 'epoch 3/10  loss 0.0812  9 s left');
  t.is(formatProgress(progress, validated, { width: 20 }), 'epoch 3/10');
  t.is(formatProgress(progress, validated, { width: 5 }), 'epoch');
  t.is(formatProgress(progress, validated, { width: -3 }), '');
});

test('formatNumber', (t) => {
  const cases: [number, string][] = [
    [0, '0.0000'],
    [0.08124, '0.0812'],
    [2.34567, '2.3457'],
    [-0.5, '-0.5000'],
    [123.456, '123.5'],
    [99_999, '99999.0'],
    [123_456, '1.23e+5'],
    [0.000_31, '3.10e-4'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ];
  for (const [value, text] of cases) t.is(formatNumber(value), text);
});

test('formatRate', (t) => {
  t.is(formatRate(212_345), '212,000 samples/s');
  t.is(formatRate(5_234_567), '5,230,000 samples/s');
  t.is(formatRate(2.34567), '2.35 samples/s');
});

test('formatDuration', (t) => {
  const cases: [number, string][] = [
    [-1, '0 s'],
    [0, '0 s'],
    [0.2, '1 s'],
    [59, '59 s'],
    [59.5, '1 min 00 s'],
    [65, '1 min 05 s'],
    [3599, '59 min 59 s'],
    [7400, '2 h 03 min'],
    [349_300, '4 d 01 h'],
  ];
  for (const [seconds, text] of cases) t.is(formatDuration(seconds), text);
});

test('formatBar', (t) => {
  t.is(formatBar(0, 8), '[--------]');
  t.is(formatBar(0.25, 8), '[##------]');
  t.is(formatBar(1, 8), '[########]');
});

test('plain lines come after five seconds, at the end of an epoch and at the end', (t) => {
  const { stream, text } = fakeStream();
  let now = 1000;
  const display = plainDisplay(stream, { now: () => now });
  display.update(at(100));
  now += 4999;
  display.update(at(200));
  t.is(text(), '');
  now += 1;
  display.update(at(300));
  display.update(at(400));
  display.update(at(860));
  display.update(at(861));
  now += 4999;
  display.checkpoint(validated);
  display.update(at(1719));
  display.update(at(1721));
  display.update(at(1722));
  display.stop();
  display.stop();
  display.update(at(8600));
  const tail = 'loss 0.0812  accuracy 0.9761  212,000 samples/s  9 s left';
  const validatedTail =
    'loss 0.0812  accuracy 0.9761  validation loss 0.0921  validation accuracy 0.9712  212,000 samples/s  9 s left';
  t.deepEqual(text().split('\n'), [
    `epoch 1/10  step 300/8600  ${tail}`,
    `epoch 1/10  step 860/8600  ${tail}`,
    `epoch 3/10  step 1721/8600  ${validatedTail}`,
    `epoch 3/10  step 1722/8600  ${validatedTail}`,
    '',
  ]);
});

test('a stream that is no terminal gets plain lines', async (t) => {
  const { stream, text } = fakeStream();
  const display = await createProgressDisplay({ stream });
  display.update(progress);
  display.stop();
  t.is(text(), `${line}\n`);
});

test('a display that was never updated writes nothing', async (t) => {
  for (const columns of [undefined, 80]) {
    const { stream, text } = fakeStream(columns);
    const display = await createProgressDisplay({ stream });
    display.stop();
    display.update(progress);
    t.is(text(), '');
  }
});

test('a terminal gets a bar that fits, and is left as it was', async (t) => {
  const { stream, text } = fakeStream(80);
  const display = await createProgressDisplay({ stream });
  display.update(progress);
  display.checkpoint(validated);
  display.update({ ...progress, iteration: 8600, epoch: 10, secondsLeft: 0 });
  display.stop();
  const written = text();
  display.stop();
  display.update(progress);
  t.is(text(), written);
  t.true(written.includes('[######--------------]  epoch 3/10  loss 0.0812  accuracy 0.9761  9 s left'));
  t.true(written.includes('[####################]  epoch 10/10  loss 0.0812  accuracy 0.9761  0 s left'));
  t.true(written.endsWith('\n'));
  const esc = String.fromCharCode(27);
  t.false(written.includes(`${esc}[?25l`), 'the cursor is hidden');
  t.false(written.includes(`${esc}[?7l`), 'line wrapping is off');
});

test('a wide terminal shows the last checkpoint as well', async (t) => {
  const { stream, text } = fakeStream(200);
  const display = await createProgressDisplay({ stream });
  display.update({ ...progress, checkpoint: validated });
  display.stop();
  t.true(text().includes(`[######--------------]  ${formatProgress(progress, validated)}`));
});

test('train with progress calls the figure R² for fitting nets, accuracy for classifiers', async (t) => {
  for (const [netType, figure] of [
    ['fitting', 'R²'],
    ['binaryClassifier', 'accuracy'],
  ] as const) {
    const { errors, code } = await runScript('progress.mjs', [netType]);
    t.is(code, 0, errors);
    t.regex(errors, new RegExp(`loss \\S+  ${figure} `));
    t.notRegex(errors, figure === 'R²' ? /accuracy/ : /R²/);
  }
});
