import { access, readdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import * as library from 'blasnet';
import { build } from 'esbuild';
import { targets } from '#blasnet/runtime/addon-errors';
import { addonFile, target, version } from '../support/installed.js';
import { runScript } from '../support/processes.js';
import { StagedProject } from '../support/staged.js';

interface Manifest {
  readonly [field: string]: unknown;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const manifestIn = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

let project: StagedProject;
let files: string[];
let sourceFiles: string[];

const path = (name: string) => project.path(name);
const filesOf = async (name: string) =>
  (await readdir(path(name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path(name).length + 1));

test.before(async () => {
  project = await StagedProject.create();
  [files, sourceFiles] = await Promise.all([filesOf('blasnet'), filesOf('blasnet-source')]);
  // With what they need themselves, where the clone has it.
  for (const name of ['protobufjs', 'fastify', 'prom-client']) await symlink(resolve('node_modules', name), path(name));
});

test.after.always(() => project.remove());

/** Runs a module in that project. */
const run = (code: string, flags: readonly string[] = []) =>
  runScript(`${project.folder}/`, [], {
    flags: [...flags, '--input-type=module', '--eval', code],
    env: { BLASNET_ADDON: addonFile },
    cwd: project.folder,
  });

test('blasnet › has no native code, no script that npm runs, and no tests', async (t) => {
  const { scripts, gypfile } = await manifestIn(path('blasnet'));
  t.deepEqual([scripts, gypfile], [undefined, undefined]);
  t.deepEqual(
    files.filter((file) => /\.(gyp|cc|h|mjs|map|tsbuildinfo)$|CMakeLists|test/.test(file)),
    [],
  );
  t.true(['README.md', 'LICENSE', 'CHANGELOG.md', 'THIRD-PARTY-LICENSES'].every((file) => files.includes(file)));
});

test('blasnet › every file that exports and bin name is there, types first', async (t) => {
  const { exports, bin } = await manifestIn(path('blasnet'));
  const named = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)));
  for (const file of [...named, ...Object.values(bin)])
    await t.notThrowsAsync(access(join(path('blasnet'), file)), file);
  for (const entry of Object.values(exports)) if (typeof entry === 'object') t.is(Object.keys(entry)[0], 'types');
  t.is(exports['./package.json'], './package.json');
});

test('blasnet › names the packages of all platforms, of its own version, as the loader does', async (t) => {
  const { optionalDependencies, peerDependencies, ...manifest } = await manifestIn(path('blasnet'));
  t.is(manifest.version, version);
  t.deepEqual(optionalDependencies, Object.fromEntries(targets.map((name) => [`@blasnet/${name}`, version])));
  t.is(peerDependencies['blasnet-source'], version);
  t.is((await manifestIn(path('blasnet-source'))).version, version);
  t.true(targets.includes(target));
});

test('the clone › is not packed itself', async (t) => {
  const { private: isPrivate, scripts } = await manifestIn('.');
  t.deepEqual([isPrivate, scripts?.prepack], [true, 'node scripts/prepack.mjs']);
  const { code, errors } = await runScript('scripts/prepack.mjs');
  t.is(code, 1);
  t.regex(errors, /npm run release -- --dry-run/);
});

test('the clone › builds packages for the platforms that the loader knows', async (t) => {
  const built = (await import(pathToFileURL(resolve('scripts/prebuild/targets.mjs')).href)) as { targets: object };
  for (const name of Object.keys(built.targets)) t.true(targets.includes(name), name);
});

test('the clone › names no package that is in no registry', async (t) => {
  t.notRegex(await readFile('package.json', 'utf8'), /@blasnet\/|blasnet-source/);
});

