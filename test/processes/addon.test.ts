import { cp, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { mendOf, targets } from '#blasnet/runtime/addon-errors';
import { temporaryFolder, write } from '../support/files.js';
import { addonFile, InstalledProject, onPlatform, target, version } from '../support/installed.js';
import { runScript } from '../support/processes.js';

// Elsewhere the system itself checks a file before it maps it.
const onLinux = process.platform === 'linux' ? test : () => undefined;

test('the package for this platform › is loaded, in worker threads, too', async (t) => {
  const project = await InstalledProject.create(t);
  await project.addAddon();
  const { output, errors } = await project.run(`
    import { Worker, isMainThread } from 'node:worker_threads';
    import { Tensor } from 'blasnet';
    console.log(Tensor.from([[1, 2]]).toArray().join(' '));
    if (isMainThread) new Worker(new URL(import.meta.url));`);
  t.is(errors, '');
  t.is(output, '1,2\n1,2\n');
});

test('BLASNET_ADDON › names the addon to load', async (t) => {
  const other = await write(await temporaryFolder(t), 'other.node', 'no library');
  const script = await write(
    await temporaryFolder(t),
    'load.mjs',
    `await import('${pathToFileURL(resolve('dist/index.js'))}').catch(({ code, message }) => console.log(code, message));`,
  );
  const loaded = await runScript('import.mjs', [], { env: { BLASNET_ADDON: addonFile } });
  const { required } = JSON.parse(loaded.output) as { required: string[] };
  t.is(required.at(-1), addonFile);
  for (const [file, why] of [
    [other, 'not an ELF file: 10 bytes|slice is not valid|not a mach-o|not a valid Win32'],
    ['/no/such.node', "no such file or directory, open '/no/such.node'|no such file|could not be found"],
  ]) {
    const { output } = await runScript(script, [], { env: { BLASNET_ADDON: file! } });
    const start = 'ERR_NATIVE_LOAD Expected the path of a compiled addon, such as .*, for BLASNET_ADDON but received';
    t.regex(output, new RegExp(`^${start} '${file}': .*(${why})`));
  }
});

test('a platform without a package', async (t) => {
  const project = await InstalledProject.create(t);
  const message = await project.importError(t, onPlatform('linux', 'riscv64'));
  t.regex(
    message,
    /^Expected the compiled addon of blasnet for linux-riscv64-(gnu|musl) but received a platform without a package/,
  );
  for (const name of targets) t.true(message.includes(name), name);
  t.regex(message, /`npm install blasnet-source` compiles the addon on this machine$/);
});

test('the package left out, as by --omit=optional', async (t) => {
  const project = await InstalledProject.create(t);
  t.is(
    await project.importError(t),
    `Expected the compiled addon of blasnet for ${target} but received no package @blasnet/${target}: npm leaves it out with ` +
      `--omit=optional, or by a package-lock.json that was made on another system; run \`npm install @blasnet/${target}@${version}\`, ` +
      'or delete node_modules and package-lock.json and run `npm install` without --omit=optional',
  );
});

test('node_modules from another system', async (t) => {
  const project = await InstalledProject.create(t);
  await project.addAddon('for another system', { name: 'darwin-arm64' });
  const message = await project.importError(t, onPlatform('win32', 'x64'));
  t.regex(
    message,
    /received only the package for darwin-arm64: node_modules was installed on another system, or for one;/,
  );
  t.regex(
    message,
    /delete node_modules and run `npm install` on this system, or `npm install --os=win32 --cpu=x64` elsewhere$/,
  );
});

onLinux('a damaged addon › truncated, or something else, or for another processor', async (t) => {
  const project = await InstalledProject.create(t);
  const whole = await readFile(addonFile);
  const place = project.path(`@blasnet/${target}/blasnet.node`);
  const start = `Expected an addon that Node.js ${process.version} on ${target} can load but received ${place}: `;
  const mend = `; the file may be damaged: delete it with its package, and run \`npm install @blasnet/${target}@${version}\``;
  await project.addAddon(whole.subarray(0, whole.length / 2));
  t.is(
    await project.importError(t),
    `${start}truncated: ${Math.floor(whole.length / 2)} bytes instead of ${whole.length}${mend}`,
  );
  await project.addAddon('<html>not found</html>');
  t.is(await project.importError(t), `${start}not an ELF file: 22 bytes${mend}`);
  const foreign = Buffer.from(whole);
  foreign.writeUInt16LE(243, 0x12);
  await project.addAddon(foreign);
  t.is(await project.importError(t), `${start}made for riscv64${mend}`);
});

onLinux('a C library that is too old', async (t) => {
  const needed = Buffer.from('GLIBC_2.99\0');
  const bytes = await readFile(addonFile);
  const at = bytes.indexOf(/GLIBC_2\.\d\d\0/.exec(bytes.toString('latin1'))?.[0] ?? '', 'latin1');
  bytes.set(needed, at);
  const project = await InstalledProject.create(t);
  await project.addAddon(bytes);
  const message = await project.importError(t);
  t.regex(
    message,
    /version `GLIBC_2\.99' not found .*; the system's C library is older than GLIBC 2\.99; use a newer system, or `npm install blasnet-source`/,
  );
});

test('a bundle › without the addon, and with it beside', async (t) => {
  const project = await InstalledProject.create(t);
  // As in a bundle, the module stands in another folder than the package.
  await mkdir(join(project.folder, 'out'));
  await cp(project.path('blasnet/dist'), join(project.folder, 'out/modules'), { recursive: true });
  await cp(project.path('detect-libc'), join(project.folder, 'out/node_modules/detect-libc'), { recursive: true });
  const bundled = project.run.bind(
    project,
    `
    await import('./out/modules/index.js').then(({ versions }) => console.log(versions.blasnet), ({ code, message }) => console.log(code, message));`,
  );
  const { output } = await bundled();
  t.regex(
    output,
    /^ERR_NATIVE_LOAD Expected the compiled addon of blasnet for .* but received none: the bundle left the addon behind\. /,
  );
  t.regex(output, /keep blasnet out of the bundle \(esbuild: --external:blasnet, Vite: ssr\.external\)/);
  await cp(addonFile, join(project.folder, 'out/modules/core/blasnet.node'));
  t.is((await bundled()).output.trim(), version);
});

test('blasnet build › runs the script of blasnet-source, of the same version', async (t) => {
  const project = await InstalledProject.create(t);
  await cp('node_modules/commander', project.path('commander'), { recursive: true });
  const build = () => runScript(project.path('blasnet/dist/cli/main.js'), ['build'], { cwd: project.folder });
  t.like(await build(), {
    code: 1,
    errors:
      'blasnet: Expected the package blasnet-source, which has the sources, but received none; ' +
      `run \`npm install blasnet-source@${version}\`, which compiles it, too, where npm runs install scripts\n`,
  });
  await project.add('blasnet-source', { version: '0.0.9' });
  t.regex((await build()).errors, /received version 0\.0\.9; run `npm install blasnet@.* blasnet-source@/);
  await project.add('blasnet-source', {});
  await mkdir(project.path('blasnet-source/scripts'));
  await write(project.path('blasnet-source/scripts'), 'install.mjs', "console.log('compiling'); process.exitCode = 3;");
  const { code, output, errors } = await build();
  t.deepEqual([code, output], [1, 'compiling\n']);
  t.regex(errors, /^blasnet: Expected the addon to be compiled but received exit code 3 of .*blasnet-source/);
});

test('what mends an addon, by what the system says', (t) => {
  const prebuilt = join('node_modules', '@blasnet', target, 'blasnet.node');
  const compiled = join('node_modules', 'blasnet-source', 'blasnet.node');
  const clone = resolve('build/Release/blasnet.node');
  for (const [why, file, mend] of [
    ["version `GLIBCXX_3.4.99' not found", compiled, /compiled on a newer system; run `npx blasnet build`/],
    ["version `GLIBCXX_3.4.99' not found", clone, /compiled on a newer system; run `npm run setup`/],
    ['libc.musl-x86_64.so.1: cannot open shared object file', prebuilt, /another C library; delete node_modules/],
    ['Error relocating blasnet.node: __memcpy_chk: symbol not found', prebuilt, /another C library/],
    [
      'libopenblas.so.0: cannot open shared object file: No such file',
      clone,
      /library libopenblas\.so\.0 \(Debian.*npm run setup/,
    ],
    ['libstdc++.so.6: cannot open shared object file', prebuilt, /^install the library libstdc\+\+\.so\.6$/],
    [
      'Requires ffi access to "blasnet.node", run again with the --allow-ffi flag',
      prebuilt,
      /run Deno with --allow-ffi/,
    ],
    ['something else', compiled, /may be damaged; run `npx blasnet build`/],
  ] as const) {
    t.regex(mendOf(why, file, target), mend, why);
  }
});
