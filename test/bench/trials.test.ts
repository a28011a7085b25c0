import test from 'ava';
import { affordable, type Candidate, inTurns, trialEnvironment } from '../../bench/trials.js';

test('trials take turns', async (t) => {
  const order: string[] = [];
  const runner = (name: string) => async (run: number) => {
    order.push(name);
    return `${name}${run}`;
  };
  const results = await inTurns({ runs: 2, budget: 60 }, [runner('a'), runner('b')], () => t.fail());
  t.deepEqual(order, ['a', 'b', 'a', 'b']);
  t.deepEqual(results, [
    ['a0', 'a1'],
    ['b0', 'b1'],
  ]);
});

test('who fails is left out of all further rounds, without results', async (t) => {
  const failures: unknown[] = [];
  const good = async (run: number) => run;
  const bad = async (run: number) => {
    if (run === 1) throw new Error('over');
    return run;
  };
  const results = await inTurns({ runs: 3, budget: 60 }, [bad, good], (runner, error) => failures.push(runner, error));
  t.deepEqual(results, [[], [0, 1, 2]]);
  t.is(failures.length, 2);
  t.is(failures[0], 0);
});

test('what the budget does not hold is left out, but everybody has one trial', async (t) => {
  let time = 0;
  const taking = (milliseconds: number) => async () => {
    time += milliseconds;
    return milliseconds;
  };
  const runners = [taking(200), taking(1)];
  const trialsWith = (rankOf: (runner: number) => 0 | 1) =>
    inTurns(
      { runs: 3, budget: 0.3 },
      runners,
      () => t.fail(),
      rankOf,
      () => time,
    );
  t.deepEqual(await trialsWith(() => 1), [[200], [1, 1, 1]]);
  const all = await trialsWith((i) => (i === 0 ? 0 : 1));
  t.deepEqual(all[0], [200, 200, 200]);
});

test('affordable takes low ranks first, then who had the fewest trials, then the shortest; nobody who failed', (t) => {
  const equal = (...durations: number[]): Candidate[] =>
    durations.map((duration) => ({ duration, rank: 1, trials: 1 }));
  t.deepEqual(affordable(equal(3, 1, 2), 3), [1, 2]);
  t.deepEqual(affordable(equal(3, 1, 2), 6), [0, 1, 2]);
  t.deepEqual(affordable(equal(3, 1, 2), 0.5), []);
  t.deepEqual(affordable(equal(1, Number.POSITIVE_INFINITY, 2), Number.POSITIVE_INFINITY), [0, 2]);
  const [long, short] = equal(3, 1) as [Candidate, Candidate];
  t.deepEqual(affordable([long, { ...short, trials: 2 }], 3), [0]);
  t.deepEqual(affordable([long, { ...short, rank: 2 }], 3), [0]);
  t.deepEqual(affordable([{ ...long, rank: 0 }, short], 2), [0]);
});

test("a trial's own variables stand before those of all trials", (t) => {
  t.like(trialEnvironment({}), { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '1073741824' });
  const environment = { MALLOC_MMAP_MAX_: '7', BLASNET_ADDON: 'one' };
  t.like(trialEnvironment({ environment }), environment);
});
