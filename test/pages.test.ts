import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { createProgram } from '#blasnet/cli/program';
import { compileConsumer } from './support/consumer.js';
import { allPages, brokenLinks, commandsOf, type Page, pathsNamed, readPage } from './support/pages.js';
import { entryPoints, publicNames } from './support/public-names.js';

const pages = await allPages();
const readme = pages.find(({ path }) => path === 'README.md')!;
const manual = pages.filter(({ path }) => path !== 'CHANGELOG.md');

/** The matches of `find` on each page, with the page's path. */
const findings = (among: readonly Page[], find: (page: Page) => readonly string[]) =>
  among.flatMap((page) => find(page).map((finding) => `${page.path}: ${finding}`));

test('README › has at most 900 words, code included', (t) => {
  const words = readme.text.split(/\s+/).filter((word) => word !== '');
  t.true(words.length <= 900, `${words.length} words`);
});

test('README › its example is examples/quick-start.ts to the letter', async (t) => {
  const code = readme.blocks.find(({ language }) => language === 'ts')?.code;
  t.is(code, await readFile('examples/quick-start.ts', 'utf8'));
});

test('README and docs/README.md › each links every page in docs/', (t) => {
  const names = pages.filter(({ path }) => /^docs\/(?!README)/.test(path)).map(({ path }) => path);
  const index = pages.find(({ path }) => path === 'docs/README.md')!;
  t.deepEqual(
    names.filter((path) => !readme.prose.includes(`](${path})`)),
    [],
  );
  t.deepEqual(
    names.filter((path) => !index.prose.includes(`](${path.slice('docs/'.length)})`)),
    [],
  );
});

test('pages › their links lead to files and headings that exist', (t) => {
  t.deepEqual(findings(pages, brokenLinks), []);
});

/** Files that the recipes in CONTRIBUTING make. */
const made = /\/(test_)?(scale|sign[-_]sgd|squared-log|mean-squared-log-error)\.(cc|ts|test\.ts)$/;

test('pages › the files and folders that they name exist', (t) => {
  const missing = (page: Page) => pathsNamed(page).filter((path) => !existsSync(path) && !made.test(path));
  t.deepEqual(findings(manual, missing), []);
});

const cli = ['npx blasnet', 'node dist/cli/main.js', 'node node_modules/blasnet/dist/cli/main.js'];

/** The reason why a command of the CLI is wrong, or undefined. In a line of text it may be without its arguments. */
async function complaint(words: readonly string[], whole: boolean): Promise<string | undefined> {
  const program = await createProgram(words);
  const isPlaceholder = (word: string) => word === '…' || word === '...' || /^<.*>$/.test(word);
  const given = words.filter((word) => !isPlaceholder(word));
  const [name] = given;
  if (name === undefined || name.startsWith('-')) return undefined;
  const command = program.commands.find((known) => known.name() === name);
  if (!command) return `no command ${name}`;
  const known = command.options.flatMap(({ long, short }) => [long, short]);
  const unknown = given.find((word) => /^--?[a-z]/.test(word) && !known.includes(word) && !/^(--help|-h)$/.test(word));
  if (unknown !== undefined) return `no option ${unknown}`;
  if (!whole || given.some((word) => /^(--help|-h)$/.test(word)) || given.length < words.length) return undefined;
  for (const each of program.commands) each.exitOverride().configureOutput({ writeErr: () => {} });
  program.configureOutput({ outputError: () => {}, writeErr: () => {} });
  for (const each of [command, ...command.commands]) each.action(() => {});
  return program.parseAsync([...given], { from: 'user' }).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

test('pages › the commands of npx blasnet exist, with their options', async (t) => {
  const complaints: string[] = [];
  let count = 0;
  for (const page of manual) {
    for (const { words, whole } of commandsOf(page, cli)) {
      count++;
      const reason = await complaint(words, whole);
      if (reason !== undefined) complaints.push(`${page.path}: ${words.join(' ')}: ${reason}`);
    }
  }
  t.deepEqual(complaints, []);
  t.true(count >= 10);
});

test('docs/command-line.md › the options that it names are those of a command', async (t) => {
  const { spans } = await readPage('docs/command-line.md');
  const known = (await createProgram(['train'])).commands.flatMap(({ options }) => options.map(({ long }) => long));
  const named = spans.flatMap((span) => span.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []);
  const others = ['--help', '--version'];
  t.deepEqual(
    named.filter((option) => !known.includes(option) && !others.includes(option)),
    [],
  );
});

test('pages › the scripts and examples of npm run exist', async (t) => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
  const starts = ['npm run', 'npm run -s'];
  const wrong = (page: Page) =>
    commandsOf(page, starts).flatMap(({ words: [script = '', ...rest] }) => {
      if (script === '-s') return [];
      if (!Object.hasOwn(scripts, script)) return [script];
      const name = rest[rest.indexOf('--') + 1];
      const isExample = script === 'example' && name !== undefined && /^[a-z-]+$/.test(name);
      return isExample && !existsSync(`examples/${name}.ts`) ? [`example ${name}`] : [];
    });
  t.deepEqual(findings(manual, wrong), []);
});

