import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

// ES modules that take js-yaml find no types of it.
const { safeLoad } = createRequire(import.meta.url)('js-yaml') as { safeLoad: (text: string) => unknown };

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly 'runs-on'?: string;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = '.github/workflows';
const { targets } = (await import(pathToFileURL(resolve('scripts/lib/targets.mjs')).href)) as {
  targets: readonly string[];
};
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

const parsed = async (name: string): Promise<Workflow> => safeLoad(await read(name)) as Workflow;
const { readOptions } = (await import(pathToFileURL(resolve('scripts/release.mjs')).href)) as {
  readOptions(words: readonly string[]): object;
};
const { readArguments } = (await import(pathToFileURL(resolve('scripts/prebuild.mjs')).href)) as {
  readArguments(words: readonly string[]): object;
};

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

test('workflows are YAML with jobs that run somewhere, end some time, and need jobs that are there', async (t) => {
  for (const name of await readdir(folder)) {
    const { jobs } = await parsed(name);
    for (const [title, { uses, needs = [], steps, ...job }] of Object.entries(jobs)) {
      for (const other of [needs].flat()) t.true(other in jobs, `${name}: ${title} needs ${other}`);
      if (uses !== undefined) {
        t.true(existsSync(uses), uses);
        continue;
      }
      t.is(typeof job['runs-on'], 'string', title);
      t.is(typeof job['timeout-minutes'], 'number', title);
      for (const step of steps!) t.is([step.run, step.uses].filter(Boolean).length, 1, title);
    }
  }
});

test('the heavy tests and the sanitizers run each day, and the speed floors nowhere', async (t) => {
  t.regex(await read('heavy.yml'), /^ {2}schedule:\n {4}- cron: '\d+ \d+ \* \* \*'$/m);
  t.regex(job(await read('heavy.yml'), 'all'), /run: npm test -- --all$/m);
  const script = await readFile('.ci/run', 'utf8');
  t.regex(script, /^npm test$/m);
  t.notRegex(script, /--floors/);
});

test('what workflows run is there, and takes the options that they give', async (t) => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
  let count = 0;
  for (const name of await readdir(folder)) {
    const { jobs } = await parsed(name);
    for (const { run } of Object.values(jobs).flatMap(({ steps = [] }) => steps)) {
      const command = /\bnpm (?:run (?<script>\w+)|(?<test>test))(?: -- (?<words>.*))?$|node (?<file>\S+)/m.exec(
        run ?? '',
      );
      if (command === null) continue;
      count++;
      const { script, words = '', file } = command.groups!;
      if (file !== undefined) {
        t.true(existsSync(file), run);
        continue;
      }
      t.truthy(scripts[script ?? 'test'], run);
      const list = words.replace(/\$\{\{ matrix\.target \}\}/, targets[0]!).split(' ');
      if (script === 'release') t.notThrows(() => readOptions(list), run);
      if (script === 'prebuild') t.notThrows(() => readArguments(list), run);
    }
  }
  t.true(count >= 12, String(count));
});

test('every artifact that a job takes was left by a job before it', async (t) => {
  for (const name of await readdir(folder)) {
    const { jobs } = await parsed(name);
    const named = (job: Job, action: string) =>
      (job.steps ?? [])
        .filter(({ uses }) => uses?.startsWith(`actions/${action}-artifact@`))
        .map((step) => String(step.with!.name ?? step.with!.pattern).replace(/\$\{\{.*\}\}/, '*'));
    const before = (job: Job): Job[] =>
      [job.needs ?? []].flat().flatMap((other) => [jobs[other]!, ...before(jobs[other]!)]);
    for (const [title, job] of Object.entries(jobs)) {
      const left = before(job).flatMap((other) => named(other, 'upload'));
      for (const taken of named(job, 'download')) t.true(left.includes(taken), `${name}: ${title} takes ${taken}`);
    }
  }
});

test('git writes the same line ends on Windows, so that the hash of the C++ files is the same there', (t) => {
  const answer = execFileSync('git', ['check-attr', 'text', 'eol', '--', 'native/addon.cc'], { encoding: 'utf8' });
  t.is(answer, 'native/addon.cc: text: auto\nnative/addon.cc: eol: lf\n');
});

test('every platform is prebuilt, and installed on a machine of its own before anything is published', async (t) => {
  const workflow = await read('release.yml');
  const named = (text: string) => [...text.matchAll(/target: ([\w-]+)/g)].map(([, target]) => target!);
  const [, built] = /target: \[(.*)\]/.exec(job(workflow, 'prebuild'))!;
  t.deepEqual(built!.split(', ').sort(), [...targets].sort());
  const tested = [...named(job(workflow, 'install')), ...named(job(workflow, 'install-alpine')), 'linux-x64-gnu'];
  t.deepEqual(tested.sort(), [...targets].sort());
  const publish = job(workflow, 'publish');
  const [, needs] = /needs: \[(.*)\]/.exec(publish)!;
  t.deepEqual(needs!.split(', '), ['test', 'heavy', 'install-debian', 'install', 'install-alpine']);
  t.regex(publish, /if: github\.event_name == 'push'/);
});

test('only the job that publishes may prove who it is', async (t) => {
  const workflow = await read('release.yml');
  t.is(workflow.match(/id-token: write/g)!.length, 1);
  t.regex(job(workflow, 'publish'), /id-token: write/);
  t.notRegex((await read('test.yml')) + workflow, /secrets\.|^\s*registry-url:/m);
});
