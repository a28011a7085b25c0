import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const onLinux = process.platform === 'linux' ? test : test.skip;

/** A folder that holds nothing but programs of these names, none of which does anything. */
async function folderOf(...programs: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blasnet-path-'));
  for (const program of programs) {
    await writeFile(join(folder, program), '#!/bin/sh\nexit 1\n');
    await chmod(join(folder, program), 0o755);
  }
  return folder;
}

function systemPackages(env: NodeJS.ProcessEnv, ...args: string[]) {
  const assumed = { BLASNET_SKIP_SYSTEM: '1', BLASNET_ASSUME_MISSING: 'openblas,highway,doctest' };
  return spawnSync(process.execPath, ['scripts/system-packages.mjs', ...args], {
    encoding: 'utf8',
    env: { ...process.env, CXX: '', ...assumed, ...env },
  });
}

onLinux('names the apt command for what is missing, and installs nothing when told so', async (t) => {
  const PATH = await folderOf('apt-get', 'g++', 'make', 'python3', 'cmake');
  const child = systemPackages({ PATH }, '--dev');
  t.is(child.status, 1);
  t.regex(child.stderr, /missing: OpenBLAS, Google Highway, doctest; install with/);
  t.regex(
    child.stderr,
    /apt-get -o DPkg::Lock::Timeout=\d+ install -y --no-install-recommends libopenblas-dev libhwy-dev doctest-dev$/m,
  );
});

onLinux('names the dnf command, and the compiler where that is missing, too', async (t) => {
  const PATH = await folderOf('dnf', 'python3');
  const child = systemPackages({ PATH });
  t.is(child.status, 1);
  t.regex(child.stderr, /dnf install -y gcc-c\+\+ make openblas-devel highway-devel$/m);
});

onLinux('names the libraries where it knows no package manager', async (t) => {
  const child = systemPackages({ PATH: await folderOf('g++', 'make', 'python3') });
  t.is(child.status, 1);
  t.regex(child.stderr, /missing: OpenBLAS, Google Highway; install them with this system's package manager/);
});

onLinux('a browser is asked for by tests alone, unless BLASNET_CHROMIUM names one', async (t) => {
  const PATH = await folderOf('apt-get');
  const nothing = { PATH, CXX: 'g++', BLASNET_ASSUME_MISSING: '' };
  t.notRegex(systemPackages(nothing, '--dev').stderr, /Chromium/);
  const child = systemPackages(nothing, '--browser');
  t.is(child.status, 1);
  t.regex(child.stderr, /^blasnet: missing: .*Chromium; install with$/m);
  t.regex(child.stderr, /apt-get .*install -y --no-install-recommends .*chromium$/m);
  t.notRegex(systemPackages({ ...nothing, BLASNET_CHROMIUM: '/opt/chrome' }, '--browser').stderr, /Chromium/);
  const withChrome = { ...nothing, PATH: await folderOf('apt-get', 'google-chrome') };
  t.notRegex(systemPackages(withChrome, '--browser').stderr, /Chromium/);
});

onLinux('goes on where nothing is missing', (t) => {
  const child = systemPackages({ BLASNET_ASSUME_MISSING: '' });
  t.is(child.stderr, '');
  t.is(child.status, 0);
});
