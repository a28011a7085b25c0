import type { Command } from 'commander';

/** Adds `blasnet build mpi`, to the command `build` where there is one. */
export function addBuildMpi(program: Command): void {
  const build =
    program.commands.find((command) => command.name() === 'build') ??
    program.command('build').description('compile parts of the library on this machine');
  const command = build
    .command('mpi')
    .description('compile the addon for many processes, with the MPI of this machine')
    .addHelpText(
      'after',
      `
An MPI must be installed: Open MPI (Debian: apt-get install libopenmpi-dev openmpi-bin) or MPICH. The variable MPICXX names
the compiler of another one. The package blasnet-source must be installed, too. All machines of a run need the addon.

Examples:
  $ blasnet build mpi
  $ MPICXX=/opt/mpich/bin/mpicxx blasnet build mpi`,
    );
  command.action(async () => {
    const { runBuildMpi } = await import('../build.js');
    await runBuildMpi();
  });
}
