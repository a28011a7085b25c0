import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { versions } from 'blasnet';
import { createProgram } from '#blasnet/cli/program';
import { blasnet } from '../support/command-line.js';
import { temporaryFolder } from '../support/files.js';
import { runScript } from '../support/processes.js';
import { isQuick } from '../support/tier.js';

const commands = ['train', 'predict', 'inspect', 'export', 'quantize', 'serve', 'build'];

test('--help names the commands, and each command shows examples', async (t) => {
  const { code, output, errors } = await blasnet('.', ['--help']);
  t.deepEqual([code, errors], [0, '']);
  for (const command of commands) {
    t.regex(output, new RegExp(`^ {2}${command} `, 'm'));
    const help = await blasnet('.', [command, '--help']);
    t.is(help.code, 0);
    t.true(help.output.includes(`\nExamples:\n  $ blasnet ${command}`), command);
  }
});

test('the page of the command line has a line for each option, by command', async (t) => {
  const page = await readFile('docs/command-line.md', 'utf8');
  const missing: string[] = [];
  for (const command of (await createProgram(['train'])).commands) {
    const name = command.name();
    const section = page.split(/^## /m).find((text) => text.toLowerCase().startsWith(`${name}\n`));
    const rows = section?.match(/^\| .*$/gm)?.map((row) => row.split(' | ')[0]!) ?? [];
    for (const { long, flags } of command.options) {
      const argument = flags.replace(/^.*--[a-z-]+ ?/, '');
      const written = argument === '' ? `\`${long}\`` : `\`${long} ${argument}\``;
      if (!rows.some((row) => row.includes(written))) missing.push(`${name} ${written}`);
    }
  }
  t.deepEqual(missing, []);
});

test('--version is that of the package', async (t) => {
  const { code, output } = await blasnet('.', ['--version']);
  t.deepEqual([code, output], [0, `${versions.blasnet}\n`]);
});

test('--help needs neither the addon nor any package but commander', async (t) => {
  const root = await temporaryFolder(t);
  await cp('package.json', join(root, 'package.json'));
  await cp('dist', join(root, 'dist'), { recursive: true });
  await cp('node_modules/commander', join(root, 'node_modules/commander'), { recursive: true });
  const { code, output, errors } = await runScript(join(root, 'dist/cli/main.js'), ['train', '--help']);
  t.deepEqual([code, errors], [0, '']);
  t.regex(output, /^Usage: blasnet train/);
});

test('wrong usage ends with code 2 and one line', async (t) => {
  const cases: [string[], string][] = [
    [['trian', 'x.csv'], "unknown command 'trian' (Did you mean train?); --help tells more"],
    [['train'], "missing required argument 'data'; --help tells more"],
    [['train', 'x.csv', '--epoch', '3'], "unknown option '--epoch' (Did you mean --epochs?); --help tells more"],
    [
      ['train', 'x.csv', '--epochs', '0'],
      "option '-e, --epochs <n>' argument '0' is invalid. Expected a whole number of at least 1; --help tells more",
    ],
    [
      ['train', 'x.csv', '--rate', 'fast'],
      "option '--rate <number>' argument 'fast' is invalid. Expected a number above 0; --help tells more",
    ],
    [['train', 'x.csv'], "--label <column> is needed for the CSV file 'x.csv'"],
    [['train', 'x.npz', '--label', 'y'], "--label is for CSV files, but 'x.npz' is read as npz"],
    [['train', 'x.csv', '--label', 'y', '--resume'], '--resume needs the --checkpoint file to go on from'],
    [
      ['train', 'x.csv', '--label', 'y', '--out', 'x.txt'],
      "--out: Expected a name that ends in .safetensors or .onnx but received 'x.txt'",
    ],
    [
      ['train', 'x.csv', '--label', 'y', '--missing', 'guess'],
      "--missing: Expected error, drop, mean, median, category, previous or a number, for all columns or as name=policy, but received 'guess'; --help tells more",
    ],
    [
      ['export', 'a.safetensors', 'b.txt'],
      "Expected a name that ends in .safetensors or .onnx, or --npz, but received 'b.txt'",
    ],
    [['serve', 'a.onnx', '--name', 'a', '--name', 'b'], '--name: Expected as many names as models, 1, but received 2'],
    [
      ['serve', 'a.onnx', '--token-env', 'BLASNET_NONE'],
      '--token-env: Expected a token in the environment variable BLASNET_NONE but received none',
    ],
  ];
  for (const [args, line] of cases.filter((_, i) => !isQuick || i % 4 === 0)) {
    const { code, output, errors } = await blasnet('.', args);
    t.deepEqual({ code, output, errors }, { code: 2, output: '', errors: `blasnet: ${line}\n` });
  }
});

test('files that cannot be read end with code 1 and one line', async (t) => {
  for (const args of [
    ['train', 'none.csv', '--label', 'y'],
    ['predict', 'none.safetensors', 'x.csv'],
    ['inspect', 'none.onnx'],
    ['export', 'none.safetensors', 'x.onnx'],
    ['serve', 'none.safetensors', '--port', '0'],
  ]) {
    const { code, output, errors } = await blasnet('.', args);
    t.deepEqual([code, output], [1, '']);
    t.regex(
      errors,
      /^blasnet: Expected a readable \w+ file at 'none\.\w+' but received ENOENT: no such file or directory\n$/,
    );
  }
});
