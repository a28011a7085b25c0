import { setImmediate as nextTurn } from 'node:timers/promises';

/** A server stops listening even if connections keep coming: after so many, more than wait at once. */
const mostConnections = 512;

/**
 * Resolves when turns of the event loop bring no further connections. The system resets connections that it has made but the
 * server has not accepted.
 * @param count - returns the connections since the server began
 * @param mostMs - milliseconds after which it does so in any case
 */
export async function quietConnections(count: () => number, mostMs: number): Promise<void> {
  const end = performance.now() + mostMs;
  let before = count();
  const most = before + mostConnections;
  // A turn accepts one connection, if there is one.
  for (let quiet = 0; quiet < 3 && before < most && performance.now() < end; quiet++) {
    await nextTurn();
    const now = count();
    if (now > before) quiet = 0;
    before = now;
  }
}
