/** Calls against the clock. */

/** Microseconds a step over about that many seconds, in blocks that grow until the clock costs nothing beside them. */
export function timeSteps(step: () => void, seconds: number): { steps: number; microsecondsPerStep: number } {
  let steps = 0;
  let taken = 0; // seconds
  for (let block = 1; taken < seconds; ) {
    const start = performance.now();
    for (let i = 0; i < block; i++) step();
    const time = (performance.now() - start) / 1000;
    steps += block;
    taken += time;
    if (time < seconds / 20) block *= 2;
  }
  return { steps, microsecondsPerStep: (taken / steps) * 1e6 };
}

/** Microseconds of each call, for that many seconds and once at least. */
export async function timeCalls(call: () => unknown, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  let start = performance.now();
  do {
    const result = call();
    if (result instanceof Promise) await result;
    const now = performance.now();
    times.push((now - start) * 1000);
    start = now;
  } while (start < end);
  return times;
}
