import test from 'ava';
import { isUsageError, readOptions } from '../../bench/options.js';

const parts = [
  { name: 'house sgd', quick: true },
  { name: 'house adam', quick: false },
  { name: 'sweep batch', quick: false },
  { name: 'inference', quick: true },
];
const read = (...words: string[]) => readOptions(words, parts);

test('without options everything is measured, seven times, as long as it takes', (t) => {
  t.deepEqual(read(), {
    only: ['house sgd', 'house adam', 'sweep batch', 'inference'],
    quick: false,
    json: false,
    effort: { runs: 7, seconds: 0.5, budget: Number.POSITIVE_INFINITY },
  });
});

test('quick measures some parts within a budget, unless others are named', (t) => {
  const quick = read('--quick', '--json');
  t.deepEqual(quick.only, ['house sgd', 'inference']);
  t.true(quick.json);
  t.true(quick.effort.budget * quick.only.length <= 120);
  t.deepEqual(read('--quick', '--only', 'sweep').only, ['sweep batch']);
});

test('only takes whole names and first words, in the order of the parts', (t) => {
  t.deepEqual(read('--only', 'inference,house').only, ['house sgd', 'house adam', 'inference']);
  t.deepEqual(read('--only', 'house adam', '--only', 'sweep').only, ['house adam', 'sweep batch']);
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
