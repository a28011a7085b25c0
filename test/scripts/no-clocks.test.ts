import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

/** Calls that read a clock, the processor's included, in TypeScript, JavaScript and C++. */
const clocks =
  /performance\s*\.\s*(now|eventLoopUtilization)|Date\.now|new Date\(\)|hrtime|monitorEventLoopDelay|cpuUsage|_clock::now|Clock::now/;

/** These read one for something else than an assertion. */
const allowed = [
  'test/checkpoints/kill.heavy.test.ts', // draws the moments of kills from the time that a run takes
  'test/fuzz/child.ts', // ends readers that hang
  'test/fuzz/formats/broken.ts', // a reader that takes too long
  'test/fuzz/fuzz-format.ts',
  'test/fuzz/run.ts', // fuzzes for as long as its user wants
  'test/scripts/no-clocks.test.ts',
];

test('no test reads a clock, since machines are fast, slow and busy', async (t) => {
  const found: string[] = [];
  let count = 0;
  for (const folder of ['test', 'native/test']) {
    for (const entry of await readdir(folder, { recursive: true })) {
      const path = join(folder, entry);
      if (!/\.(ts|mjs|js|cc|h)$/.test(path) || allowed.includes(path)) continue;
      count++;
      if (clocks.test(await readFile(path, 'utf8'))) found.push(path);
    }
  }
  t.true(count > 200);
  t.deepEqual(found, []);
});
