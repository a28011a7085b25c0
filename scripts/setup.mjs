// Makes a fresh clone ready: system packages, npm dependencies, the addon and the compiled TypeScript, each only where
// it is missing or out of date. A prebuilt addon is taken where one was built from the C++ files that are here.
// Usage: node scripts/setup.mjs, or npm run setup --build-from-source to compile in any case
const [major, minor] = process.versions.node.split('.').map(Number);
// As package.json has it in engines: from these versions on, `require` takes ES modules.
const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
if (!isSupported) {
  process.stderr.write(`blasnet: expected Node.js 20.19, 22.12 or later but found ${process.version}\n`);
  process.exit(1);
}

// Only now, since an older Node could not load these.
const { main, say } = await import('./lib/run.mjs');
const { ensureSystemPackages } = await import('./system-packages.mjs');
const { installDependencies } = await import('./lib/dependencies.mjs');
const { hasAddonWithoutCompiler } = await import('./lib/native.mjs');
const { build } = await import('./build.mjs');
const { mendNpxLinks } = await import('./lib/npx-links.mjs');

await main(async () => {
  installDependencies();
  if (!hasAddonWithoutCompiler()) ensureSystemPackages(['build']);
  await build();
  mendNpxLinks();
  // Other commands run this first, and have their own last line.
  if (process.env.npm_lifecycle_event === 'setup')
    say('this clone is set up: npm run example -- quick-start trains a net');
});
