import test from 'ava';
import { affordable, inTurns } from '../../bench/trials.js';

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

test('what the budget does not hold is left out, the longest first, but everybody has one trial', async (t) => {
  const taking = (milliseconds: number) => () =>
    new Promise<number>((resolve) => setTimeout(resolve, milliseconds, milliseconds));
  const results = await inTurns({ runs: 3, budget: 0.3 }, [taking(200), taking(1)], () => t.fail());
  t.deepEqual(results, [[200], [1, 1, 1]]);
});

test('affordable takes the shortest first and nobody who failed', (t) => {
  t.deepEqual(affordable([3, 1, 2], 3), [1, 2]);
  t.deepEqual(affordable([3, 1, 2], 6), [0, 1, 2]);
  t.deepEqual(affordable([3, 1, 2], 0.5), []);
  t.deepEqual(affordable([1, Number.POSITIVE_INFINITY, 2], Number.POSITIVE_INFINITY), [0, 2]);
});
