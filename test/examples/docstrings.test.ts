// Runs the @example of every docstring in ts/ as a program of its own, against the built package.
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { compileConsumer } from '../support/consumer.js';
import { type Example, examplesIn, programOf, typesOf } from '../support/examples.js';
import { temporaryFolder, write } from '../support/files.js';
import { runScript } from '../support/processes.js';

/** Classes, functions and methods that must have an example. */
const required = [
  ...['NeuralNet', 'addLayer', 'train', 'inference', 'predict', 'predictor', 'save', 'load', 'HyperParameters'],
  ...[
    'DataReader',
    'fromTensors',
    'Tensor',
    'FullyConnectedLayer',
    'ActivationLayer',
    'ClassificationLayer',
    'ConvLayer',
  ],
];

const files = (await readdir('ts', { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
const examples: Example[] = [];
for (const file of files) examples.push(...examplesIn(file, await readFile(join('ts', file), 'utf8')));

test('the most used exports have an example', (t) => {
  const names = examples.map(({ name }) => name);
  t.deepEqual(
    required.filter((name) => !names.includes(name)),
    [],
  );
});

test('the examples have no type errors', async (t) => {
  const { errors } = await compileConsumer(t, typesOf(examples));
  t.deepEqual(errors, []);
});

for (const [i, example] of examples.entries()) {
  test.serial(`${i + 1}: ${example.name} in ${example.file}`, async (t) => {
    const { program, expectations } = programOf(example.code);
    t.true(expectations > 0, 'it says what a statement gives: `statement; // → value`');
    const cwd = await temporaryFolder(t);
    await mkdir(join(cwd, 'node_modules'));
    await symlink(resolve('.'), join(cwd, 'node_modules/blasnet'));
    const script = await write(cwd, 'example.mjs', program);
    const { code, output, errors } = await runScript(script, [], { cwd, timeout: 60_000 });
    t.is(code, 0, errors);
    t.is(output.trim().split('\n').at(-1), `${expectations}`);
  });
}

test('an example whose comment is wrong is found', async (t) => {
  for (const [code, isRight] of [
    ['[1, 2].map((x) => x / 3); // → [ 0.333…, 0.666… ]', true],
    ['[1, 2].map((x) => x / 3); // → [ 0.333…, 0.766… ]', false],
    ['const x = 5; // → 5', true],
    ['const x = 5; // → 55', false],
    ["console.log('a'); // → 'a'", true],
    ["console.log('a'); // → 'b'", false],
    ["Promise.reject({ code: 'ERR_A' }); // throws ERR_A", true],
    ["Promise.reject({ code: 'ERR_A' }); // throws ERR_B", false],
    ['0; // throws ERR_B', false],
  ] as const) {
    const script = await write(await temporaryFolder(t), 'example.mjs', programOf(code).program);
    t.is((await runScript(script)).code === 0, isRight, code);
  }
  const text =
    '/**\n * Adds.\n * @example\n * ```ts\n * add(1, 2); // → 3\n * ```\n */\nexport async function add(a) {';
  t.deepEqual(examplesIn('add.ts', text), [{ file: 'add.ts', name: 'add', code: 'add(1, 2); // → 3\n' }]);
  t.throws(() => examplesIn('add.ts', '/** @example add() */\nfunction add() {}'), {
    message: /add is not between fences/,
  });
});
