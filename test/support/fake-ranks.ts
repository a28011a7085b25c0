import { BlasnetError, type Communicator } from 'blasnet';

/** Communicators of several ranks within this process, which can do no more than gather values and agree. */
export function fakeRanks(size: number, overlaps = false): readonly Communicator[] {
  let values: unknown[] = [];
  let waiting: ((all: unknown[]) => void)[] = [];
  const unused = () => Promise.reject(new Error('not to be used here'));
  return Array.from({ length: size }, (_, rank) => {
    const allGather = <T>(value: T) =>
      new Promise<T[]>((done) => {
        values[rank] = structuredClone(value);
        waiting.push(done as (all: unknown[]) => void);
        if (waiting.length < size) return;
        const [all, everyone] = [values, waiting];
        [values, waiting] = [[], []];
        for (const one of everyone) one(all);
      });
    return {
      rank,
      size,
      exchange: size > 1 ? 0 : undefined,
      overlaps,
      allGather,
      agree: async (name: string, value: unknown) => {
        const all = await allGather(value);
        const other = all.findIndex((one) => one !== all[0]);
        if (other < 0) return;
        const message = `Expected the same ${name} on all ranks but received ${all[other]} on rank ${other}`;
        throw new BlasnetError('ERR_BAD_ARGUMENT', message);
      },
      barrier: unused,
      broadcast: unused,
      allReduce: unused,
      abort: (error: unknown) => {
        throw error;
      },
    };
  });
}
