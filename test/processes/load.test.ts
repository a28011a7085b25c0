import test from 'ava';
import { runScript } from '../support/processes.js';

test.serial("the event loop's delay stays under 5 ms at p99 while a wide net trains", async (t) => {
  // On a machine with other work, waiting for a core delays the loop as well: that much is allowed for.
  let [delay, limit] = [Number.POSITIVE_INFINITY, 5];
  for (let i = 0; i < 3 && delay >= limit; i++) {
    const { output, errors } = await runScript('event-loop.mjs');
    t.is(errors, '');
    const { busy, training } = JSON.parse(output) as { busy: number; training: number };
    delay = Math.min(delay, training);
    limit = Math.max(limit, 1.5 * busy);
  }
  t.true(delay < limit, `${delay} ms`);
});

test.serial('memory stays flat over a hundred trainings', async (t) => {
  const { output, errors } = await runScript('memory.mjs', [], { flags: ['--expose-gc'] });
  t.is(errors, '');
  const { grown } = JSON.parse(output) as { grown: number };
  t.true(grown < 30, `grew by ${grown} MB`);
});
