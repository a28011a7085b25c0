import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type BuildOptions, build } from 'esbuild';
import { temporaryFolder, write } from '../support/files.js';
import { addonFile, version } from '../support/installed.js';
import { runScript } from '../support/processes.js';
import { StagedProject } from '../support/staged.js';

let project: StagedProject;

test.before(async () => {
  project = await StagedProject.create();
  await write(
    project.folder,
    'program.mjs',
    `import { Tensor, versions } from 'blasnet';
     console.log(versions.blasnet, Tensor.from([[1, 2]]).shape.join());`,
  );
});
test.after.always(() => project.remove());

/** Bundles the program to a file; none of the optional packages is installed. */
async function bundle(file: string, options: BuildOptions): Promise<string> {
  const outfile = join(project.folder, file);
  const entryPoints = [join(project.folder, 'program.mjs')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', logLevel: 'silent', ...options });
  return outfile;
}

test('esbuild › blasnet outside of the bundle', async (t) => {
  const file = await bundle('outside.mjs', { format: 'esm', external: ['blasnet'] });
  const { output, errors } = await runScript(file, [], { env: { BLASNET_ADDON: addonFile } });
  t.deepEqual([output, errors], [`${version} 1,2\n`, '']);
});

for (const [ending, format] of [
  ['mjs', 'esm'],
  ['cjs', 'cjs'],
] as const) {
  test(`esbuild › blasnet within a bundle of ${format}, which runs with the addon beside it`, async (t) => {
    const name = `all.${ending}`;
    const file = await bundle(name, { format, minify: true });
    // Nothing is found where the program is deployed but what was copied there.
    const deployed = await temporaryFolder(t);
    await cp(file, join(deployed, name));
    const run = () => runScript(join(deployed, name), [], { env: { BLASNET_ADDON: '' } });
    t.regex(
      (await run()).errors,
      /received none: the bundle left the addon behind\. The running file, .*all\.[mc]js, is not part/,
    );
    await cp(addonFile, join(deployed, 'blasnet.node'));
    const { output, errors } = await run();
    t.deepEqual([output, errors], [`${version} 1,2\n`, '']);
  });
}
