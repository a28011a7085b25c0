import { resolve } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/files.js';
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

test("a layer and a loss of one's own learn, and a file holds the layer", async (t) => {
  const cwd = await temporaryFolder(t);
  const { code, output, errors } = await runScript(resolve('build/dev/examples/run.js'), ['gate'], { cwd });
  t.is(code, 0, errors);
  const losses = [
    ...output.matchAll(/^(a layer of its own|built-in layers): validation loss (0\.\d{5}), \d+\.\d µs a step$/gm),
  ];
  t.is(losses.length, 2, output);
  for (const [, , loss] of losses) t.true(Number(loss) < 0.005, output);
  const [, below] = output.match(/^Pinball: (\d+) % of the targets/m)!;
  t.true(Math.abs(Number(below) - 90) <= 3, output);
  const [, open, shut] = output.match(/0\.8 becomes (-?\d\.\d\d) with 0\.9, and (-?\d\.\d\d) with -0\.9$/m)!;
  t.true(Math.abs(Number(open) - 0.8) < 0.1 && Math.abs(Number(shut)) < 0.1, output);
});
