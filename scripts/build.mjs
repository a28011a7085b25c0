// Builds what is out of date. Usage: node scripts/build.mjs [--force] [--native | --ts]

import { buildNative } from './lib/native.mjs';
import { isMain } from './lib/root.mjs';
import { main } from './lib/run.mjs';
import { buildTypeScript } from './typescript.mjs';

/** Brings the addon and the compiled TypeScript up to date; each takes milliseconds where nothing has changed. */
export async function build({ force = false, native = true, typescript = true } = {}) {
  if (native) await buildNative({ force });
  if (typescript) buildTypeScript({ force });
}

if (isMain(import.meta.url)) {
  const has = (flag) => process.argv.includes(flag);
  await main(() => build({ force: has('--force'), native: !has('--ts'), typescript: !has('--native') }));
}
