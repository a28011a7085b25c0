// Lays out what is published, in build/release/: the package blasnet, which holds no native code and names the platform
// packages, and blasnet-source, which compiles the addon. Usage: node scripts/release/stage.mjs
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMain, root } from '../lib/root.mjs';
import { main, say } from '../lib/run.mjs';
import { buildTypeScript } from '../typescript.mjs';
import { bundle } from './bundle.mjs';
import { blasnetFiles, sourceFiles } from './files.mjs';
import { blasnetManifest, sourceManifest } from './manifests.mjs';

/**
 * Stages `blasnet` and `blasnet-source` in a folder.
 * @param options - `compile: false` takes the TypeScript as it is compiled
 * @returns the folders of the two packages
 */
export async function stage(folder = join(root, 'build/release'), { compile = true } = {}) {
  if (compile) buildTypeScript();
  const [blasnet, source] = ['blasnet', 'blasnet-source'].map((name) => join(folder, name));
  await stageBlasnet(blasnet);
  write(source, sourceManifest(), sourceFiles());
  return { blasnet, source };
}

async function stageBlasnet(folder) {
  const manifest = blasnetManifest();
  const entries = Object.values(manifest.exports).filter((entry) => typeof entry === 'object');
  write(folder, manifest, blasnetFiles(entries.map(({ types }) => types.slice(2))));
  const outside = [manifest.dependencies, manifest.peerDependencies].flatMap(Object.keys);
  const programs = [...Object.values(manifest.bin), 'dist/serve/worker.js'];
  const modules = [...entries.map((entry) => entry.default.slice(2)), ...programs];
  const licences = await bundle(folder, modules, outside);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), licenceText(licences));
}

/** Writes a package anew. `files` has the place of each file in the clone by its place in the package. */
function write(folder, manifest, files) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [to, from] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(root, from), join(folder, to));
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function licenceText(licences) {
  const texts = Object.entries(licences).map(
    ([name, path]) => `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(join(root, path), 'utf8').trim()}\n`,
  );
  return `This package contains code of the following packages.\n\n${texts.join('\n')}`;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    for (const path of Object.values(await stage())) say(`staged ${path}`);
  });
}
