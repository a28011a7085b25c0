import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * Mends npm's cache of `npx blasnet` in this clone. npx that ran before the clone was set up found no program to link to,
 * and never looks again.
 * @param cache - npm's folder, as npm tells its scripts
 * @param program - what to link to, within the clone
 */
export function mendNpxLinks(cache = process.env.npm_config_cache, program = 'dist/cli/main.js') {
  const folder = cache && join(cache, '_npx');
  if (!folder || !existsSync(folder) || !existsSync(join(root, program))) return;
  for (const entry of readdirSync(folder)) {
    const modules = join(folder, entry, 'node_modules');
    const clone = join(modules, 'blasnet');
    const link = join(modules, '.bin/blasnet');
    if (!existsSync(clone) || realpathSync(clone) !== realpathSync(root) || existsSync(link)) continue;
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(join('../blasnet', program), link);
    chmodSync(join(root, program), 0o755);
  }
}
