import { resolve } from 'node:path';
import test from 'ava';
import { runScript } from '../support/processes.js';

test('a layer of operations and one in plain TypeScript learn what the built-in one does', async (t) => {
  const { code, output } = await runScript(resolve('build/dev/examples/own-layer.js'));
  t.is(code, 0);
  const losses = [...output.matchAll(/^(silu|composed swish|plain swish): loss (\d\.\d{5}), \d+\.\d µs a step$/gm)].map(
    ([, , loss]) => Number(loss),
  );
  t.is(losses.length, 3);
  t.true(losses[0]! < 0.005, output);
  for (const loss of losses) t.true(Math.abs(losses[0]! - loss) < 1e-4, output);
});
