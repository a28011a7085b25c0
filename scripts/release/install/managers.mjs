// The package managers under test: how each installs blasnet, and how a program of the project is run then.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { put } from './files.mjs';
import { managerVersions } from './tools.mjs';

/**
 * @typedef {object} Manager
 * @property {string} title
 * @property {(tools, packages: readonly string[]) => readonly string[]} add - installs packages into a project
 * @property {readonly string[]} [forServer] - what else it takes to install the packages of the server
 * @property {(tools) => readonly string[]} run - runs a program whose file follows
 * @property {(tools) => readonly string[]} blasnet - runs blasnet's command line
 * @property {(context: { url: string, cache: string }) => Record<string, string>} env - its registry and its cache
 * @property {(project: string, context: { url: string }) => void} [prepare] - writes files of the project
 */

const node = ({ node }) => [node];
const npm = ({ node, npm }, name = 'npm') => [node, join(npm, `bin/${name}-cli.js`)];
const pnpm = ({ managers }) => [join(managers, '@pnpm/exe.linux-x64/pnpm')];
const classic = ({ node, managers }) => [node, join(managers, 'yarn/bin/yarn.js')];
const berry = ({ node, managers }) => [node, join(managers, '@yarnpkg/cli-dist/bin/yarn.js')];
const bun = ({ managers }) => [join(managers, '@oven/bun-linux-x64/bin/bun')];
const deno = ({ managers }) => [join(managers, '@deno/linux-x64-glibc/deno')];
const by =
  (program, ...words) =>
  (tools) => [...program(tools), ...words];

const yarnEnv = ({ url, cache }) => ({
  YARN_NPM_REGISTRY_SERVER: url.replace(/\/$/, ''),
  YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
  YARN_ENABLE_TELEMETRY: '0',
  YARN_ENABLE_SCRIPTS: 'false',
  YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
  // What was published on loopback a moment ago is younger than Yarn trusts by default.
  YARN_NPM_MINIMAL_AGE_GATE: '0',
  YARN_GLOBAL_FOLDER: cache,
});
const yarnProject = (linker) => (project) => {
  put(join(project, '.yarnrc.yml'), `nodeLinker: ${linker}\n`);
  put(join(project, 'yarn.lock'), '');
};

/** @type {Record<string, Manager>} */
export const managers = {
  npm: {
    title: 'npm',
    add: (tools, packages) => [...npm(tools), 'install', ...packages, '--ignore-scripts', '--no-audit', '--no-fund'],
    run: node,
    blasnet: (tools) => [...npm(tools, 'npx'), '--no-install', 'blasnet'],
    env: ({ url, cache }) => ({
      npm_config_registry: url,
      npm_config_cache: cache,
      npm_config_update_notifier: 'false',
    }),
  },
  pnpm: {
    title: `pnpm ${managerVersions.pnpm}`,
    add: (tools, packages) => [...pnpm(tools), 'add', ...packages],
    run: node,
    blasnet: by(pnpm, 'exec', 'blasnet'),
    env: ({ url, cache }) => ({
      npm_config_registry: url,
      pnpm_config_registry: url,
      pnpm_config_store_dir: join(cache, 'store'),
      pnpm_config_cache_dir: join(cache, 'cache'),
      pnpm_config_minimum_release_age: '0',
    }),
  },
  yarn: {
    title: `Yarn ${managerVersions.yarn}`,
    add: (tools, packages) => [...classic(tools), 'add', ...packages, '--ignore-scripts', '--non-interactive'],
    // A package that Fastify depends on asks for Node.js 22, and Yarn 1 refuses it on 20; it works.
    forServer: ['--ignore-engines'],
    run: node,
    blasnet: by(classic, '--silent', 'run', 'blasnet'),
    env: ({ url, cache }) => ({ npm_config_registry: url, YARN_REGISTRY: url, YARN_CACHE_FOLDER: cache }),
  },
  'yarn-berry': {
    title: `Yarn ${managerVersions['@yarnpkg/cli-dist']}, node_modules`,
    add: (tools, packages) => [...berry(tools), 'add', ...packages],
    run: node,
    blasnet: by(berry, 'blasnet'),
    env: yarnEnv,
    prepare: yarnProject('node-modules'),
  },
  'yarn-pnp': {
    title: `Yarn ${managerVersions['@yarnpkg/cli-dist']}, Plug'n'Play`,
    add: (tools, packages) => [...berry(tools), 'add', ...packages],
    run: by(berry, 'node'),
    blasnet: by(berry, 'blasnet'),
    env: yarnEnv,
    prepare: yarnProject('pnp'),
  },
  bun: {
    title: `Bun ${managerVersions['@oven/bun-linux-x64']}`,
    add: (tools, packages) => [...bun(tools), 'add', ...packages],
    run: bun,
    blasnet: by(bun, 'x', '--bun', 'blasnet'),
    env: ({ url, cache }) => ({ npm_config_registry: url, BUN_CONFIG_REGISTRY: url, BUN_INSTALL_CACHE_DIR: cache }),
  },
  deno: {
    title: `Deno ${managerVersions.deno}`,
    add: (tools, packages) => [...deno(tools), 'add', ...packages.map((name) => `npm:${name}`)],
    run: by(deno, 'run', '--allow-all', '--quiet'),
    blasnet: by(deno, 'run', '--allow-all', '--quiet', 'npm:blasnet'),
    env: ({ url, cache }) => ({
      NPM_CONFIG_REGISTRY: url,
      DENO_DIR: cache,
      DENO_NO_UPDATE_CHECK: '1',
      DENO_NO_PROMPT: '1',
    }),
    prepare: (project) => put(join(project, 'deno.json'), { nodeModulesDir: 'auto', minimumDependencyAge: 0 }),
  },
};

/** The version of npm in a folder. */
export const npmVersion = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
