// One package manager in one room: installs blasnet into an empty project, twice, and runs the programs of a user.
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differenceOf, tolerance } from '../../prebuild/losses.mjs';
import { bytesOnDisk, emptyFolder, packagesIn, put } from './files.mjs';

const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs');
const smoke = fileURLToPath(new URL('../../prebuild/smoke.mjs', import.meta.url));

/** A project that depends on nothing yet, with the programs to run. */
export function newProject(folder) {
  emptyFolder(folder);
  put(join(folder, 'package.json'), { name: 'app', version: '1.0.0', private: true, type: 'commonjs' });
  for (const name of readdirSync(programs)) copyFileSync(join(programs, name), join(folder, name));
  copyFileSync(smoke, join(folder, 'smoke.mjs'));
  return folder;
}

/** A failed step, which ends a trial: what was run, and what it said. */
export class StepError extends Error {}

/** The last line that a program printed, read as JSON. */
const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1));

/** Runs a step and expects success, or the failure that `fails` describes. */
export async function step(room, title, words, { cwd, env, fails }) {
  const result = await room.run(words, { cwd, env });
  const isExpected = fails ? result.status !== 0 && fails.test(result.output) : result.status === 0;
  if (isExpected) return result;
  const expected = fails ? ` instead of a failure that says ${fails}` : '';
  throw new StepError(
    `${title}: exit code ${result.status}${expected}\n  command: ${words.join(' ')}\n${tail(result.output)}`,
  );
}

const tail = (text) => text.trim().split('\n').slice(-25).join('\n');

/**
 * Installs with a cold and with a warm cache, measures, and runs the programs.
 * @returns a row of the table: seconds, bytes, what passed, and the failure if there was one
 */
export async function tryManager({ room, name, manager, url, spec = 'blasnet' }) {
  const { tools } = room;
  const row = { manager: manager.title, room: room.title, passed: [] };
  const cache = emptyFolder(join(room.top, `.cache-${name}`));
  const env = manager.env({ url, cache: room.inside(cache) });
  const cwd = join(room.top, name);
  const prepare = () => {
    newProject(cwd);
    manager.prepare?.(cwd);
  };
  const words = manager.add(tools, [spec]);
  const pass = async (title, command, options) => {
    const result = await step(room, title, command, { cwd, env, ...options });
    row.passed.push(title);
    return result;
  };
  try {
    for (const temperature of ['cold', 'warm']) {
      prepare();
      const { seconds } = await step(room, `install with a ${temperature} cache`, words, { cwd, env });
      row[temperature] = seconds;
    }
    row.passed.push('install');
    measure(row, cwd, cache);
    const { stdout } = await pass('train', [...manager.run(tools), 'use.mjs'], {});
    row.versions = lastLine(stdout);
    row.difference = await compareLosses(pass, manager.run(tools));
    await pass('require', [...manager.run(tools), 'use.cjs'], {});
    await pass('worker', [...manager.run(tools), 'worker.mjs'], {});
    const help = await pass('command line', [...manager.blasnet(tools), '--help'], {});
    if (!/train/.test(help.stdout)) throw new StepError(`blasnet --help printed\n${help.output}`);
    const serve = [...manager.run(tools), 'serve.mjs'];
    const { output } = await pass('error that names packages', serve, { fails: /npm install [^`$]*fastify[^`$]*`/ });
    // The output may show the line of the program, too, where the names are not filled in yet.
    const missing = /npm install ([^`$]*fastify[^`$]*)`/.exec(output)[1].split(' ');
    await step(
      room,
      'installing the packages of the server',
      manager.add(tools, [...missing, ...(manager.forServer ?? [])]),
      { cwd, env },
    );
    await pass('serve', serve, {});
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    row.failure = error.message;
  }
  rmSync(cache, { recursive: true, force: true });
  return row;
}

/** Trains the nets of smoke.mjs, and gives the largest difference of a loss from what it is on other platforms. */
async function compareLosses(pass, run) {
  const { stdout } = await pass('losses', [...run, 'smoke.mjs'], {});
  const difference = differenceOf(lastLine(stdout).results);
  if (difference <= tolerance) return difference;
  throw new StepError(`losses: one differs by ${difference} from scripts/prebuild/losses.json\n${stdout}`);
}

/** Size and number of what was installed, and which platform packages are among it. */
function measure(row, project, cache) {
  const modules = join(project, 'node_modules');
  if (!existsSync(modules)) {
    // Plug'n'Play: packages stay in their archives, and what cannot is unpacked in the project.
    row.bytes = bytesOnDisk(join(project, '.yarn')) + bytesOnDisk(cache);
    return;
  }
  const folders = packagesIn(modules);
  row.bytes = bytesOnDisk(modules);
  row.packages = folders.length;
  row.platforms = folders
    .filter((path) => /@blasnet[\\/][^\\/]+$/.test(path))
    .map((path) => path.split(/[\\/]/).at(-1));
}
