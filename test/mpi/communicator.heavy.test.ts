import { resolve } from 'node:path';
import test from 'ava';
import { buildMpi, runRanks } from '../support/mpi.js';

const script = resolve('test/mpi/meet.mjs');

test.before(buildMpi);

for (const ranks of [2, 3, 4]) {
  test.serial(`${ranks} ranks gather, broadcast, add up and agree`, async (t) => {
    const { code, lines, errors } = await runRanks(ranks, [script]);
    t.is(code, 0, errors);
    t.deepEqual(
      lines.map(({ rank }) => rank),
      Array.from({ length: ranks }, (_, i) => i),
    );
    for (const line of lines) {
      t.is(line.size, ranks);
      t.is(line.told, ranks - 1);
      t.deepEqual(
        line.values,
        Array.from({ length: ranks }, (_, i) => [i, 0.5, 'ä'.repeat(i)]),
      );
      let last = 0;
      for (let rank = 0; rank < ranks; rank++) last = Math.fround(last + Math.fround(1002 + rank / 3));
      t.is(line.last, last);
      t.is(line.total, (ranks * (ranks - 1)) / 2 + ranks / 2);
      t.is(line.refusal, "Expected the same value on all ranks, 'own' as on rank 0, but received 'other' on rank 1");
      t.regex(`${line.uneven}`, /Expected the same kind of numbers on all ranks/);
    }
  });
}

test.serial('a process keeps alive for promises that nobody waits for', async (t) => {
  const { code, lines, errors } = await runRanks(2, [script, 'open']);
  t.is(code, 0, errors);
  t.deepEqual(lines.flatMap(({ settled }) => settled ?? []).sort(), [0, 1]);
});

test.serial('process.exit in the middle of something ends all ranks', async (t) => {
  const { code } = await runRanks(2, [script, 'exit']); // what mpirun has not passed on yet is lost
  t.not(code, 0);
});

test.serial('a rank that throws ends all ranks, and its error is told', async (t) => {
  const { code, errors } = await runRanks(3, [script, 'throw']);
  t.not(code, 0);
  t.regex(errors, /rank 2 failed: Error: nobody catches this/);
});

test.serial('ranks that wait for one that has ended are told so', async (t) => {
  const { code, lines, errors } = await runRanks(2, [script, 'gone']);
  t.is(code, 0, errors);
  const failures = lines.flatMap(({ failure }) => failure ?? []);
  t.deepEqual(failures, [
    'ERR_RANK_FAILED barrier: rank 0 has ended its process (exit code 0) while other ranks wait for it',
  ]);
});

test.serial('an exit code of all ranks is that of the run', async (t) => {
  const { code } = await runRanks(2, [script, 'code']);
  t.is(code, 3);
});

test.serial('abort ends all ranks with its error', async (t) => {
  const { code, errors } = await runRanks(2, [script, 'abort']);
  t.not(code, 0);
  t.regex(errors, /blasnet: rank 1 ends all ranks: enough/);
});

test.serial('without the addon, mpi() says how to get it', async (t) => {
  const env = { BLASNET_MPI_ADDON: '/nowhere/blasnet-mpi.node' };
  const { code, errors } = await runRanks(2, [script], { env });
  t.not(code, 0);
  t.regex(errors, /no '\/nowhere\/blasnet-mpi\.node'; install an MPI .* and run 'npx blasnet build mpi'/);
});
