import test from 'ava';
import { mpi } from 'blasnet/mpi';
import { SoleCommunicator } from '#blasnet/mpi/communicators';
import { isLaunchedByMpi, launchedRank, localSize } from '#blasnet/mpi/launcher';
import { badArgument, untyped } from '../support/errors.js';

test('a process alone is rank 0 of 1, and needs no MPI', async (t) => {
  const communicator = new SoleCommunicator();
  t.deepEqual([communicator.rank, communicator.size, communicator.exchange], [0, 1, undefined]);
  const value = { numbers: Float32Array.of(1, 2) };
  t.deepEqual(await communicator.broadcast(value), value);
  t.deepEqual(await communicator.allGather(value), [value]);
  const numbers = Float64Array.of(1, 2);
  const sum = await communicator.allReduce(numbers);
  t.deepEqual(sum, numbers);
  t.not(sum, numbers);
  t.is(await communicator.allReduce(2.5), 2.5);
  await communicator.barrier();
  await communicator.agree('value', value);
  await t.throwsAsync(
    communicator.broadcast(1, 1),
    badArgument(/^Expected a rank from 0 to 0 for root but received 1$/),
  );
  await t.throwsAsync(
    communicator.allGather(() => 0),
    badArgument(/^Expected a value that can be copied/),
  );
  await t.throwsAsync(communicator.allReduce(untyped<number>('1')), badArgument(/a Float32Array or a Float64Array/));
});

test('mpi() is refused in a worker thread, such as that of this test', async (t) => {
  await t.throwsAsync(mpi(), badArgument(/^Call mpi\(\) in the main thread/));
});

test('launchers are known by their variables', (t) => {
  t.false(isLaunchedByMpi({}));
  t.true(isLaunchedByMpi({ OMPI_COMM_WORLD_SIZE: '4' }));
  t.false(isLaunchedByMpi({ OMPI_COMM_WORLD_SIZE: '1', PMIX_RANK: '0' }));
  t.true(isLaunchedByMpi({ PMI_SIZE: '2', PMI_RANK: '1' }));
  t.true(isLaunchedByMpi({ PMIX_RANK: '0', SLURM_NTASKS: '8' }));
  t.false(isLaunchedByMpi({ PMIX_RANK: '0', SLURM_NTASKS: '1' }));
  t.false(isLaunchedByMpi({ SLURM_NTASKS: '8' })); // a batch script, not a task of srun
  t.is(launchedRank({ PMI_RANK: '3' }), 3);
  t.is(launchedRank({}), undefined);
  t.is(localSize({ OMPI_COMM_WORLD_LOCAL_SIZE: '2' }), 2);
  t.is(localSize({ SLURM_NTASKS_PER_NODE: '8(x2)' }), 8);
  t.is(localSize({}), 1);
});