/** Names of foreign packages that the modules of the package import, as esbuild finds them. */
async function importedByModules(): Promise<string[]> {
  const entryPoints = files.filter((file) => file.endsWith('.js') && !file.startsWith('dist/serve/page'));
  const { metafile } = await build({
    entryPoints: entryPoints.map((file) => join(path('blasnet'), file)),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outdir: 'unused',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map((one) => one.path),
  );
}

test('blasnet › imports only packages that it names; those that are large are optional', async (t) => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = await manifestIn(path('blasnet'));
  const known = ['blasnet', ...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  const texts = await Promise.all(
    files.filter((file) => file.endsWith('.d.ts')).map((file) => readFile(join(path('blasnet'), file), 'utf8')),
  );
  const forms = [/^(?:import|export) [^;]*?from ["']([^."'][^"']*)["'];$/gm, /\bimport\(["']([^."'][^"']*)["']\)/g];
  const names = texts.flatMap((text) => forms.flatMap((form) => [...text.matchAll(form)].map(([, name]) => name!)));
  const packages = [...new Set([...names, ...(await importedByModules())])].filter(
    (name) => !/^node:|^(stream|url)$/.test(name),
  );
  t.true(packages.includes('commander'));
  t.true(packages.includes('fastify'));
  t.deepEqual(
    packages.filter((name) => !known.some((other) => name === other || name.startsWith(`${other}/`))),
    [],
  );
  t.deepEqual(Object.keys(dependencies).sort(), ['cli-progress', 'commander', 'detect-libc']);
  for (const name of Object.keys(peerDependencies)) t.true(peerDependenciesMeta[name]?.optional, name);
  t.regex(await readFile(join(path('blasnet'), 'THIRD-PARTY-LICENSES'), 'utf8'), /csv-parse\n=+\n\nThe MIT License/);
});

test('blasnet › has the same exports as the library, by import and by require', async (t) => {
  const { output, errors } = await run(
    `
    import { createRequire } from 'node:module';
    import * as imported from 'blasnet';
    const required = createRequire(import.meta.url)('blasnet');
    console.log(JSON.stringify([Object.keys(imported).sort(), required.Tensor === imported.Tensor, required.versions.blasnet]));`.replace(
      "import { modelCodec } from 'blasnet';",
      '',
    ),
  );
  t.is(errors, '');
  t.deepEqual(JSON.parse(output), [Object.keys(library).sort(), true, version]);
});

test("blasnet › its names of layers, ONNX's schema, the CSV reader and the server's page are there", async (t) => {
  const { output, errors } = await run(`
    import { writeFile } from 'node:fs/promises';
    import { DataReader, FullyConnectedLayer, HyperParameters, NeuralNet, Tensor } from 'blasnet';
    import { startServer } from 'blasnet/serve';
    await writeFile('a.csv', 'a,b,y\\n1,2,3\\n4,5,6\\n');
    const reader = new DataReader({ train: 'a.csv', label: 'y' });
    await reader.readData();
    const net = new NeuralNet(new HyperParameters({ netType: 'fitting' }), 'n').addLayer(new FullyConnectedLayer(2, 1));
    const x = Tensor.from([[1, 2]]);
    const { outputs } = await net.predict(x);
    const same = [];
    for (const file of ['n.safetensors', 'n.onnx']) {
      await (file.endsWith('onnx') ? net.exportOnnx(file) : net.save(file));
      const model = await (file.endsWith('onnx') ? NeuralNet.fromOnnx(file) : NeuralNet.load(file));
      same.push((await model.predict(x)).outputs.data[0] === outputs.data[0]);
    }
    const server = await startServer({ models: [{ name: 'n', net }], port: 0 });
    const page = await fetch(server.url);
    await server.close();
    console.log(JSON.stringify([reader.xTrain.shape, same, page.status, net.layers[0].constructor.name]));`);
  t.is(errors, '');
  t.deepEqual(JSON.parse(output), [[2, 2], [true, true], 200, 'FullyConnectedLayer']);
});

test('blasnet › a stack trace names files of the package, with source maps, too', async (t) => {
  const { output } = await run(
    `import { NeuralNet } from 'blasnet';
     await NeuralNet.load('none.safetensors').catch(({ stack }) => console.log(stack));`,
    ['--enable-source-maps'],
  );
  const named = [...output.matchAll(/(?:file:\/\/)?(\/[^\s()]*node_modules\/blasnet\/[^\s():]*)/g)].map(
    ([, file]) => file!,
  );
  t.true(named.length > 0);
  for (const file of named) await t.notThrowsAsync(access(file), file);
});

test('blasnet-source › compiles the sources of the addon in its install script', async (t) => {
  const { scripts, main, dependencies } = await manifestIn(path('blasnet-source'));
  t.deepEqual(scripts, { install: 'node scripts/install.mjs' });
  t.deepEqual(Object.keys(dependencies), ['node-addon-api', 'node-gyp']);
  t.true(
    ['binding.gyp', 'CMakeLists.txt', 'LICENSE', 'README.md', main].every((file) =>
      sourceFiles.includes(file as string),
    ),
  );
  t.deepEqual(
    sourceFiles.filter((file) => file.startsWith('native/test') || /\.(py|ts)$/.test(file.replace('index.d.ts', ''))),
    [],
  );
  const { output, errors } = await runScript(join(path('blasnet-source'), 'scripts/sources.mjs'), ['addon']);
  t.is(errors, '');
  t.deepEqual(output, (await runScript('scripts/sources.mjs', ['addon'])).output);
  // The modules that the script needs are there: it ends at a setting that stops it before it compiles.
  const started = await runScript(join(path('blasnet-source'), 'scripts/install.mjs'), [], {
    env: { BLASNET_ASSUME_MISSING: 'highway' },
  });
  t.is(started.code, 1);
  t.regex(started.errors, /to compile the addon, there is missing: Google Highway\.[\s\S]*then run npx blasnet build/);
});
