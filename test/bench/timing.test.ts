import test from 'ava';
import { timeCalls, timeSteps } from '../../bench/timing.js';

/** A clock that stands still but for what is passed to `pass`, in milliseconds. */
function ownClock() {
  let time = 5000;
  let reads = 0;
  const now = () => {
    reads++;
    return time;
  };
  return { now, pass: (milliseconds: number) => (time += milliseconds), reads: () => reads };
}

test('timeSteps counts every step until the time is over, and seldom reads the clock', (t) => {
  const { now, pass, reads } = ownClock();
  let count = 0;
  const { steps, microsecondsPerStep } = timeSteps(
    () => {
      count++;
      pass(0.25);
    },
    1,
    now,
  );
  t.is(steps, count);
  t.true(steps >= 4000 && steps < 4300, `${steps}`);
  t.is(Math.round(microsecondsPerStep), 250);
  t.true(reads() < 60, `${reads()}`);
});

test('a step that is longer than the time is done once', (t) => {
  const { now, pass } = ownClock();
  let count = 0;
  timeSteps(
    () => {
      count++;
      pass(7);
    },
    0.005,
    now,
  );
  t.is(count, 1);
});

test('timeCalls waits for what a call promises, and calls once at least', async (t) => {
  const { now, pass } = ownClock();
  const call = async () => {
    await null;
    pass(5);
  };
  t.deepEqual(await timeCalls(call, 0, now), [5000]);
  t.deepEqual(await timeCalls(call, 0.012, now), [5000, 5000, 5000]);
});
