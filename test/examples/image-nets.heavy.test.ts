import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder, write } from '../support/files.js';
import { cutMnist } from '../support/mnist.js';
import { runScript } from '../support/processes.js';

const script = resolve('build/dev/examples/run.js');
const excerpt = resolve('test/fixtures/cifar');

/** Runs an example with one thread and, at the same time, with two; both must print and draw the same. */
async function run(t: ExecutionContext, name: string, options: readonly string[]) {
  const [one, two] = await Promise.all(
    ['1', '2'].map((threads) => runOnce(t, name, [...options, '--threads', threads])),
  );
  t.deepEqual(one!.lines.map(withoutMeasured), two!.lines.map(withoutMeasured));
  t.deepEqual(one!.svgs, two!.svgs);
  return one!;
}

async function runOnce(t: ExecutionContext, name: string, options: readonly string[]) {
  const cwd = await temporaryFolder(t);
  const { code, output, errors } = await runScript(script, [name, ...options], { cwd });
  t.is(code, 0, errors);
  const folder = join(cwd, 'output', name);
  const names = (await readdir(folder)).sort();
  const noMistakes = /^0 of \d+ test images misclassified$/m.test(output);
  const drawn = ['confusion', 'filters', 'loss', ...(noMistakes ? [] : ['mistakes'])];
  t.deepEqual(
    names,
    drawn.flatMap((picture) => [`${picture}.png`, `${picture}.svg`]),
  );
  const svgs = names.filter((file) => file.endsWith('.svg')).map((file) => readFile(join(folder, file), 'utf8'));
  return { lines: output.trimEnd().split('\n'), svgs: await Promise.all(svgs) };
}

const withoutMeasured = (line: string) => line.replace(/\d+\.\d+ s|\d+ MB/, '');

/** The accuracy in a line that those words begin. */
function accuracyOf(lines: readonly string[], words: string): number {
  const line = lines.find((each) => each.startsWith(words));
  return Number(line?.slice(words.length).match(/^ (\d\.\d{4}) /)?.[1]);
}

test.serial('mnist-cnn › a tenth of the digits', async (t) => {
  const data = await cutMnist(t, 6000, 1000);
  const { lines, svgs } = await run(t, 'mnist-cnn', ['--data', data, '--epochs', '2']);
  t.true(accuracyOf(lines, 'test accuracy') >= 0.93, lines.join('\n'));
  const [, count] = lines.find((line) => line.endsWith('misclassified'))!.match(/^(\d+) of 1000 /)!;
  t.is((1 - Number(count) / 1000).toFixed(4), accuracyOf(lines, 'test accuracy').toFixed(4));
  const [, filters, , mistakes] = svgs;
  t.is(filters!.match(/<image /g)!.length, 8);
  t.is(mistakes!.match(/<image /g)!.length, Math.min(40, Number(count)));
  t.true(mistakes!.includes(`${Math.min(40, Number(count))} of ${count}, those first`));
});

test.serial('cifar-cnn › without data: the excerpt, and says so', async (t) => {
  const { lines } = await run(t, 'cifar-cnn', ['--epochs', '2']);
  t.regex(lines[0]!, /^No --data DIR .* trains on the 20 images of the tests/);
  t.is(lines[1], '19 images to train on, 1 for validation, 2 to test on');
});

test.serial('cifar-cnn › any number of files, whole or not, under their names', async (t) => {
  const folder = await temporaryFolder(t);
  const [train, tests] = await Promise.all(['train', 'test'].map((name) => readFile(join(excerpt, `${name}.bin`))));
  // Two images look nothing alike to any net after so few epochs: twenty test images leave no doubt of a mistake.
  await write(folder, 'data_batch_1.bin', train!);
  await write(folder, 'data_batch_2.partial.bin', train!.subarray(0, 3073 * 5));
  await write(folder, 'test_batch.bin', Buffer.concat([tests!, train!]));
  await mkdir(join(folder, 'other'));
  const { lines, svgs } = await run(t, 'cifar-cnn', ['--data', folder, '--epochs', '3', '--seed', '2']);
  t.is(lines[0], '24 images to train on, 1 for validation, 22 to test on');
  t.true(accuracyOf(lines, 'CIFAR-10, convolutions: test accuracy') >= 0);
  t.true(accuracyOf(lines, 'CIFAR-10, fully connected: test accuracy') >= 0);
  const [, peak] = lines.find((line) => line.startsWith('peak memory'))!.match(/ (\d+) MB$/)!;
  t.true(Number(peak) > 30 && Number(peak) < 600, peak);
  t.is(svgs[1]!.match(/<image /g)!.length, 32);
  t.true(svgs[0]!.includes('>class 0<'));
});

test.serial('options that make no sense', async (t) => {
  const empty = await temporaryFolder(t);
  for (const [options, code, message] of [
    [['mnist-cnn', '--epochs', 'many'], 2, /Expected a number ≥ 0 for --epochs but received 'many'/],
    [['mnist-cnn', '--threads', '0'], 1, /Expected a whole number from 1 to 256 for threads but received 0/],
    [['mnist-cnn', '--data', empty], 1, /Expected a readable IDX file at .*train-images-idx3-ubyte/],
    [['cifar-cnn', '--data', '/no/such/folder'], 2, /Expected a folder for --data but received '\/no\/such\/folder'/],
    [['cifar-cnn', '--data', empty], 2, /Expected files data_batch….bin and test_batch….bin in .* received 0 and 0/],
    [['cifar-cnn', '--nonsense'], 2, /^Unknown option '--nonsense'/],
  ] as const) {
    const ended = await runScript(script, options, { cwd: empty });
    t.is(ended.code, code, options.join(' '));
    t.regex(ended.errors, message);
  }
});
