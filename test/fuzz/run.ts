// Feeds every reader of files with damaged and hostile ones, and prints what came of it. A reader may refuse a file by a
// BlasnetError of the right code, or read it; it may not throw anything else, crash, hang, or take more memory than the
// file's size allows. Inputs that do it are written to output/fuzz/. Exit code 1 means that there are some.
// Usage: node build/dev/test/fuzz/run.js [--seconds N] [--seed S] [--only NAME[,NAME]] [--first I] [--inputs N]
//   N seconds for each reader (default 60); one seed makes the same inputs in the same order, of which --first and
//   --inputs pick some: --seed 3 --first 1234 --inputs 1 is a finding again
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formats } from './formats/index.js';
import { fuzzFormat } from './fuzz-format.js';

const output = 'output/fuzz';

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RangeError(`Expected a whole number for --${name} but received ${text}`);
  return Number(text);
}

/** The first lines of a stack, and no more of a message than a screen holds. */
const shortened = (problem: string) => problem.split('\n').slice(0, 8).join('\n    ').slice(0, 1000);

function readOptions() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: Object.keys(formats).join() },
      first: { type: 'string', default: '0' },
      inputs: { type: 'string', default: String(2 ** 31) },
    },
  });
  const names = values.only.split(',');
  const unknown = names.find((name) => !Object.hasOwn(formats, name));
  if (unknown !== undefined) {
    throw new RangeError(`Expected ${Object.keys(formats).join(', ')} for --only but received ${unknown}`);
  }
  const [seconds, seed, first, inputs] = (['seconds', 'seed', 'first', 'inputs'] as const).map((name) =>
    wholeNumber(name, values[name]),
  ) as [number, number, number, number];
  return { names, seconds, seed, first, inputs };
}

const { names, ...options } = readOptions();
for (const name of names) {
  const { inputs, resolved, refused, peak, slowest, findings } = await fuzzFormat(name, options);
  const counts = `${inputs} inputs, ${resolved} read, ${refused} refused`;
  console.log(
    `${name}: ${counts}, at most ${Math.round(peak / 2 ** 20)} MiB and ${slowest.toFixed(2)} s; ${findings.length} findings`,
  );
  for (const { index, problem, bytes } of findings) {
    const file = join(output, `${name}-${options.seed}-${index}${formats[name]!.file.replace('input', '')}`);
    await mkdir(output, { recursive: true });
    await writeFile(file, Buffer.from(bytes, 'base64'));
    console.log(`  ${file}: ${shortened(problem)}`);
    process.exitCode = 1;
  }
}
