import test from 'ava';
import { isUsageError, type Options, readOptions } from '../../bench/options.js';

const parts = [
  { name: 'house sgd', quick: true, share: 3 },
  { name: 'house adam', quick: false, share: 1 },
  { name: 'sweep batch', quick: false, share: 1 },
  { name: 'inference', quick: true, share: 3 },
];
const namesOf = ({ only }: Pick<Options, 'only'>) => only.map(({ name }) => name);
const read = (...words: string[]) => readOptions(words, parts);

test('without options everything is measured, seven times, within 25 minutes by shares', (t) => {
  const { only, ...rest } = read();
  t.deepEqual(rest, { quick: false, json: false, floors: undefined, effort: { runs: 7, seconds: 0.5, quick: false } });
  t.deepEqual(namesOf({ only }), ['house sgd', 'house adam', 'sweep batch', 'inference']);
  const budgets = only.map(({ budget }) => budget);
  const total = budgets.reduce((sum, budget) => sum + budget);
  t.true(total > 1000 && total < 1500);
  t.deepEqual(
    budgets.map((budget) => budget / total),
    [3 / 8, 1 / 8, 1 / 8, 3 / 8],
  );
});

test('quick measures some parts within a budget, unless others are named', (t) => {
  const quick = read('--quick', '--json');
  t.deepEqual(namesOf(quick), ['house sgd', 'inference']);
  t.true(quick.json);
  t.true(quick.only.reduce((sum, { budget }) => sum + budget, 0) <= 120);
  t.deepEqual(namesOf(read('--quick', '--only', 'sweep')), ['sweep batch']);
});

test('only takes whole names and first words, in the order of the parts', (t) => {
  t.deepEqual(namesOf(read('--only', 'inference,house')), ['house sgd', 'house adam', 'inference']);
  t.deepEqual(namesOf(read('--only', 'house adam', '--only', 'sweep')), ['house adam', 'sweep batch']);
});

test('floors are checked or set, and nothing else beside them', (t) => {
  t.is(read('--floors').floors, 'check');
  t.is(read('--floors', '--set').floors, 'set');
  t.throws(() => read('--set'), { message: 'Expected --floors beside --set but received --set alone' });
  const message = 'Expected --floors alone or with --set but received --quick as well';
  t.true(isUsageError(t.throws(() => read('--floors', '--quick'), { message })));
});

test('what is unknown is an error for the user that lists what is known', (t) => {
  const error = t.throws(() => read('--only', 'hous'), {
    instanceOf: RangeError,
    message: 'Expected house, house sgd, house adam, sweep, sweep batch, inference for --only but received hous',
  });
  t.true(isUsageError(error));
  t.true(isUsageError(t.throws(() => read('--fast'))));
  t.false(isUsageError(new Error('another')));
});
