// Gives one reader input after input, in a process of its own, and tells its parent what came of them. The newest input
// lies in the folder under its name, so that the parent finds it where this process is no more.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlasnetError } from 'blasnet';
import { Dice } from './dice.js';
import { type Format, makeInput, memoryFor, secondsAtMost } from './format.js';
import { forgetPeak, memory } from './memory.js';
import type { Report, Task } from './protocol.js';

/** Longer messages quote more of a file than a person reads. */
const longestMessage = 1500;
/** Readings of valid files, after which what is made once has been made. */
const warmUp = 50;

const task = JSON.parse(process.argv[2]!) as Task;
const { formats } = (await import(task.module)) as { readonly formats: Readonly<Record<string, Format>> };
const format = formats[task.format]!;
const path = join(task.folder, format.file);
const corpus = await format.corpus(task.folder);
const started = performance.now();
const counts = { inputs: 0, resolved: 0, refused: 0, peak: 0, slowest: 0 };

function tell(report: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send!(report, () => resolve());
  });
}

/** What is wrong with the error that a reader threw; nothing where it refuses a file as it should. */
function complaint(error: unknown, { codes }: Format): string | undefined {
  if (!(error instanceof BlasnetError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!codes.includes(error.code)) return `${error.code}: ${error.message}`;
  if (!/^Expected .* but received /s.test(error.message)) return `a message of another form: ${error.message}`;
  if (error.code === 'ERR_BAD_FILE' && !error.message.includes(task.folder)) return `no file in: ${error.message}`;
  return error.message.length > longestMessage
    ? `a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`
    : undefined;
}

/** Reads one input. @returns what is wrong, if anything is */
async function tryOne(bytes: Uint8Array, dice: Dice): Promise<string | undefined> {
  await writeFile(path, bytes);
  forgetPeak();
  const [before, cpuBefore] = [memory(), process.cpuUsage()];
  let problem: string | undefined;
  try {
    await format.read(path, dice);
    counts.resolved++;
  } catch (error) {
    counts.refused++;
    problem = complaint(error, format);
  }
  const [after, { user, system }] = [memory(), process.cpuUsage(cpuBefore)];
  const seconds = (user + system) / 1e6;
  const growth = Math.max(after.peak - before.resident, after.peakVirtual - before.peakVirtual);
  counts.slowest = Math.max(counts.slowest, seconds);
  counts.peak = Math.max(counts.peak, growth);
  if (problem !== undefined) return problem;
  if (seconds > (format.seconds ?? secondsAtMost))
    return `${seconds.toFixed(1)} s of processor time for ${bytes.length} bytes`;
  if (growth > memoryFor(bytes)) return `${growth} bytes of memory for a file of ${bytes.length}`;
  return undefined;
}

for (let i = 0; i < warmUp; i++) {
  await writeFile(path, corpus[i % corpus.length]!);
  await format.read(path, new Dice(0, i)).catch(() => undefined); // some files are for one of its readers only
}

const { first, inputs, seconds, seed } = task;
for (let index = first; index < first + inputs && performance.now() - started < 1000 * seconds; index++) {
  await tell({ kind: 'making', index });
  const dice = new Dice(seed, index);
  const bytes = await makeInput(format, corpus, dice);
  await tell({ kind: 'reading', index });
  const problem = await tryOne(bytes, dice);
  counts.inputs++;
  if (problem !== undefined)
    await tell({ kind: 'finding', index, problem, bytes: Buffer.from(bytes).toString('base64') });
}
const [polluted] = Object.keys(Object.prototype);
if (polluted !== undefined)
  await tell({ kind: 'finding', index: -1, problem: `Object.prototype.${polluted}`, bytes: '' });
await tell({ kind: 'end', ...counts });
process.disconnect();
