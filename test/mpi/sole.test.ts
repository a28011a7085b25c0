import test from 'ava';
import { mpi, shareOut } from 'blasnet/mpi';
import { SoleCommunicator } from '#blasnet/mpi/communicators';
import { isLaunchedByMpi, launchedRank, localSize, paysToOverlap } from '#blasnet/mpi/launcher';
import { badArgument, untyped } from '../support/errors.js';
import { fakeRanks } from '../support/fake-ranks.js';

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

test('sums overlap with the backward pass where ranks are on several machines, or a core is free', (t) => {
  const env = { OMPI_COMM_WORLD_LOCAL_SIZE: '2' };
  t.false(paysToOverlap({ size: 2, cores: 4, threads: 2 }, env));
  t.true(paysToOverlap({ size: 2, cores: 5, threads: 2 }, env));
  t.true(paysToOverlap({ size: 4, cores: 4, threads: 2 }, env));
  t.false(paysToOverlap({ size: 4, cores: 4, threads: 2 }, { ...env, BLASNET_MPI_OVERLAP: '0' }));
  t.true(paysToOverlap({ size: 2, cores: 2, threads: 2 }, { ...env, BLASNET_MPI_OVERLAP: '1' }));
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

test('a time limit is 0 or at least a second', async (t) => {
  for (const timeoutMs of [10, -1, 1500.5, untyped<number>('2000')]) {
    await t.throwsAsync(mpi({ timeoutMs }), badArgument(/^Expected a whole number from 1000 on, or 0, for timeoutMs/));
  }
  await t.throwsAsync(mpi(untyped({ timeout: 2000 })), badArgument(/timeout/));
});

test('ranks share tasks out, and all receive the results in order', async (t) => {
  for (const size of [1, 2, 3]) {
    const done: number[][] = Array.from({ length: size }, () => []);
    const ranks = fakeRanks(size).map((communicator) =>
      shareOut(communicator, [5, 6, 7, 8], async (task, index) => {
        done[communicator.rank]!.push(index);
        return { task, square: task ** 2 };
      }),
    );
    const expected = [5, 6, 7, 8].map((task) => ({ task, square: task ** 2 }));
    t.deepEqual(await Promise.all(ranks), Array(size).fill(expected));
    for (const [rank, own] of done.entries())
      t.deepEqual(
        own,
        [0, 1, 2, 3].filter((i) => i % size === rank),
      );
  }
});

test('a task that fails is named on all ranks, once all have ended', async (t) => {
  const ranks = fakeRanks(2).map((communicator) =>
    shareOut(communicator, [1, 2, 3, 4], (task) => {
      if (task === 4) throw new Error('too deep');
      return task;
    }),
  );
  const message = 'Expected all tasks to succeed but task 3 on rank 1 failed: too deep';
  for (const [rank, result] of (await Promise.allSettled(ranks)).entries()) {
    const error = result.status === 'rejected' && result.reason;
    t.is(error.message, message);
    t.is(error.cause?.message, rank === 1 ? 'too deep' : undefined);
  }
  const uneven = fakeRanks(2).map((communicator) => shareOut(communicator, communicator.rank ? [1] : [1, 2], (x) => x));
  await t.throwsAsync(Promise.race(uneven), badArgument(/^Expected the same number of tasks on all ranks/));
  await Promise.allSettled(uneven);
  const [alone] = fakeRanks(1);
  await t.throwsAsync(
    shareOut(alone!, untyped<[]>(3), () => 1),
    badArgument(/^Expected a list for tasks/),
  );
  await t.throwsAsync(shareOut(alone!, [1], untyped(3)), badArgument(/^Expected a function for run/));
  await t.throwsAsync(
    shareOut(alone!, [1], () => () => 0),
    { message: /task 0 on rank 0 failed/ },
  );
});
