import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

const folder = '.github/workflows';
const { targets } = (await import(pathToFileURL(resolve('scripts/lib/targets.mjs')).href)) as {
  targets: readonly string[];
};
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

/** The text of one job. */
function job(workflow: string, name: string): string {
  const found = new RegExp(`^  ${name}:\\n((?:    .*\\n|\\n| {2}#.*\\n)+)`, 'm').exec(workflow);
  if (found === null) throw new Error(`no job ${name}`);
  return found[1]!;
}

test('actions are pinned by their commits, with the version beside them', async (t) => {
  let count = 0;
  for (const name of await readdir(folder)) {
    for (const [, action] of (await read(name)).matchAll(/uses: (.*)/g)) {
      if (action!.startsWith('./')) continue;
      t.regex(action!, /^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
      count++;
    }
  }
  t.true(count > 10);
});

test('every platform is prebuilt, and installed on a machine of its own before anything is published', async (t) => {
  const workflow = await read('release.yml');
  const named = (text: string) => [...text.matchAll(/target: ([\w-]+)/g)].map(([, target]) => target!);
  t.deepEqual(named(job(workflow, 'prebuild')).sort(), [...targets].sort());
  const tested = [...named(job(workflow, 'install')), ...named(job(workflow, 'install-alpine')), 'linux-x64-gnu'];
  t.deepEqual(tested.sort(), [...targets].sort());
  const publish = job(workflow, 'publish');
  const [, needs] = /needs: \[(.*)\]/.exec(publish)!;
  t.deepEqual(needs!.split(', '), ['test', 'install-debian', 'install', 'install-alpine']);
  t.regex(publish, /if: github\.event_name == 'push'/);
});

test('only the job that publishes may prove who it is', async (t) => {
  const workflow = await read('release.yml');
  t.is(workflow.match(/id-token: write/g)!.length, 1);
  t.regex(job(workflow, 'publish'), /id-token: write/);
  t.notRegex((await read('test.yml')) + workflow, /secrets\./);
});
