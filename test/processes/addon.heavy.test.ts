import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { addonFile, InstalledProject, onPlatform, target, version } from '../support/installed.js';

// Elsewhere the system itself checks a file before it maps it.
const onLinux = process.platform === 'linux' ? test : () => undefined;

const loadedFiles = `import { createRequire } from 'node:module';
  const { Tensor } = await import('blasnet');
  console.log(Object.keys(createRequire(import.meta.url).cache).filter((path) => path.endsWith('.node')).join());`;

test('require › works where Node.js requires modules', async (t) => {
  const project = await InstalledProject.create(t);
  await project.addAddon();
  const { output, errors } = await project.run(`
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    const { Tensor } = require('blasnet');
    console.log(Tensor.from([[1, 2]]).shape.join(), typeof require('blasnet/charts').lineChart, require('blasnet/package.json').name);`);
  t.is(errors, '');
  t.is(output, '1,2 function blasnet\n');
});

test('blasnet-source › goes before the package for this platform where it is compiled', async (t) => {
  const project = await InstalledProject.create(t);
  await project.addAddon();
  const place = project.path(`@blasnet/${target}/blasnet.node`);
  const own = project.path('blasnet-source/blasnet.node');
  await project.add(
    'blasnet-source',
    {},
    { 'index.js': "module.exports = require('node:path').join(__dirname, 'blasnet.node');" },
  );
  t.is((await project.run(loadedFiles)).output.trim(), place);
  await cp(addonFile, own);
  t.is((await project.run(loadedFiles)).output.trim(), own);
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

test('the package in another version', async (t) => {
  const project = await InstalledProject.create(t);
  await project.addAddon(undefined, { version: '0.0.9' });
  t.is(
    await project.importError(t),
    `Expected version ${version} of @blasnet/${target}, which is that of blasnet, but received version 0.0.9; ` +
      `run \`npm install blasnet@${version}\`, or delete node_modules and package-lock.json and run \`npm install\``,
  );
});

test('blasnet-source that is not compiled', async (t) => {
  const project = await InstalledProject.create(t);
  await project.add('blasnet-source', {}, { 'index.js': "module.exports = '/no/blasnet.node';" });
  t.regex(
    await project.importError(t),
    /received the package blasnet-source, which is not compiled; `npx blasnet build` compiles it$/,
  );
});

test('a clone that is not set up', async (t) => {
  const project = await InstalledProject.create(t);
  await writeFile(project.path('blasnet/binding.gyp'), '');
  t.regex(await project.importError(t), /received a clone of the project without one; run `npm run setup`$/);
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
