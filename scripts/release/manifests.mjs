// The package.json of the published packages, made of that of the repository.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/root.mjs';
import { targets } from '../lib/targets.mjs';

const readManifest = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Dependencies that the bundle contains: npm would install far more of them than is used. */
const within = ['csv-parse'];

/** What both packages say of themselves. */
const common = ({ version, license, homepage, bugs, repository, engines }) => ({
  version,
  license,
  homepage,
  bugs,
  repository,
  engines,
});

/**
 * The manifest of `blasnet`. It has no install script. The platform packages are optional dependencies of the very same
 * version: npm installs the one for the platform.
 */
export function blasnetManifest() {
  const manifest = readManifest();
  const { name, description, keywords, version } = manifest;
  const { type, sideEffects, main, types, exports, bin, dependencies, peerDependencies, peerDependenciesMeta } =
    manifest;
  return {
    name,
    description,
    keywords,
    ...common(manifest),
    type,
    sideEffects,
    main,
    types,
    exports,
    bin,
    // Yarn with Plug'n'Play keeps packages in archives, out of which Node.js cannot `require` an ES module.
    preferUnplugged: true,
    files: ['dist', 'third-party', 'CHANGELOG.md', 'THIRD-PARTY-LICENSES'],
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => !within.includes(name))),
    optionalDependencies: Object.fromEntries(targets.map((target) => [`@blasnet/${target}`, version])),
    // Named so that a package manager that keeps packages apart lets blasnet see it.
    peerDependencies: { ...peerDependencies, 'blasnet-source': version },
    peerDependenciesMeta: { ...peerDependenciesMeta, 'blasnet-source': { optional: true } },
  };
}

/** The manifest of `blasnet-source`, which compiles the addon when it is installed. */
export function sourceManifest() {
  const manifest = readManifest();
  const version = (name) => manifest.devDependencies[name];
  return {
    name: 'blasnet-source',
    description: 'Compiles the addon of blasnet on your machine, for platforms and BLAS libraries without a package',
    keywords: manifest.keywords,
    ...common(manifest),
    type: 'commonjs',
    main: 'index.js',
    types: 'index.d.ts',
    files: ['native', 'scripts', 'binding.gyp', 'CMakeLists.txt', 'index.d.ts'],
    scripts: { install: 'node scripts/install.mjs' },
    dependencies: { 'node-addon-api': version('node-addon-api'), 'node-gyp': version('node-gyp') },
    gypfile: true,
    binary: manifest.binary,
  };
}
