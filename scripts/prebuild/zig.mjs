// The compiler for all targets: zig, from PyPI, at a fixed version.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { run, ScriptError, say, tryRun } from '../lib/run.mjs';
import { checkSum, workFolder } from './sources.mjs';

export const zigVersion = '0.17.1';

/** Wheels by the machine that builds: pip's name of the platform, and the wheel's SHA-256. */
const wheels = {
  'linux-x64': ['manylinux2010_x86_64', 'ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54'],
  'linux-arm64': ['manylinux2014_aarch64', 'b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e'],
  'darwin-x64': ['macosx_13_0_x86_64', '4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97'],
  'darwin-arm64': ['macosx_13_0_arm64', '09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23'],
  'win32-x64': ['win_amd64', '69c3dfc3aff6a297ec4017aa904782c0e450eb988982d7f675d83edce27526fb'],
};

/** zig's cache: the C libraries and runtimes that it compiles for each target. */
export const zigEnvironment = {
  ZIG_GLOBAL_CACHE_DIR: join(workFolder, 'zig-cache'),
  ZIG_LOCAL_CACHE_DIR: join(workFolder, 'zig-cache'),
};

/** Folder of zig, with its program and its libraries; fetched by pip where it is not there yet. */
export function zigFolder() {
  const folder = join(workFolder, 'tools', `zig-${zigVersion}`);
  if (existsSync(folder)) return folder;
  const host = `${process.platform}-${process.arch}`;
  const [platform, sha256] = wheels[host] ?? [];
  if (!platform)
    throw new ScriptError(`Expected one of ${Object.keys(wheels).join(', ')} to build on but received ${host}`);
  const wheel = fetchWheel(platform, sha256);
  say(`unpacking zig ${zigVersion} …`);
  const beside = `${folder}.${process.pid}`;
  run(python(), ['-m', 'zipfile', '-e', wheel, beside], { what: `unpacking ${wheel}` });
  chmodSync(join(beside, 'ziglang/zig'), 0o755);
  renameSync(join(beside, 'ziglang'), folder);
  rmSync(beside, { recursive: true });
  return folder;
}

/** Path of zig's program. */
export const zig = () => join(zigFolder(), process.platform === 'win32' ? 'zig.exe' : 'zig');

function fetchWheel(platform, sha256) {
  const folder = join(workFolder, 'downloads');
  mkdirSync(folder, { recursive: true });
  const find = () =>
    readdirSync(folder).find((name) => name.startsWith(`ziglang-${zigVersion}-`) && name.endsWith('.whl'));
  if (!find()) {
    say(`fetching zig ${zigVersion} (100 MB) …`);
    const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--platform', platform, '--dest', folder];
    run(python(), ['-m', 'pip', 'download', ...options, `ziglang==${zigVersion}`], { what: 'pip download ziglang' });
  }
  const wheel = join(folder, find());
  checkSum(readFileSync(wheel), sha256, wheel);
  return wheel;
}

/** Name of a Python 3 that has pip. */
export function python() {
  const found = ['python3', 'python'].find((name) => tryRun(name, ['-m', 'pip', '--version']));
  if (!found)
    throw new ScriptError('Expected Python 3 with pip (Debian: apt-get install python3-pip), which fetches zig');
  return found;
}

/**
 * Path of a program that compiles C for a target as clang does. zig's own `cc` reads -march and -mcpu in a way of its own,
 * which OpenBLAS's makefiles do not know: they would leave AVX-512 and SVE out.
 * @param {string} target - zig's name
 */
export function clangFor(target) {
  const folder = join(workFolder, 'tools', `cc-${zigVersion}-${target}`);
  const program = join(folder, 'cc');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'empty.c'), '');
  const args = ['cc', '-target', target, '-O2', '-g0', '-c', join(folder, 'empty.c'), '-o', join(folder, 'empty.o')];
  const { stderr } = spawnSync(zig(), args, {
    env: { ...process.env, ...zigEnvironment, ZIG_VERBOSE_CC: '1' },
    encoding: 'utf8',
  });
  const words = stderr.split(/\s+/);
  // The options that zig passes to its clang for the target: its name, and the folders of the C library's headers.
  const chosen = words.flatMap((word, i) => {
    if (word === '-target') return [word, words[i + 1]];
    if (word === '-isystem') return [word, resolve(words[i + 1])];
    return word === '-nostdinc' || (word.startsWith('-D') && word !== '-DNDEBUG') ? [word] : [];
  });
  const quoted = chosen.map((word) => `'${word}'`).join(' ');
  const lines = [
    '#!/bin/sh',
    '# Compiles by clang itself. It does not link: makefiles that try to go on without, and zig would build libraries first.',
    'for word; do',
    `  case $word in -c|-S|-E) exec '${zig()}' clang ${quoted} "$@";; esac`,
    'done',
    'exit 1',
  ];
  writeFileSync(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return program;
}
