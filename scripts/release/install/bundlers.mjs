// The recipes of docs/bundlers.md, run as they stand there: blasnet stays outside of the bundle, or the addon lies beside it.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, put } from './files.mjs';
import { newProject, StepError, step } from './trial.mjs';

export const bundlerVersions = { esbuild: '0.28.2', vite: '8.4.0' };

/** A bundle in the format of modules calls `require` of what it swallowed from older packages. */
const requireBanner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Each bundles use.mjs to `file`: `words` follow node. */
const bundles = [
  {
    title: 'esbuild, blasnet external',
    words: ['node_modules/esbuild/bin/esbuild', 'use.mjs', '--external:blasnet', '--outfile=out/external.mjs'],
    format: 'esm',
    file: 'out/external.mjs',
  },
  {
    title: 'esbuild, everything in one module',
    words: ['node_modules/esbuild/bin/esbuild', 'use.mjs', `--banner:js=${requireBanner}`, '--outfile=out/whole.mjs'],
    format: 'esm',
    file: 'out/whole.mjs',
    isWhole: true,
  },
  {
    title: 'vite, blasnet external',
    words: ['node_modules/vite/bin/vite.js', 'build', '--ssr', 'use.mjs', '--outDir', 'out/vite'],
    file: 'out/vite/use.js',
  },
  {
    title: 'vite, everything in one module',
    words: ['node_modules/vite/bin/vite.js', 'build', '--ssr', 'use.mjs', '--outDir', 'out/vite-whole'],
    config: 'export default { ssr: { noExternal: true } };\n',
    file: 'out/vite-whole/use.js',
    isWhole: true,
  },
];

/** Runs the recipes. @returns {Promise<readonly { title: string, result?: string, failure?: string }[]>} */
export async function tryBundlers({ room, npm, url, target }) {
  const cwd = newProject(join(room.top, 'bundling'));
  put(join(cwd, 'package.json'), { name: 'app', version: '1.0.0', private: true, type: 'module' });
  const env = npm.env({ url, cache: room.inside(join(room.top, '.cache-bundlers')) });
  const names = Object.entries(bundlerVersions).map(([name, version]) => `${name}@${version}`);
  const outcomes = [];
  try {
    await step(room, 'installing the bundlers', npm.add(room.tools, ['blasnet', ...names]), { cwd, env });
    for (const bundle of bundles) outcomes.push(await tryBundle({ room, cwd, env, target, bundle }));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    outcomes.push({ title: 'bundlers', failure: error.message });
  }
  return outcomes;
}

async function tryBundle({ room, cwd, env, target, bundle }) {
  const { title, words, format, config, file, isWhole } = bundle;
  const esbuild = format ? ['--bundle', '--platform=node', `--format=${format}`] : [];
  try {
    writeFileSync(join(cwd, 'vite.config.js'), config ?? 'export default {};\n');
    await step(room, title, [room.tools.node, ...words, ...esbuild], { cwd, env });
    if (!isWhole) {
      await step(room, title, [room.tools.node, file], { cwd, env });
      return { title, result: 'trains and predicts' };
    }
    // A folder from which no node_modules is seen.
    const alone = emptyFolder(join(room.top, 'alone'));
    const name = 'bundle.mjs';
    copyFileSync(join(cwd, file), join(alone, name));
    const size = (readFileSync(join(alone, name)).length / 1e6).toFixed(1);
    await step(room, title, [room.tools.node, name], { cwd: alone, env, fails: /left the addon behind/ });
    mkdirSync(alone, { recursive: true });
    copyFileSync(join(cwd, 'node_modules/@blasnet', target, 'blasnet.node'), join(alone, 'blasnet.node'));
    await step(room, title, [room.tools.node, name], { cwd: alone, env });
    return { title, result: `${size} MB; an error without the addon; trains and predicts with blasnet.node beside it` };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { title, failure: error.message };
  }
}
