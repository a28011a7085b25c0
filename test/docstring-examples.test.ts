import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { temporaryFolder, write } from './support/files.js';
import { runScript } from './support/processes.js';
import { entryPoints, publicNames } from './support/public-names.js';

/** Exports whose docstrings have an example, in the order in which the examples run: the server loads a net's file. */
const documented = {
  'tensor.d.ts': ['Tensor'],
  'hyper-parameters.d.ts': ['HyperParameters'],
  'data/data-reader.d.ts': ['DataReader'],
  'layers/fully-connected.d.ts': ['FullyConnectedLayer'],
  'layers/activation.d.ts': ['ActivationLayer'],
  'layers/classification.d.ts': ['ClassificationLayer'],
  'layers/conv.d.ts': ['ConvLayer'],
  'optimizers/create.d.ts': ['createOptimizer'],
  'neural-net.d.ts': ['NeuralNet'],
  'serve/server.d.ts': ['startServer'],
} as const;

/** The code of the example in the docstring right before an export. */
async function exampleOf(path: string, name: string): Promise<string | undefined> {
  const text = await readFile(join('dist', path), 'utf8');
  const declaration = text.search(new RegExp(`^export declare (abstract )?(class|function) ${name}\\b`, 'm'));
  const docstring = text.slice(text.lastIndexOf('/**', declaration), declaration).replace(/^ \* ?/gm, '');
  return /@example\n```ts\n(.*?)```/s.exec(docstring)?.[1];
}

/** Makes `expression; // => value` compare the two as JSON, tensors as lists. */
const checked = (code: string) =>
  code.replace(/^(.+); \/\/ => (.+)$/gm, (_, expression: string, value: string) => {
    return `same(${expression}, ${value}, ${JSON.stringify(expression)});`;
  });

test('the examples in docstrings run, and give what they claim', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'node_modules'));
  await symlink(resolve('.'), join(folder, 'node_modules/blasnet'), 'dir');
  const houses = Array.from({ length: 100 }, (_, i) => `${i % 7},${50 + i},${1000 * (50 + i) + 500 * (i % 7)}`);
  await write(folder, 'houses.csv', `rooms,area,price\n${houses.join('\n')}\n`);
  const parts: string[] = ["import { deepStrictEqual } from 'node:assert';"];
  for (const [name, path] of Object.entries(entryPoints)) {
    if (name === 'blasnet/charts') continue;
    parts.push(`import { ${(await publicNames(path)).values.join(', ')} } from '${name}';`);
  }
  parts.push(
    'const same = (received, expected, name) =>',
    '  deepStrictEqual(JSON.parse(JSON.stringify(received)), JSON.parse(JSON.stringify(expected)), name);',
  );
  let assertions = 0;
  for (const [path, names] of Object.entries(documented)) {
    for (const name of names) {
      const code = await exampleOf(path, name);
      t.truthy(code, `${name} has an example`);
      const statements = checked(code ?? '');
      assertions += statements.split('same(').length - 1;
      parts.push(`await (async () => {\n${statements}})();`, `console.log('${name}');`);
    }
  }
  t.true(assertions >= 10);
  await write(folder, 'examples.mjs', parts.join('\n'));
  const { code, output, errors } = await runScript(join(folder, 'examples.mjs'), [], { cwd: folder, timeout: 60_000 });
  t.deepEqual([code, errors], [0, '']);
  t.deepEqual(output.trim().split('\n'), Object.values(documented).flat());
});
