import test from 'ava';
import { Deadlines } from '#blasnet/serve/deadlines';

/** A clock with timers that runs when it is told to. */
function clockedDeadlines(ms: number) {
  const timers: { at: number; run: () => void }[] = [];
  const clock = {
    now: 0,
    timers,
    advance(by: number) {
      clock.now += by;
      for (const timer of timers.splice(0)) {
        if (timer.at <= clock.now) timer.run();
        else timers.push(timer);
      }
    },
  };
  const setTimer = (run: () => void, after: number) => timers.push({ at: clock.now + after, run });
  return { clock, deadlines: new Deadlines(ms, { now: () => clock.now, setTimer }) };
}

test('each has its own time, in one timer for all', (t) => {
  const { clock, deadlines } = clockedDeadlines(100);
  const late: string[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => () => late.push(name));
  deadlines.add(a!);
  clock.advance(60);
  deadlines.add(b!);
  deadlines.add(c!);
  t.is(clock.timers.length, 1);
  clock.advance(40);
  t.deepEqual(late, ['a']);
  t.is(clock.timers.length, 1);
  deadlines.delete(b!);
  clock.advance(59);
  t.deepEqual(late, ['a']);
  clock.advance(1);
  t.deepEqual(late, ['a', 'c']);
  t.is(clock.timers.length, 0);
});

test('a timer that finds nothing ends; the next addition sets another', (t) => {
  const { clock, deadlines } = clockedDeadlines(100);
  const late: string[] = [];
  const a = () => late.push('a');
  deadlines.add(a);
  deadlines.delete(a);
  clock.advance(100);
  t.is(clock.timers.length, 0);
  deadlines.add(a);
  clock.advance(100);
  t.deepEqual(late, ['a']);
});

test('one that adds another when it is late', (t) => {
  const { clock, deadlines } = clockedDeadlines(100);
  const late: string[] = [];
  deadlines.add(() => {
    late.push('a');
    deadlines.add(() => late.push('b'));
  });
  clock.advance(100);
  t.deepEqual(late, ['a']);
  t.is(clock.timers.length, 1);
  clock.advance(100);
  t.deepEqual(late, ['a', 'b']);
});
