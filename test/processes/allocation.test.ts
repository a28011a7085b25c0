import test from 'ava';
import { runScript } from '../support/processes.js';

test.serial('a prediction for one row allocates its result and nothing else', async (t) => {
  const { output, errors } = await runScript('allocation.mjs', [], { flags: ['--expose-gc'] });
  t.is(errors, '');
  type Bytes = Readonly<Record<'heap' | 'external', number>>;
  const { inference, result } = JSON.parse(output) as { inference: Bytes; result: Bytes };
  t.true(inference.heap < result.heap + 100, `${inference.heap} instead of ${result.heap}`);
  t.true(inference.external < result.external + 1, `${inference.external} instead of ${result.external}`);
});
