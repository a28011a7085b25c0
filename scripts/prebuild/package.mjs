// The npm package of a target: the addon, what it is for, and the licences of what is linked in.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { addonHash } from '../lib/addon-hash.mjs';
import { root } from '../lib/root.mjs';
import { packSizes } from '../release/pack.mjs';
import { archives, workFolder } from './sources.mjs';
import { zigFolder, zigVersion } from './zig.mjs';

const require = createRequire(import.meta.url);

/**
 * Writes packages/<name>.
 * @param {string} name - of the target
 * @param {import('./targets.mjs').Target} target
 * @param {string} addon - path of blasnet.node
 * @returns {{ folder: string, unpacked: number, packed: number }} where it is, and its sizes in bytes
 */
export function makePackage(name, target, addon) {
  const folder = join(root, 'packages', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(addon, join(folder, 'blasnet.node'));
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const json = packageJson(name, target, about, addonHash());
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), readme(name, target));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), licences(target));
  return { folder, ...packSizes(folder) };
}

/** The package.json of a target's package; `about` is that of the project, `sources` the hash of the native sources. */
export function packageJson(name, target, about, sources) {
  return {
    name: `@blasnet/${name}`,
    version: about.version,
    description: `The compiled part of blasnet for ${target.system}`,
    license: about.license,
    ...(about.repository && { repository: about.repository }),
    ...(about.homepage && { homepage: about.homepage }),
    main: 'blasnet.node',
    files: ['blasnet.node', 'THIRD-PARTY-LICENSES'],
    os: [target.os],
    cpu: [target.cpu],
    ...(target.libc && { libc: [target.libc] }),
    engines: { node: about.engines.node },
    preferUnplugged: true,
    publishConfig: { access: 'public' },
    blasnet: { sources },
  };
}

function readme(name, { system }) {
  return `# @blasnet/${name}

The compiled part of [blasnet](https://www.npmjs.com/package/blasnet) for ${system}. npm installs it together with
blasnet where it fits; there is no need to install it by itself.
`;
}

/** Licences of all that is linked into the addon of a target. */
function licences(target) {
  const zig = (path) => join(zigFolder(), path);
  const parts = [
    target.openblas && [`OpenBLAS ${archives.openblas.version}`, source('openblas', 'LICENSE')],
    [`Highway ${archives.highway.version}`, source('highway', 'LICENSE-BSD3')],
    ['node-addon-api', join(dirname(require.resolve('node-addon-api/package.json')), 'LICENSE.md')],
    ['libc++ and libc++abi', zig('lib/libcxx/LICENSE.TXT')],
    ['libunwind', zig('lib/libunwind/LICENSE.TXT')],
    [`the compiler runtime of zig ${zigVersion}`, zig('LICENSE')],
    target.os === 'win32' && ['the start-up code of mingw-w64', zig('lib/libc/mingw/COPYING')],
  ].filter(Boolean);
  const title = 'blasnet.node contains the following works.';
  return `${[title, ...parts.map(([name, path]) => `${'='.repeat(78)}\n${name}\n${'='.repeat(78)}\n\n${textOf(path)}`)].join('\n\n')}\n`;
}

const source = (name, path) => join(workFolder, 'sources', archives[name].folder, path);
const textOf = (path) => readFileSync(path, 'utf8').trim();
