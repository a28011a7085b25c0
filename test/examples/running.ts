import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/files.js';
import { runScript } from '../support/processes.js';

export const script = resolve('build/dev/examples/run.js');

/**
 * Runs an example with one thread and, at the same time, with two, in folders of their own. Both must print the same
 * figures and draw the same pictures. Gives back the lines that were printed and where the pictures are.
 */
export async function run(t: ExecutionContext, name: string, options: readonly string[] = []) {
  const [one, two] = await Promise.all(['1', '2'].map((threads) => runOnce(t, name, options, threads)));
  t.deepEqual(one!.lines.map(withoutTimes), two!.lines.map(withoutTimes));
  t.deepEqual(await svgsIn(one!.pictures), await svgsIn(two!.pictures));
  return one!;
}

async function runOnce(t: ExecutionContext, name: string, options: readonly string[], threads: string) {
  const cwd = await temporaryFolder(t);
  const env = { BLASNET_THREADS: threads };
  const { code, output, errors } = await runScript(script, [name, ...options], { cwd, env });
  t.is(code, 0, errors);
  return { lines: output.trimEnd().split('\n'), pictures: join(cwd, 'output', name) };
}

const withoutTimes = (line: string) => line.replace(/\d+\.\d+ s/, 's');

/** All digits of what was drawn. */
async function svgsIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.svg')).sort();
  const texts = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]));
  return Object.fromEntries(texts);
}

/** The number that follows those words in what was printed. */
export function figure(lines: readonly string[], words: string): number {
  const line = lines.find((each) => each.includes(words));
  return Number(line?.slice(line.indexOf(words) + words.length).match(/^\s*(-?\d+\.?\d*)/)?.[1]);
}

/** The cells of the rows that begin with those words, by their first cells. */
export function tableOf(lines: readonly string[], ...heads: string[]): Record<string, string[]> {
  const rows = lines.map((line) => line.split(/\s{2,}/)).filter(([head]) => heads.includes(head!));
  return Object.fromEntries(rows.map(([head, ...cells]) => [head!, cells]));
}

/** Each picture as .svg and .png, no others. */
export async function checkPictures(t: ExecutionContext, folder: string, names: readonly string[]): Promise<void> {
  t.deepEqual((await readdir(folder)).sort(), names.flatMap((name) => [`${name}.png`, `${name}.svg`]).sort());
  for (const name of names) {
    t.regex(await readFile(join(folder, `${name}.svg`), 'utf8'), /^<svg/);
    const png = await readFile(join(folder, `${name}.png`));
    t.is(png.subarray(0, 8).toString('hex'), '89504e470d0a1a0a');
  }
}