/** Things that code on the pages uses without declaring them. */
const ambient = `
  declare const net: blasnet.NeuralNet, reader: blasnet.DataReader, images: blasnet.CifarImageReader;
  declare const x: blasnet.Tensor, y: blasnet.Tensor, xValidation: blasnet.Tensor, yValidation: blasnet.Tensor;
  declare const signal: AbortSignal, theta: Float32Array, gradient: Float32Array, file: string, folder: string;
  declare const weights: blasnet.Tensor;
  declare const batches: Iterable<blasnet.RowBatch>, batchFiles: string[];
  declare const rows: readonly blasnet.RowCells[], row: readonly number[];
  declare const communicator: blasnet.Communicator;
  declare const rowsOfDatabase: (from: number, to: number) => Promise<blasnet.RowBatch>;
  declare const netWith: (params: blasnet.HyperParameters) => blasnet.NeuralNet;
  declare const readerOf: (seed: number) => blasnet.DataReader;
  declare const trainImages: string, trainLabels: string, testImages: string, testLabels: string;
`;

/** The compiler's messages about pieces of code, each in a scope of its own; they need not import what blasnet exports. */
async function compilerErrors(t: ExecutionContext, pieces: readonly string[]): Promise<readonly string[]> {
  const declarations = /^import (?:[^;]*) from '([^']+)';$/gm;
  const foreign = pieces.flatMap((code) => [...code.matchAll(declarations)].filter(([, from]) => !isOurs(from!)));
  const known = new Set<string>();
  const imports: string[] = [];
  for (const [name, path] of Object.entries(entryPoints)) {
    const { values, types } = await publicNames(path);
    const isUsed = (word: string) => pieces.some((code) => new RegExp(`\\b${word}\\b`).test(code));
    const used = [...values, ...types].filter((word) => !known.has(word) && isUsed(word));
    for (const word of used) known.add(word);
    imports.push(`import { ${used.join(', ')} } from '${name}';`);
  }
  const bodies = pieces.map((code) => `async () => {\n${code.replace(declarations, '')}\n};`);
  const lines = [...new Set(foreign.map(([line]) => line)), ...imports, "import type * as blasnet from 'blasnet';"];
  const packages = ['@types/node', 'undici-types', 'fastify'];
  return (await compileConsumer(t, [...lines, ambient, ...bodies].join('\n'), { packages })).errors;
}

const isOurs = (name: string) => Object.hasOwn(entryPoints, name);

test('docs › programs compile', async (t) => {
  const docs = pages.filter(({ path }) => path.startsWith('docs/'));
  const programs = docs.flatMap(({ blocks }) => blocks).filter(({ language }) => language === 'ts');
  t.true(programs.length > 0);
  const errors = await compilerErrors(
    t,
    programs.map(({ code }) => code),
  );
  t.deepEqual(errors, []);
});

test('docs/features.md › each line of code compiles', async (t) => {
  const { text } = await readPage('docs/features.md');
  const rows = text.split('\n').filter((line) => /^\|.*`/.test(line));
  const code = rows.flatMap((row) => [...row.split(' | ')[1]!.matchAll(/`([^`]+)`/g)].map(([, span]) => span!));
  t.true(code.length > 50);
  const statements = code.map((span) => {
    const isOption = /^[a-zA-Z]+: /.test(span);
    if (isOption) return `new HyperParameters({ ${span.startsWith('netType') ? '' : "netType: 'fitting', "}${span} });`;
    return /^class /.test(span) ? `abstract ${span} {}` : `${span};`;
  });
  t.deepEqual(await compilerErrors(t, statements), []);
});
