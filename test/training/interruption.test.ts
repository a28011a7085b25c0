import test from 'ava';
import { Interruption } from '#blasnet/training/interruption';

const reason = new Error('enough');
const never = () => new Promise<never>(() => {});

/** An interruption, and what aborts its signal. */
function interruptible() {
  const controller = new AbortController();
  return { interruption: new Interruption(controller.signal), abort: () => controller.abort(reason) };
}

test('waitFor and compute › what the work comes to', async (t) => {
  const { interruption, abort } = interruptible();
  const task = { abort: () => t.fail('nobody asked for it') };
  const failure = new Error('of the work');
  for (const each of [interruption, new Interruption(undefined)]) {
    t.is(await each.waitFor(async () => 1), 1);
    t.is(await each.compute(task, async () => 2), 2);
    t.is(await t.throwsAsync(each.waitFor(() => Promise.reject(failure))), failure);
    t.is(await t.throwsAsync(each.compute(task, () => Promise.reject(failure))), failure);
  }
  abort(); // when there is nothing to stop
});

test('waitFor › an abort ends work that never ends', async (t) => {
  const { interruption, abort } = interruptible();
  const waiting = interruption.waitFor(never);
  abort();
  t.is(await t.throwsAsync(waiting), reason);
});

test('compute › an abort stops the task, whose work says what came of it', async (t) => {
  const { interruption, abort } = interruptible();
  let stop: (how: string) => void = () => {};
  const stopped = new Promise<string>((resolve) => {
    stop = resolve;
  });
  const computing = interruption.compute({ abort: () => stop('stopped') }, () => stopped);
  abort();
  t.is(await computing, 'stopped');
});

test('after an abort no work is begun', async (t) => {
  const { interruption, abort } = interruptible();
  interruption.check();
  abort();
  t.is(
    t.throws(() => interruption.check()),
    reason,
  );
  const work = async () => t.fail('begun');
  t.is(await t.throwsAsync(interruption.waitFor(work)), reason);
  t.is(await t.throwsAsync(interruption.compute({ abort: () => {} }, work)), reason);
});
