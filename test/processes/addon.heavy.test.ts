import { cp, writeFile } from 'node:fs/promises';
import test from 'ava';
import { addonFile, InstalledProject, target, version } from '../support/installed.js';

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
