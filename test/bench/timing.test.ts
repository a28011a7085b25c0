import test from 'ava';
import { timeCalls, timeSteps } from '../../bench/timing.js';

test('timeSteps counts every step and takes about as long as it is told', (t) => {
  let count = 0;
  const started = performance.now();
  const { steps, microsecondsPerStep } = timeSteps(() => {
    count++;
  }, 0.02);
  const seconds = (performance.now() - started) / 1000;
  t.is(steps, count);
  t.true(seconds >= 0.02);
  t.true(steps * microsecondsPerStep * 1e-6 <= seconds);
});

test('a step that is longer than the time is done once', (t) => {
  let count = 0;
  timeSteps(() => {
    count++;
  }, 1e-9);
  t.is(count, 1);
});

test('timeCalls waits for what a call promises, and calls once at least', async (t) => {
  const times = await timeCalls(() => new Promise((resolve) => setTimeout(resolve, 5)), 0);
  t.is(times.length, 1);
  t.true(times[0]! > 3000);
});
