import { resolve } from 'node:path';
import test from 'ava';
import { runScript } from '../support/processes.js';

/** The addon that a process loaded, and what training came to by it. */
async function trainedBy(addon: string) {
  const { output } = await runScript('train-bits.mjs', [], { env: { BLASNET_ADDON: addon } });
  return JSON.parse(output) as { readonly addon: string[]; readonly iterations: number; readonly weights: number };
}

test('an addon that cmake-js builds loads, and trains to the same bits as that of node-gyp', async (t) => {
  const { code, output, errors } = await runScript('./scripts/cmake.mjs', ['blasnet', '--quick'], {
    timeout: 3_600_000,
  });
  t.is(code, 0, errors);
  const built = output.trim();
  t.is(built, resolve('build/cmake-quick/Release/blasnet.node'));
  const [byCmakeJs, byNodeGyp] = [await trainedBy(built), await trainedBy(resolve('build/Release/blasnet.node'))];
  t.deepEqual(byCmakeJs.addon, [built]);
  t.is(byCmakeJs.iterations, 21);
  t.is(byCmakeJs.weights, byNodeGyp.weights);
});
