import type { Command } from 'commander';

/** Adds `blasnet build`. */
export function addBuild(program: Command): void {
  const command = program
    .command('build')
    .description('compile the addon on this machine, by the package blasnet-source')
    .addHelpText(
      'after',
      `
The package must be installed: npm install blasnet-source. In a clone of the project, its own sources are compiled.

Examples:
  $ blasnet build
  $ BLASNET_BLAS_LIBS=-lblis BLASNET_BLAS_INCLUDE=/usr/include/blis blasnet build`,
    );
  command.action(async () => {
    const { runBuild } = await import('../build.js');
    await runBuild();
  });
}
