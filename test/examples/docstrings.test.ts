// Runs the @example of every docstring in ts/ against the built package.
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { compileConsumer } from '../support/consumer.js';
import { examplesIn, programOf, typesOf } from '../support/examples.js';
import { temporaryFolder, write } from '../support/files.js';
import { runScript } from '../support/processes.js';
import { examples, titleOf, writeProgram } from './docstring-programs.js';

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

test('each example gives what its comments say, one after the other in one process', async (t) => {
  const programs = await Promise.all(examples.map((example) => writeProgram(t, example)));
  const driver = `for (const [title, folder, script] of JSON.parse(process.argv[2])) {
    process.chdir(folder);
    await import(script).catch((error) => { throw new Error(title, { cause: error }); });
    console.log('end of', title);
  }`;
  const script = await write(await temporaryFolder(t), 'driver.mjs', driver);
  const list = programs.map(({ folder, script }, i) => [titleOf(examples[i]!), folder, pathToFileURL(script)]);
  const { code, output, errors } = await runScript(script, [JSON.stringify(list)]);
  t.is(code, 0, errors);
  for (const [i, example] of examples.entries()) {
    t.true(output.includes(`${programs[i]!.expectations}\nend of ${titleOf(example)}\n`), titleOf(example));
  }
});

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
