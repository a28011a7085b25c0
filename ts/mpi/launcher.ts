// @internal

/** The variables by which launchers tell a process how many there are. */
const sizes = ['OMPI_COMM_WORLD_SIZE', 'PMI_SIZE', 'MPI_LOCALNRANKS', 'MV2_COMM_WORLD_SIZE'];
/** Variables of process managers that tell only which one a process is. */
const marks = ['PMIX_RANK', 'PMI_RANK'];

/** Whether this process is one of several that `mpirun`, `mpiexec` or `srun` has started. */
export function isLaunchedByMpi(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  const size = sizes.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  if (size !== undefined) return Number(size) > 1;
  if (!marks.some((name) => env[name])) return false;
  return Number(env.SLURM_NTASKS ?? env.SLURM_NPROCS ?? 2) > 1;
}

/** Variables with the number of this process. */
const ranks = ['OMPI_COMM_WORLD_RANK', 'PMIX_RANK', 'PMI_RANK', 'MV2_COMM_WORLD_RANK'];
/** Variables with the number of processes on this machine. */
const localSizes = [
  'OMPI_COMM_WORLD_LOCAL_SIZE',
  'MPI_LOCALNRANKS',
  'MV2_COMM_WORLD_LOCAL_SIZE',
  'SLURM_NTASKS_PER_NODE',
];

/** The number of this process before it has joined the others; undefined where the launcher does not tell. */
export function launchedRank(env: Readonly<Record<string, string | undefined>> = process.env): number | undefined {
  return firstNumber(ranks, env);
}

/** The processes of the run on this machine; 1 where the launcher does not tell. */
export function localSize(env: Readonly<Record<string, string | undefined>> = process.env): number {
  return Math.max(1, firstNumber(localSizes, env) ?? 1);
}

/**
 * Whether it may pay for this process to sum gradients while others are computed: where ranks are on several machines, or cores
 * of this one are free. Where ranks use all cores, sums only interrupt them. BLASNET_MPI_OVERLAP says otherwise: 1 or 0.
 * @param size - the number of all ranks
 */
export function paysToOverlap(
  { size, cores, threads }: { readonly size: number; readonly cores: number; readonly threads: number },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const wish = env.BLASNET_MPI_OVERLAP;
  if (wish === '0' || wish === '1') return wish === '1';
  const here = localSize(env);
  return size > here || cores > here * threads;
}

function firstNumber(names: readonly string[], env: Readonly<Record<string, string | undefined>>): number | undefined {
  const values = names.map((name) => Number.parseInt(env[name] ?? '', 10));
  return values.find((value) => Number.isInteger(value) && value >= 0);
}
