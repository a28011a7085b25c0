import test from 'ava';
import { inTurns } from '../../bench/trials.js';

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

test('no round begins that the budget does not hold, but everybody has one', async (t) => {
  const slow = () => new Promise<number>((resolve) => setTimeout(resolve, 20, 1));
  t.deepEqual(await inTurns({ runs: 9, budget: 0.03 }, [slow, slow], () => t.fail()), [[1], [1]]);
});
