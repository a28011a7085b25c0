/** A clock in milliseconds; tests give their own. */
export type Clock = () => number;

const wallClock: Clock = () => performance.now();

/** Microseconds a step over about that many seconds, in blocks that grow until the clock costs nothing beside them. */
export function timeSteps(
  step: () => void,
  seconds: number,
  now: Clock = wallClock,
): { steps: number; microsecondsPerStep: number } {
  let steps = 0;
  let taken = 0; // seconds
  for (let block = 1; taken < seconds; ) {
    const start = now();
    for (let i = 0; i < block; i++) step();
    const time = (now() - start) / 1000;
    steps += block;
    taken += time;
    if (time < seconds / 20) block *= 2;
  }
  return { steps, microsecondsPerStep: (taken / steps) * 1e6 };
}

/** Microseconds of each call, for that many seconds and once at least. */
export async function timeCalls(call: () => unknown, seconds: number, now: Clock = wallClock): Promise<number[]> {
  const times: number[] = [];
  let start = now();
  const end = start + seconds * 1000;
  do {
    const result = call();
    if (result instanceof Promise) await result;
    const time = now();
    times.push((time - start) * 1000);
    start = time;
  } while (start < end);
  return times;
}
