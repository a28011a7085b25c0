import { resolve } from 'node:path';
import test from 'ava';
import { runScript } from '../support/processes.js';

test('both layers learn the same', async (t) => {
  const { code, output } = await runScript(resolve('build/dev/examples/own-layer.js'));
  t.is(code, 0);
  const losses = [...output.matchAll(/^(composed|plain) swish: loss (\d\.\d{5}), \d+\.\d µs a step$/gm)].map(
    ([, , loss]) => Number(loss),
  );
  t.is(losses.length, 2);
  t.true(losses[0]! < 0.005, output);
  t.true(Math.abs(losses[0]! - losses[1]!) < 1e-4, output);
});
