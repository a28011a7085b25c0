import { readFile } from 'node:fs/promises';
import test from 'ava';
import { type Floor, type Floors, groupOf, judgeFloor, lanesOf, onLanes } from '../../bench/floor.js';
import { findWorkload, type OptimizerName } from '../../bench/workloads.js';
import { comparisonOf, rowWith } from './reports.js';

const floor: Floor = { id: 'train house sgd', rival: 'C++ loop', least: 0.8 };
const round = (own: number[], rival: number[]) =>
  comparisonOf(floor.id, rowWith('blasnet', 'blasnet', ...own), rowWith('C++ loop', 'C++', ...rival));

test('a floor holds down to its ratio of the least times', (t) => {
  t.deepEqual(judgeFloor(floor, [round([125, 180, 125], [100, 100, 300])]), {
    ...floor,
    ratio: 0.8,
    holds: true,
    isSettled: true,
  });
  t.false(judgeFloor(floor, [round([126, 126], [100, 100])]).holds);
});

test('what takes 1.5 times as long falls below its floor, however noisy the trials and however many the rounds', (t) => {
  // As measured beside two busy processes on two cores, in rounds of three.
  const own = [4.9, 2.6, 5.3, 2.44, 3.8, 3.4, 2.5, 2.85, 3.76, 2.55, 3.5, 2.44];
  const rival = [4.7, 2.43, 6.4, 2.44, 2.45, 5.6, 2.43, 2.53, 3.5, 2.42, 2.47, 2.8];
  const rounds = (times: number) =>
    [0, 3, 6, 9].map((from) =>
      round(
        own.slice(from, from + 3).map((time) => time * times),
        rival.slice(from, from + 3),
      ),
    );
  for (let count = 1; count <= 4; count++) {
    t.true(judgeFloor(floor, rounds(1).slice(0, count)).holds);
    t.false(judgeFloor(floor, rounds(1.5).slice(0, count)).holds);
  }
});

test('a least time that no other trial came close to is not settled, on either side', (t) => {
  const settled = (own: number[], rival: number[]) => judgeFloor(floor, [round(own, rival)]).isSettled;
  t.true(settled([100, 109, 300], [90, 95]));
  t.false(settled([100, 112], [90, 95]));
  t.false(settled([100, 101], [90, 190]));
  t.false(settled([100], [90]));
  t.true(judgeFloor(floor, [round([100], [90]), round([105], [91])]).isSettled);
});

test('without a measurement there is no verdict', (t) => {
  t.throws(() => judgeFloor(floor, []), { instanceOf: RangeError });
  t.throws(() => judgeFloor({ ...floor, rival: 'another' }, [round([1], [1])]), { instanceOf: RangeError });
});

test('against plain TypeScript, shorter vectors lower a floor; longer ones do not raise it', (t) => {
  t.is(lanesOf('AVX3_DL'), 16);
  t.is(lanesOf('AVX2'), 8);
  t.is(lanesOf('NEON'), 4);
  const plain: Floor = { id: 'predict mnist 64', rival: 'plain TypeScript', least: 20 };
  t.is(onLanes(plain, { lanes: 16 }, 8).least, 10);
  t.is(onLanes(plain, { lanes: 8 }, 16).least, 20);
  t.is(onLanes(floor, { lanes: 16 }, 4).least, 0.8);
});

test('every floor is about something that can be measured', async (t) => {
  const { floors } = JSON.parse(await readFile('bench/floors.json', 'utf8')) as Floors;
  for (const { id, rival, least } of floors) {
    const [kind, net, rest] = id.split(' ');
    t.true(least > 0, id);
    t.true(rival === 'C++ loop' ? kind === 'train' : rival === 'plain TypeScript', id);
    t.is(kind === 'train' ? groupOf({ id }) : `${groupOf({ id })} ${Number(rest)}`, id);
    t.notThrows(() => findWorkload(net!, kind === 'train' ? (rest as OptimizerName) : 'sgd'));
  }
});
