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

test.serial('a prediction for one row allocates its result and nothing else', async (t) => {
  const { output, errors } = await runScript('allocation.mjs', [], { flags: ['--expose-gc'] });
  t.is(errors, '');
  type Bytes = Readonly<Record<'heap' | 'external', number>>;
  const { inference, result } = JSON.parse(output) as { inference: Bytes; result: Bytes };
  t.true(inference.heap < result.heap + 100, `${inference.heap} instead of ${result.heap}`);
  t.true(inference.external < result.external + 1, `${inference.external} instead of ${result.external}`);
});

test.serial('memory stays flat over a hundred trainings', async (t) => {
  const { output, errors } = await runScript('memory.mjs', [], { flags: ['--expose-gc'] });
  t.is(errors, '');
  const { grown } = JSON.parse(output) as { grown: number };
  t.true(grown < 30, `grew by ${grown} MB`);
});
