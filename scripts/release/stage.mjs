// Lays out what is published, in build/release/: the package blasnet, which holds no native code and names the platform
// packages, and blasnet-source, which compiles the addon. Usage: node scripts/release/stage.mjs
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMain, root } from '../lib/root.mjs';
import { main, say } from '../lib/run.mjs';
import { buildTypeScript } from '../typescript.mjs';
import { blasnetFiles, sourceFiles } from './files.mjs';
import { blasnetManifest, sourceManifest } from './manifests.mjs';

const folder = join(root, 'build/release');

/**
 * Stages `blasnet` and `blasnet-source` from the compiled TypeScript.
 * @returns the folders of the two packages
 */
export function stage() {
  buildTypeScript();
  return {
    blasnet: stagePackage('blasnet', blasnetManifest(), blasnetFiles()),
    source: stagePackage('blasnet-source', sourceManifest(), sourceFiles()),
  };
}

/** Writes a package anew. `files` has the place of each file in the clone by its place in the package. */
function stagePackage(name, manifest, files) {
  const target = join(folder, name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [to, from] of Object.entries(files)) {
    mkdirSync(dirname(join(target, to)), { recursive: true });
    cpSync(join(root, from), join(target, to));
  }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return target;
}

if (isMain(import.meta.url)) {
  await main(() => {
    for (const path of Object.values(stage())) say(`staged ${path}`);
  });
}
