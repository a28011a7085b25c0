// Checks format, lint, types and generated files; changes nothing but compiled output. Usage: node scripts/lint.mjs
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkBarrels } from './barrels.mjs';
import { filesUnder } from './lib/files.mjs';
import { root } from './lib/root.mjs';
import { main, runVisibly, ScriptError, say } from './lib/run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { typeCheck } from './typescript.mjs';
import { checkVersion } from './version.mjs';

const require = createRequire(import.meta.url);
const plain = process.stdout.isTTY ? [] : ['--colors=off'];

const checks = {
  'format and lint of TypeScript (biome)': () => {
    const biome = require.resolve('@biomejs/biome/bin/biome');
    if (runVisibly(process.execPath, [biome, 'ci', '--error-on-warnings', ...plain]) !== 0) {
      throw new ScriptError('biome has findings; "npx biome check --write" mends what can be mended');
    }
  },
  'types (tsc)': typeCheck,
  'generated files': () => {
    checkBarrels();
    checkVersion();
  },
  'imports between folders (dependency-cruiser)': () => {
    const cruiser = join(root, 'node_modules/.bin/depcruise');
    if (runVisibly(process.execPath, [cruiser, '--config', '.dependency-cruiser.mjs', 'ts']) !== 0) {
      throw new ScriptError('.dependency-cruiser.mjs explains the rules');
    }
  },
  'format of C++ (clang-format)': () => {
    ensureSystemPackages(['lint']);
    const files = ['native', 'bench/native'].flatMap((folder) => filesUnder(folder, (path) => /\.(cc|h)$/.test(path)));
    const { stderr } = spawnSync('clang-format', ['--dry-run', ...files], { cwd: root, encoding: 'utf8' });
    const differing = [...new Set(stderr.match(/^[^\s:]+(?=:\d+:\d+: warning)/gm))];
    if (differing.length > 0) throw new ScriptError(`mend with\n  clang-format -i ${differing.join(' ')}`);
  },
};

await main(() => {
  const failed = Object.entries(checks).filter(([title, check]) => {
    say(title);
    try {
      check();
      return false;
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      say(error.message);
      return true;
    }
  });
  if (failed.length > 0) throw new ScriptError(`lint failed: ${failed.map(([title]) => title).join('; ')}`);
});
