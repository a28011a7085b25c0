// The recipes of docs/bundlers.md, run as they stand there: blasnet stays outside of the bundle, or the addon lies beside it.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { emptyFolder, put } from './files.mjs';
import { newProject, StepError, step } from './trial.mjs';

export const bundlerVersions = { esbuild: '0.28.2', vite: '8.4.0' };

/** A module calls `require` of what it swallowed from older packages. */
const banner = "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);";
const esbuild = ['node_modules/esbuild/bin/esbuild', 'use.mjs', '--bundle', '--platform=node'];
const vite = ['node_modules/vite/bin/vite.js', 'build'];
const library = `import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: 'out/library',
    lib: { entry: 'use.mjs', formats: ['es'], fileName: 'use' },
    rollupOptions: { external: [/^node:/, /^blasnet/] },
  },
});
`;
const server = (ssr) => `export default { ssr: ${JSON.stringify(ssr)} };\n`;

/** Each bundles use.mjs to `file`: `words` follow node, `config` is vite's. */
const bundles = [
  {
    title: 'esbuild, blasnet outside',
    words: [...esbuild, '--format=esm', '--external:blasnet', '--outfile=out/outside.mjs'],
    file: 'out/outside.mjs',
  },
  {
    title: 'esbuild, blasnet within, CommonJS',
    words: [...esbuild, '--format=cjs', '--minify', '--outfile=out/program.cjs'],
    file: 'out/program.cjs',
    isWithin: true,
  },
  {
    title: 'esbuild, blasnet within, module',
    words: [...esbuild, '--format=esm', `--banner:js=${banner}`, '--outfile=out/program.mjs'],
    file: 'out/program.mjs',
    isWithin: true,
  },
  {
    title: 'vite, for the server',
    words: [...vite, '--ssr', 'use.mjs', '--outDir', 'out/server'],
    file: 'out/server/use.js',
  },
  { title: 'vite, library mode', words: vite, config: library, file: 'out/library/use.js' },
  {
    title: 'vite, for the server, everything but blasnet within',
    words: [...vite, '--ssr', 'use.mjs', '--outDir', 'out/whole'],
    config: server({ noExternal: true, external: ['blasnet'] }),
    file: 'out/whole/use.js',
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
  const { title, words, config, file, isWithin } = bundle;
  try {
    writeFileSync(join(cwd, 'vite.config.js'), config ?? 'export default {};\n');
    await step(room, title, [room.tools.node, ...words], { cwd, env });
    if (!isWithin) {
      await step(room, title, [room.tools.node, file], { cwd, env });
      return { title, result: 'trains and predicts' };
    }
    // A folder from which no node_modules is seen.
    const alone = emptyFolder(join(room.top, 'alone'));
    const name = basename(file);
    copyFileSync(join(cwd, file), join(alone, name));
    const size = (readFileSync(join(alone, name)).length / 1e6).toFixed(1);
    await step(room, title, [room.tools.node, name], { cwd: alone, env, fails: /left the addon behind/ });
    const addon = join(cwd, 'node_modules/@blasnet', target);
    // An addon that was linked in this clone may have a library beside it.
    const files = readdirSync(addon).filter((one) => /\.(node|so[.\d]*)$/.test(one));
    for (const one of files) copyFileSync(join(addon, one), join(alone, one));
    await step(room, title, [room.tools.node, name], { cwd: alone, env });
    return { title, result: `${size} MB; an error without the addon; trains and predicts with blasnet.node beside it` };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { title, failure: error.message };
  }
}
